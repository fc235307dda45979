/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-liveness.h"
#include "rw-message.h"

G_BEGIN_DECLS

/*
 * RwLink: what both ends of a transport session have in common: numbering,
 * echoes, round-trip time, liveness, fencing by generation and the goodbye.
 * A caller-owned struct, part of #RwSendSession and #RwReceiveSession.
 */

/* Above this buffered-amount nothing but BYE is sent: the path takes nothing,
 * and what waits in it would only be stale. Above what frames may fill. */
#define RW_LINK_MAX_BUFFERED 8192u

/* When to look again at a channel that took nothing. */
#define RW_LINK_RETRY_US (10 * 1000)

typedef struct {
  guint32 generation; /* 0: not known yet */
  RwRtt rtt;
  RwLiveness liveness;
  guint64 n_sent;
  guint64 n_received;
  guint64 n_fenced;

  /* the other side's newest message */
  gboolean has_peer;
  guint32 peer_seq;
  guint32 peer_sent_us;
  gint64 peer_arrived_us;

  /* the newest of our messages that it has heard, by our clock */
  gint64 echoed_us;
  gint64 resumed_us; /* when a silence last ended */

  /* ours */
  guint32 seq;
  gint64 sent_us;

  gboolean closing;
  RwByeReason close_reason;
  gchar *close_text;
  guint byes_left;
  gint64 bye_due_us;
  gboolean has_bye;
  RwBye bye; /* the other side's */
} RwLink;

void rw_link_init (RwLink *link, guint32 generation, gint64 interval_us,
                   gint64 stall_us);
void rw_link_clear (RwLink *link);

/* Anything came in on the session's transport. */
void rw_link_heard (RwLink *link, gint64 now_us);

/* Takes a message's common part. Returns FALSE for one to drop. */
gboolean rw_link_receive (RwLink *link, const RwMessage *message,
                          gint64 now_us);

/* How long to wait on a session that is down after what was sent at @last_us
 * before the next sign of life. Of what SCTP has sent and nobody acknowledged
 * only a packet's worth may be on its way once its timer has run out, and that
 * doubles each time; what comes after it waits for seconds, and with it all
 * that is sent when the path is back. So the longer it lasts, the rarer: each
 * time the timer runs there is room left for the message that matters. */
gint64 rw_link_get_knock_us (const RwLink *link, gint64 last_us);

/* Fills in a message's common part; @out->type and its body are the caller's.
 * Send times of one link are all different. */
void rw_link_stamp (RwLink *link, RwMessageType type, gint64 now_us,
                    RwMessage *out);

void rw_link_close (RwLink *link, RwByeReason reason, const gchar *text);

/* Whether @out is a BYE to send now. */
gboolean rw_link_next_bye (RwLink *link, guint64 head, gint64 now_us,
                           RwMessage *out);

G_END_DECLS

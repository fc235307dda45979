/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-liveness.h"
#include "rw-message.h"

G_BEGIN_DECLS

/*
 * RwLink: the shared part of the two protocol endpoints: numbering, echoes,
 * round-trip time, liveness, fencing by generation and BYE. A caller-owned
 * struct, part of #RwSendEndpoint and #RwReceiveEndpoint.
 */

/* Above this buffered-amount only BYE is sent: the path is blocked, and waiting
 * messages would be stale. Larger than the limit for FRAMES. */
#define RW_LINK_MAX_BUFFERED 8192u

/* Delay before a blocked channel is tried again. */
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

  /* send time of the newest local message that the other side has confirmed */
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

/* A packet arrived on the session's transport. */
void rw_link_note_received (RwLink *link, gint64 now_us);

/* Handles a message's header. Returns FALSE if the message must be dropped. */
gboolean rw_link_receive (RwLink *link, const RwMessage *message,
                          gint64 now_us);

/* On a session that is down: the interval from the message sent at @last_us to
 * the next heartbeat. When SCTP's retransmission timer has expired, SCTP has at
 * most one unacknowledged packet in flight, and the timer doubles each time;
 * further messages wait for seconds, including those sent after the path has
 * returned. So heartbeats become rarer with the length of the outage, which
 * leaves space in the channel each time the timer expires. */
gint64 rw_link_get_probe_us (const RwLink *link, gint64 last_us);

/* Fills in a message's header with @type; the caller fills in the body. Send
 * times of one link are unique. */
void rw_link_stamp (RwLink *link, RwMessageType type, gint64 now_us,
                    RwMessage *out);

/* The other side's BYE, or NULL. Its text is not kept. */
const RwBye *rw_link_get_bye (const RwLink *link);

void rw_link_close (RwLink *link, RwByeReason reason, const gchar *text);

/* Whether a BYE is due; @out is that BYE. */
gboolean rw_link_next_bye (RwLink *link, guint64 head, gint64 now_us,
                           RwMessage *out);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-receive-endpoint.h"
#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

/*
 * RwReceivePath: the media of one session at the source: the receiving end of
 * the protocol and the peer that it answers through. Streaming threads may
 * hold a reference; the members are the receiver's, under its lock.
 *
 * While a path is at rest, packets are handled and answered on the threads
 * where they arrive. The control thread pumps the path when it is due: an event
 * is for that thread, or a deadline has passed.
 */
typedef struct {
  gatomicrefcount refs;
  guint64 generation;
  RwReceiveEndpoint *endpoint; /* NULL once removed */
  RwWebrtcPeer *peer;          /* NULL until its carrier is open */
  gboolean at_rest;            /* set by the control thread */
  RwReceiveEvents events;      /* since the control thread has looked */
  gint64 message_us;           /* when a message last came */
  gint64 armed_us;             /* when the control thread pumps at the latest */
  gboolean woken;
  int is_paused; /* atomic: an ordinary producer sends reports and no RTP */
} RwReceivePath;

/* Takes @endpoint. */
RwReceivePath *rw_receive_path_new (RwReceiveEndpoint *endpoint,
                                    guint64 generation);
RwReceivePath *rw_receive_path_ref (RwReceivePath *path);
void rw_receive_path_unref (RwReceivePath *path);

/* The session is over: frees the endpoint, and returns the peer, to be
 * unreferenced without the lock. */
RwWebrtcPeer *rw_receive_path_end (RwReceivePath *path);

/* A frame has arrived: the path is due at once where the frame ends a silence,
 * or is the first of its session. FALSE where the session is over. */
gboolean rw_receive_path_note_live (RwReceivePath *path, const RwFrame *frame,
                                    gint64 arrival_us);

/* @message borrows from @bytes. FALSE for what is no message, and with
 * RW_PEER_ERROR_FORMAT for a FORMAT that cannot be played. */
gboolean rw_receive_path_decode (GBytes *bytes, RwMessage *message,
                                 GError **error);
void rw_receive_path_receive (RwReceivePath *path, const RwMessage *message);

/* The session ends for @reason: the next message is a BYE. FALSE if the remote
 * side sent BYE first, which needs no answer. */
gboolean rw_receive_path_close (RwReceivePath *path, RwByeReason reason);

/* When the control thread must look at a path at rest; G_MAXINT64 for never. */
gint64 rw_receive_path_get_due (const RwReceivePath *path);

/* The next message as bytes; NULL if none is due. */
GBytes *rw_receive_path_next_message (RwReceivePath *path, guint64 buffered);

/* After those messages: returns what has happened since the last call, and sets
 * @deadline_us to when to call again at the latest. */
RwReceiveEvents rw_receive_path_take_events (RwReceivePath *path,
                                             gint64 *deadline_us);

typedef struct {
  gboolean welcome;
  RwLivenessState liveness;
  gint64 received_us;
  gint64 message_us; /* the last message; 0 before the first */
  gboolean is_rtcp;  /* messages travel in RTCP */
  guint64 accepted;  /* new frames accepted on this path */
} RwReceivePathStatus;

void rw_receive_path_get_status (const RwReceivePath *path,
                                 RwReceivePathStatus *status);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-journal.h"
#include "rw-quality-meter.h"
#include "rw-send-endpoint.h"
#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

/*
 * RwSendPath: the media of one session at the sink: the sending end of the
 * protocol and the peer that it sends through. Streaming threads may hold a
 * reference; the members are the transmitter's, under its lock.
 *
 * While a path is at rest, messages are handled on the threads where they
 * arrive and sent on those where they fall due. The control thread looks at the
 * path when it is due: an event is for that thread, or a deadline has passed.
 */
typedef struct {
  gatomicrefcount refs;
  RwSendEndpoint *endpoint; /* NULL once removed */
  RwWebrtcPeer *peer;       /* the same */
  gboolean live;            /* the transport is connected */
  gboolean at_rest;         /* set by the control thread */
  RwSendEvents events;      /* since the control thread has looked */
  guint64 bytes_live;
} RwSendPath;

/* Takes @endpoint. */
RwSendPath *rw_send_path_new (RwSendEndpoint *endpoint, RwWebrtcPeer *peer);
RwSendPath *rw_send_path_ref (RwSendPath *path);
void rw_send_path_unref (RwSendPath *path);

/* The session is over: frees the endpoint, and returns the peer, to be
 * unreferenced without the lock. */
RwWebrtcPeer *rw_send_path_end (RwSendPath *path);

/* When the control thread must look at a path at rest; G_MAXINT64 for never. */
gint64 rw_send_path_get_due (const RwSendPath *path);

/* @frame is about to be sent live, if the path is. */
void rw_send_path_note_live (RwSendPath *path, const RwFrame *frame,
                             gint64 now_us);

/* The next message as bytes, which are encoded now, because the journal owns
 * the payloads; NULL if none is due. @buffer is for its use, and has
 * RW_CHANNEL_MAX_SIZE bytes. */
GBytes *rw_send_path_next_message (RwSendPath *path, guint64 buffered,
                                   guint8 *buffer);

/* NULL before the consumer is established. */
const RwCursor *rw_send_path_get_cursor (const RwSendPath *path);

/* Status of a send path, for the control thread. */
typedef struct {
  gboolean established;
  char consumer_id[RW_CONSUMER_ID_MAX + 1];
  RwLivenessState liveness;
  guint64 acked;
  guint64 backlog_ns;
  gint64 received_us;
  gboolean bye;
  RwByeReason bye_reason;
} RwSendPathStatus;

void rw_send_path_get_status (RwSendPath *path, const RwJournal *journal,
                              RwSendPathStatus *status);

/* FALSE while the path cannot be measured, or its consumer is catching up. */
gboolean rw_send_path_sample_quality (RwSendPath *path,
                                      const RwJournal *journal,
                                      RwQualitySample *sample);

G_END_DECLS

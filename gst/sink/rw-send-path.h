/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-journal.h"
#include "rw-quality-meter.h"
#include "rw-send-endpoint.h"
#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

/*
 * RwSendPath: the media of one session at the sink: the sending end of the
 * protocol and the peer that it sends through. The members are guarded by the
 * lock of the transmitter, to which the path belongs; streaming threads may
 * hold a reference.
 *
 * While a path is at rest, messages are handled on the threads where they
 * arrive and sent on those where they fall due. The control thread looks at the
 * path when it is due: an event is for that thread, or a deadline has passed.
 *
 * Threads: the functions with _locked any, under that lock; ref and unref any;
 * the others control, and they take the lock.
 */
typedef struct {
  gatomicrefcount refs;
  RwSendEndpoint *endpoint; /* NULL once removed */
  RwWebrtcPeer *peer;       /* the same */
  gboolean live;            /* the transport is connected */
  gboolean at_rest;         /* set by the control thread */
  RwSendEvents events;      /* since the control thread has looked */
  guint64 bytes_live;

  /* Of the transmitter, for all of its paths. */
  GMutex *lock;
  const RwJournal *journal;
  guint8 *buffer; /* of RW_CHANNEL_MAX_SIZE bytes, for one message */
} RwSendPath;

/* Takes @endpoint, which sends from @journal. @lock, @journal and @buffer
 * outlive the session. */
RwSendPath *rw_send_path_new (RwSendEndpoint *endpoint, RwWebrtcPeer *peer,
                              GMutex *lock, const RwJournal *journal,
                              guint8 *buffer);
RwSendPath *rw_send_path_ref (RwSendPath *path);
void rw_send_path_unref (RwSendPath *path);

/* The session is over: frees the endpoint, and returns the peer, to be
 * unreferenced without the lock. */
RwWebrtcPeer *rw_send_path_end_locked (RwSendPath *path);

/* When the control thread must look at a path at rest; G_MAXINT64 for never. */
gint64 rw_send_path_get_due_locked (const RwSendPath *path);

/* @frame is about to be sent live, if the path is. */
void rw_send_path_note_live_locked (RwSendPath *path, const RwFrame *frame,
                                    gint64 now_us);

/* The next message as bytes, which are encoded now, because the journal owns
 * the payloads; NULL if none is due. */
GBytes *rw_send_path_next_message_locked (RwSendPath *path, guint64 buffered);

/* NULL before the consumer is established. */
const RwCursor *rw_send_path_get_cursor_locked (const RwSendPath *path);

/* The transport is connected: frames appended from now on count as sent live.
 */
void rw_send_path_set_live (RwSendPath *path);

/* Handles a message of the consumer; FALSE and @error when it cannot be
 * decoded. */
gboolean rw_send_path_receive (RwSendPath *path, GBytes *bytes, GError **error);

/* Sends the messages that are due on the data channel. */
void rw_send_path_send (RwSendPath *path);

/* Returns a BYE, which the caller repeats until the channel is closed; no other
 * message is sent afterwards. */
GBytes *rw_send_path_close (RwSendPath *path, RwByeReason reason);

/* Whether the path is at rest and has events for the control thread. */
gboolean rw_send_path_has_events (RwSendPath *path);

typedef struct {
  gboolean established;
  char consumer_id[RW_CONSUMER_ID_MAX + 1];
  RwLivenessState liveness;
  guint64 backlog_ns;
  gint64 received_us;
  RwByeReason bye_reason;
} RwSendPathStatus;

void rw_send_path_get_status (RwSendPath *path, RwSendPathStatus *status);

/* A quality sample of the connection; FALSE while it cannot be measured, or its
 * consumer is catching up. */
gboolean rw_send_path_sample_quality (RwSendPath *path,
                                      RwQualitySample *sample);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-admission-queue.h"
#include "rw-consumer-book.h"
#include "rw-session-table.h"

G_BEGIN_DECLS

/*
 * RwProducerSession: one session of the sink: joins the session's peer, its
 * send path in the transmitter and the record of its consumer, and judges from
 * them when the session is over.
 *
 * It is opened at once, so that the consumer's cursor stands, and begins its
 * handshake when the queue admits it. The session table owns it.
 *
 * Thread: control.
 */
typedef struct _RwProducerSession RwProducerSession;

/* Shared by all sessions of a sink; outlives them. */
typedef struct {
  RwEndpoint *endpoint;
  RwTransmitter *transmitter;
  RwSessionTable *sessions;
  RwConsumerBook *book;
  RwAdmissionQueue *handshakes;
  gboolean is_stopping; /* the stream has ended: no consumer may return */
  /* One has closed; it is still in the table. */
  void (*closed) (RwProducerSession *session, gpointer data);
  gpointer data;
} RwProducerSessionHost;

extern const RwAdmissionFuncs rw_producer_session_admission_funcs;

/**
 * rw_producer_session_open:
 * @offer: (nullable): of a peer that offers
 * @request: (nullable): of a resilient consumer
 *
 * An older session of the same consumer that still waits for its handshake
 * gives its place in the queue to this one, and closes.
 */
RwProducerSession *rw_producer_session_open (const RwProducerSessionHost *host,
                                             const char *peer_id,
                                             const char *session_id,
                                             const char *offer,
                                             const RwSessionRequest *request);

/* @error is for the signalling server, @close_reason for the peer. */
void rw_producer_session_close (RwProducerSession *self, const char *error);

/* With a BYE, to a consumer that understands it. */
void rw_producer_session_end (RwProducerSession *self);

const char *rw_producer_session_get_peer_id (RwProducerSession *self);
guint64 rw_producer_session_get_generation (RwProducerSession *self);
gint64 rw_producer_session_get_opened_us (RwProducerSession *self);

/* NULL once closed. */
RwConsumerEntry *rw_producer_session_get_consumer (RwProducerSession *self);

/* OPENING until its consumer has sent a message on it, and once closed. */
RwLivenessState rw_producer_session_get_liveness (RwProducerSession *self);

/* Whether nothing has come in for so long; of an open session. */
gboolean rw_producer_session_is_silent_for (RwProducerSession *self,
                                            gint64 limit_us);

/* The transmitter's alarm has expired. */
void rw_producer_session_look (RwProducerSession *self);

gboolean rw_producer_session_sample_quality (RwProducerSession *self,
                                             RwQualitySample *sample);

G_END_DECLS

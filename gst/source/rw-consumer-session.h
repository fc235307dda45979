/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-consumer-reporter.h"
#include "rw-controller.h"
#include "rw-outage-log.h"
#include "rw-receiver.h"
#include "rw-session-table.h"

G_BEGIN_DECLS

/*
 * RwConsumerSession: one session of the source: passes its media to the
 * receiver, judges its liveness, and reports to the controller, which
 * identifies it by its generation.
 *
 * Thread: control.
 */
typedef struct _RwConsumerSession RwConsumerSession;

/**
 * RwConsumerSessionHost: what the sessions of one source share, borrowed by
 * all of them.
 * @terms: requested of an ordinary producer.
 * @failed: the session has failed.
 * @ended: the other side has ended it through signalling. @error may be NULL.
 * @closed: the ordinary producer @peer_id has closed it, though its media was
 *   well or was still to come; or it has muted itself, and then its consent to
 *   ICE was lost. FALSE: it has offered or opened another one since.
 * @has_producer: there is a producer to ask for another session.
 */
typedef struct {
  RwEndpoint *endpoint;
  RwReceiver *receiver;
  RwReceiveExchange *exchange; /* the receiver's */
  RwController *controller;
  RwSessionTable *sessions;
  RwOutageLog *outages;
  RwConsumerReporter *reporter;
  RwOpusTerms terms;
  void (*failed) (gpointer data, guint64 generation, const GError *error);
  void (*ended) (gpointer data, guint64 generation, const char *error);
  void (*closed) (gpointer data, const char *peer_id, gboolean has_closed);
  gboolean (*has_producer) (gpointer data);
  gpointer data;
} RwConsumerSessionHost;

/* Started, and the table's: a session with the producer @peer_id. @latency_ms:
 * jitter buffer for ordinary peers. */
void rw_consumer_session_start (const RwConsumerSessionHost *host,
                                const char *id, const char *peer_id,
                                const RwReceiveEndpointConfig *config,
                                guint latency_ms);

/* Of what is in the table; no more than once each has an effect. */
void rw_consumer_session_close (RwSession *session, RwByeReason reason);

/* The receiver has a message to send. */
void rw_consumer_session_pump (RwSession *session);

G_END_DECLS

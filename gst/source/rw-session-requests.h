/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-consumer-failures.h"
#include "rw-session-set.h"

G_BEGIN_DECLS

/*
 * RwSessionRequests: requests sessions of the producer and handles the answers
 * of the signalling server: a session is started, or a refusal reported.
 *
 * Thread: control.
 */
typedef struct _RwSessionRequests RwSessionRequests;

/* All of it outlives the requests. */
typedef struct {
  RwEndpoint *endpoint;
  RwSignaller *signaller;
  RwReceiver *receiver;
  RwController *controller;
  RwProducerFinder *finder;
  RwConsumerFailures *failures;
  RwSessionSet *sessions;
} RwSessionRequestsHost;

/* @consumer_id, @start: see RwConsumerConfig. */
RwSessionRequests *rw_session_requests_new (const RwSessionRequestsHost *host,
                                            const char *consumer_id,
                                            RwStart start);
void rw_session_requests_free (RwSessionRequests *self);

/* Of the chosen producer, from the receiver's present position on. */
void rw_session_requests_send (RwSessionRequests *self, guint64 generation);

/* The request was abandoned. */
void rw_session_requests_forget (RwSessionRequests *self, guint64 generation);

G_END_DECLS

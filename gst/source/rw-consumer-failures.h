/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-consumer-reporter.h"
#include "rw-producer-finder.h"

G_BEGIN_DECLS

/*
 * RwConsumerFailures: what follows when a session, a request for one, or
 * signalling has failed: the report to the controller and to the application,
 * and the choice of another producer.
 *
 * Thread: control.
 */
typedef struct _RwConsumerFailures RwConsumerFailures;

/* All arguments outlive it. */
RwConsumerFailures *rw_consumer_failures_new (RwEndpoint *endpoint,
                                              RwController *controller,
                                              RwProducerFinder *finder,
                                              RwConsumerReporter *reporter);
void rw_consumer_failures_free (RwConsumerFailures *self);

/* The session has failed. */
void rw_consumer_failures_take_session (RwConsumerFailures *self,
                                        guint64 generation,
                                        const GError *error);

/* The producer or the server has refused or ended the session; takes @error,
 * which may be NULL. */
void rw_consumer_failures_take_refusal (RwConsumerFailures *self,
                                        guint64 generation, GError *error);

/* Signalling was given up. */
void rw_consumer_failures_take_signalling (RwConsumerFailures *self,
                                           const GError *error);

/* Reports to the controller that signalling was given up; FALSE, and nothing
 * done, if it was not. */
gboolean rw_consumer_failures_report_signalling (RwConsumerFailures *self);

/* Why signalling was given up, or NULL; borrowed. */
const GError *
rw_consumer_failures_get_signalling_error (RwConsumerFailures *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"
#include "rw-outage-log.h"
#include "rw-receiver.h"
#include "rw-reconnect.h"

G_BEGIN_DECLS

/*
 * RwConsumerReporter: reports to the application what a source's controller
 * decides: the state, the progress of a reconnection, and the error when the
 * controller gives up. Writes the outage log as well.
 *
 * Thread: control.
 */
typedef struct _RwConsumerReporter RwConsumerReporter;

/* All arguments outlive it. */
RwConsumerReporter *rw_consumer_reporter_new (RwEndpoint *endpoint,
                                              RwReceiver *receiver,
                                              RwOutageLog *outages);
void rw_consumer_reporter_free (RwConsumerReporter *self);

/* Why the last session failed; takes @error. */
void rw_consumer_reporter_take_error (RwConsumerReporter *self, GError *error);

/* @peer_id, @session_id: of the producer and the session, or NULL.
 * @signalling_error: why signalling was given up, or NULL. */
void rw_consumer_reporter_report_state (RwConsumerReporter *self,
                                        const RwStateInfo *info,
                                        const char *peer_id,
                                        const char *session_id,
                                        const GError *signalling_error);

/* An attempt has failed, and another one follows. */
void rw_consumer_reporter_report_retry (RwConsumerReporter *self,
                                        const RwStateInfo *info);

/* Reports, once an outage, that the frames missed in it have been repaired. */
void rw_consumer_reporter_check_repaired (RwConsumerReporter *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"
#include "rw-transmitter.h"

G_BEGIN_DECLS

/*
 * RwProducer: the control half of the sink: announces the stream, gives each
 * consumer that asks a session, and tells what becomes of it.
 *
 * Thread: the control thread, but for new, start, stop and retry_now, which
 * belong to the application's and return when the control thread has obeyed.
 */
#define RW_TYPE_PRODUCER (rw_producer_get_type ())
G_DECLARE_FINAL_TYPE (RwProducer, rw_producer, RW, PRODUCER, GObject)

RwProducer *rw_producer_new (RwEndpoint *endpoint, RwTransmitter *transmitter,
                             const char *stream_name);

/* FALSE, and an element error, when the signaller URI cannot be used. */
gboolean rw_producer_start (RwProducer *self);

/**
 * rw_producer_stop:
 * Ends the stream: consumers in session get what they lack, for a second at
 * the most, and a goodbye.
 */
void rw_producer_stop (RwProducer *self);

/* After an end: sessions get a goodbye, consumers are forgotten, and the
 * transmitter begins a new stream. Any thread; waits for the control thread. */
void rw_producer_restart (RwProducer *self);

void rw_producer_retry_now (RwProducer *self);

G_END_DECLS

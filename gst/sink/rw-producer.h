/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"
#include "rw-talk.h"
#include "rw-transmitter.h"

G_BEGIN_DECLS

/*
 * RwProducer: the control half of the sink: announces the stream to the
 * signalling server, opens a session for each consumer that requests one, and
 * announces the consumers' states.
 *
 * Thread: control, except new, start, stop and retry_now, which the
 * application's thread calls and which return when the control thread has
 * finished.
 */
#define RW_TYPE_PRODUCER (rw_producer_get_type ())
G_DECLARE_FINAL_TYPE (RwProducer, rw_producer, RW, PRODUCER, GObject)

RwProducer *rw_producer_new (RwEndpoint *endpoint, RwTransmitter *transmitter,
                             RwTalk *talk, const char *stream_name);

/* FALSE, and an element error, when the signaller URI cannot be used. */
gboolean rw_producer_start (RwProducer *self);

/**
 * rw_producer_stop:
 * Ends the stream: connected consumers get what they lack, for a second at the
 * most, and BYE.
 */
void rw_producer_stop (RwProducer *self);

/* After an end: sessions end with BYE, cursors are removed, and the transmitter
 * begins a new stream. Any thread; waits for the control thread. */
void rw_producer_restart (RwProducer *self);

void rw_producer_retry_now (RwProducer *self);

G_END_DECLS

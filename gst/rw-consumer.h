/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"
#include "rw-receiver.h"

G_BEGIN_DECLS

/*
 * RwConsumer: the control half of the source: finds the producer, asks it for
 * sessions as the controller says, feeds what they bring to the receiver, and
 * tells what becomes of it.
 *
 * Thread: the control thread, but for new, start, stop and retry_now, which
 * belong to the application's and return when the control thread has obeyed.
 */
#define RW_TYPE_CONSUMER (rw_consumer_get_type ())
G_DECLARE_FINAL_TYPE (RwConsumer, rw_consumer, RW, CONSUMER, GObject)

/**
 * RwConsumerConfig:
 * @producer_name: name or peer id of the producer; NULL for the first one
 * @consumer_id: this receiver's stable identity
 * @start: where to begin when the producer does not know us
 * @latency_ms: jitter buffer for ordinary peers
 */
typedef struct {
  const char *producer_name;
  const char *consumer_id;
  RwStart start;
  guint latency_ms;
} RwConsumerConfig;

RwConsumer *rw_consumer_new (RwEndpoint *endpoint, RwReceiver *receiver,
                             const RwConsumerConfig *config);

/* FALSE, and an element error, when the signaller URI cannot be used. */
gboolean rw_consumer_start (RwConsumer *self);

/* Says goodbye to the producer, which then forgets this consumer. */
void rw_consumer_stop (RwConsumer *self);

void rw_consumer_retry_now (RwConsumer *self);

/* The element plays, perhaps again: its base time has changed. */
void rw_consumer_update_base_time (RwConsumer *self);

/* Outages and their times, for `stats`. Any thread. */
void rw_consumer_fill_stats (RwConsumer *self, GstStructure *stats);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"
#include "rw-receiver.h"

G_BEGIN_DECLS

/*
 * RwConsumer: the control half of the source: finds the producer, requests
 * sessions on the controller's decision, passes their media to the receiver,
 * and announces the state.
 *
 * Thread: control, except new, start, stop and retry_now, which the
 * application's thread calls and which return when the control thread has
 * finished.
 */
#define RW_TYPE_CONSUMER (rw_consumer_get_type ())
G_DECLARE_FINAL_TYPE (RwConsumer, rw_consumer, RW, CONSUMER, GObject)

/**
 * RwConsumerConfig:
 * @producer_name: name or peer id of the producer; NULL for the first one
 * @consumer_id: this receiver's stable identity
 * @start: where to begin when the producer does not know this consumer
 * @latency_ms: jitter buffer for ordinary peers
 * @terms: what they are asked for
 */
typedef struct {
  const char *producer_name;
  const char *consumer_id;
  RwStart start;
  guint latency_ms;
  RwOpusTerms terms;
} RwConsumerConfig;

/* Whether @id can be the id of a consumer; FALSE, and an element error, if
 * not. */
gboolean rw_consumer_check_id (GstElement *element, const char *id);

RwConsumer *rw_consumer_new (RwEndpoint *endpoint, RwReceiver *receiver,
                             const RwConsumerConfig *config);

/* FALSE, and an element error, when the signaller URI cannot be used. */
gboolean rw_consumer_start (RwConsumer *self);

/* Sends BYE stopped to the producer, which then removes this consumer's
 * cursor. */
void rw_consumer_stop (RwConsumer *self);

void rw_consumer_retry_now (RwConsumer *self);

/* The element plays, perhaps again: its base time has changed. */
void rw_consumer_update_base_time (RwConsumer *self);

/* Outages and their times, for `stats`. Any thread. */
void rw_consumer_fill_stats (RwConsumer *self, GstStructure *stats);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-world.h"

#include <string.h>

/*
 * Checks the promises from outside: it sees the frames that producers made,
 * those that their bounds took, and those that consumers' pads delivered.
 */

/* A consumer that has had a stream for so long has told its newest hello. */
#define SAID_US (3 * G_USEC_PER_SEC)

void
sim_oracle_begin_life (SimConsumer *consumer)
{
  guint i;

  consumer->stream = NULL;
  consumer->stream_us = SIM_NEVER;
  consumer->times = (SimTimes){0};
  for (i = 0; i < SIM_MAX_PRODUCERS; i++) {
    SimSeen *seen = &consumer->seen[i];

    seen->begun = FALSE;
    seen->live_us = SIM_NEVER;
    memset (seen->live_after, 0xff, sizeof seen->live_after);
  }
}

static SimProducer *
find_producer (SimWorld *world, const guint8 *stream_id)
{
  guint i;

  for (i = 0; i < world->producers->len; i++) {
    SimProducer *producer = world->producers->pdata[i];

    if (memcmp (rw_journal_get_stream_id (producer->journal), stream_id,
                RW_STREAM_ID_SIZE) == 0)
      return producer;
  }
  return NULL;
}

/* Where a consumer may begin: never beyond what it had of this stream; at the
 * oldest frame if it asked for that or comes from another stream. */
static void
check_start (SimConsumer *consumer, const SimProducer *producer, guint64 from)
{
  SimWorld *world = consumer->world;
  const SimSeen *seen = &consumer->seen[producer->number];
  gboolean oldest = (world->scenario.oldest >> consumer->number & 1) != 0;
  gboolean follows = consumer->stream_us < world->now_us - SAID_US;

  if (from > rw_journal_get_head (producer->journal))
    sim_world_fail (
        world, "%s begins at %" G_GUINT64_FORMAT ", which does not exist yet",
        consumer->id, from);
  if (seen->handed != RW_INDEX_NONE) {
    if (from > seen->handed)
      sim_world_fail (world,
                      "%s lost frames %" G_GUINT64_FORMAT
                      " to %" G_GUINT64_FORMAT " between two lives",
                      consumer->id, seen->handed, from);
  } else if ((oldest || follows) && world->scenario.n_consumers == 1 &&
             from > producer->shed_to) {
    sim_world_fail (
        world, "%s begins at %" G_GUINT64_FORMAT ", but older frames exist",
        consumer->id, from);
  }
}

static void
check_stream (SimConsumer *consumer, const RwWindowItem *item)
{
  SimWorld *world = consumer->world;
  SimProducer *producer = find_producer (world, item->stream_id);
  SimSeen *seen;

  if (producer == NULL) {
    sim_world_fail (world, "%s: a stream nobody made", consumer->id);
    return;
  }
  sim_log (world, "%s: stream of producer %u from %" G_GUINT64_FORMAT,
           consumer->id, producer->number, item->from);
  seen = &consumer->seen[producer->number];
  if (seen->begun)
    sim_world_fail (world, "%s goes back to producer %u", consumer->id,
                    producer->number);
  check_start (consumer, producer, item->from);
  seen->begun = TRUE;
  if (seen->handed == RW_INDEX_NONE)
    seen->handed = item->from;
  consumer->stream = producer;
  consumer->stream_us = MIN (consumer->stream_us, world->now_us);
  consumer->next = item->from;
  consumer->last_end_ns = RW_TIME_NONE;
  sim_judge_begin_stream (consumer);
}

static void
check_frame (SimConsumer *consumer, const RwWindowItem *item)
{
  const RwFrame *got = &item->frame;
  guint8 buffer[3100];
  RwFrame wanted;

  sim_producer_make_frame (consumer->stream, item->from, buffer, &wanted);
  if (got->index != wanted.index || got->size != wanted.size ||
      got->running_time_ns != wanted.running_time_ns ||
      got->capture_time_ns != wanted.capture_time_ns ||
      got->duration != wanted.duration || got->format != wanted.format ||
      got->flags != wanted.flags ||
      (got->size > 0 && memcmp (got->data, wanted.data, got->size) != 0))
    sim_world_fail (consumer->world,
                    "%s: frame %" G_GUINT64_FORMAT
                    " is not what producer %u made",
                    consumer->id, item->from, consumer->stream->number);
  if (strcmp (item->caps, sim_producer_get_format (wanted.format)) != 0)
    sim_world_fail (consumer->world,
                    "%s: frame %" G_GUINT64_FORMAT " has the format %s",
                    consumer->id, item->from, item->caps);
  consumer->last_end_ns = rw_frame_end_ns (&wanted);
  consumer->world->stats.frames++;
}

static void
check_gap (SimConsumer *consumer, const RwWindowItem *item)
{
  SimWorld *world = consumer->world;
  const SimProducer *producer = consumer->stream;
  guint8 buffer[3100];
  RwFrame after;

  sim_log (world, "%s: gap %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
           consumer->id, item->from, item->to);
  if (item->to > producer->shed_to && !producer->replaced &&
      !producer->abandoned && !(world->scenario.live >> consumer->number & 1))
    sim_world_fail (
        world,
        "%s: gap %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
        ", but the bound took only what is below %" G_GUINT64_FORMAT,
        consumer->id, item->from, item->to, producer->shed_to);
  if (item->to > rw_journal_get_head (producer->journal))
    sim_world_fail (world, "%s: a gap of frames that never existed",
                    consumer->id);
  sim_producer_make_frame (producer, item->to, buffer, &after);
  if (item->start_ns != consumer->last_end_ns ||
      (item->end_ns != RW_TIME_NONE && item->end_ns != after.running_time_ns))
    sim_world_fail (world, "%s: the gap's times are wrong", consumer->id);
  if (item->end_ns == RW_TIME_NONE && !producer->replaced &&
      !rw_journal_is_ended (producer->journal))
    sim_world_fail (world, "%s: the gap's end is not known", consumer->id);
  consumer->last_end_ns = item->end_ns;
}

static void
check_end (SimConsumer *consumer, const RwWindowItem *item)
{
  const RwJournal *journal = consumer->stream->journal;

  sim_log (consumer->world, "%s: end", consumer->id);
  if (!rw_journal_is_ended (journal) ||
      item->from != rw_journal_get_head (journal))
    sim_world_fail (consumer->world,
                    "%s: end of stream at %" G_GUINT64_FORMAT
                    " of %" G_GUINT64_FORMAT,
                    consumer->id, item->from, rw_journal_get_head (journal));
}

void
sim_oracle_popped (SimConsumer *consumer, const RwPlayoutItem *timed)
{
  const RwWindowItem *item = &timed->window;

  if (consumer->done) {
    /* A producer that came back after an end is none of its business. */
    if (item->type == RW_WINDOW_ITEM_STREAM)
      consumer->stream = NULL;
    else if (consumer->stream != NULL)
      sim_world_fail (consumer->world, "%s: an item after the end",
                      consumer->id);
    return;
  }
  if (item->type == RW_WINDOW_ITEM_STREAM) {
    check_stream (consumer, item);
    return;
  }
  if (consumer->stream == NULL) {
    sim_world_fail (consumer->world, "%s: no stream began", consumer->id);
    return;
  }
  if (item->from != consumer->next)
    sim_world_fail (consumer->world,
                    "%s: %" G_GUINT64_FORMAT " comes where %" G_GUINT64_FORMAT
                    " was due",
                    consumer->id, item->from, consumer->next);
  if (item->type == RW_WINDOW_ITEM_FRAME) {
    check_frame (consumer, item);
    sim_judge_frame (consumer, timed);
  } else if (item->type == RW_WINDOW_ITEM_GAP) {
    check_gap (consumer, item);
    if (timed->time_ns != RW_TIME_NONE)
      consumer->times.end_ns = timed->time_ns + timed->duration_ns;
  } else {
    check_end (consumer, item);
  }
  consumer->next = item->to;
}

void
sim_oracle_handed (SimConsumer *consumer, const RwWindowItem *item)
{
  SimSeen *seen;

  if (consumer->stream == NULL)
    return;
  seen = &consumer->seen[consumer->stream->number];
  if (item->type == RW_WINDOW_ITEM_FRAME || item->type == RW_WINDOW_ITEM_GAP)
    seen->handed = MAX (seen->handed, item->to);
}

/* An acknowledgement says that downstream has it: it must be true. */
void
sim_oracle_acked (SimLink *link)
{
  const RwCursor *cursor = rw_send_endpoint_get_cursor (link->send);
  const SimSeen *seen = &link->consumer->seen[link->producer->number];

  if (seen->handed == RW_INDEX_NONE || cursor->acked > seen->handed)
    sim_world_fail (link->world,
                    "%s acknowledged %" G_GUINT64_FORMAT
                    " of producer %u, but handed on only %" G_GUINT64_FORMAT,
                    link->consumer->id, cursor->acked, link->producer->number,
                    seen->handed == RW_INDEX_NONE ? 0 : seen->handed);
}

/* On a path without a flaw nobody may suspect anything, and nothing may be
 * sent twice. */
static void
check_health (SimWorld *world)
{
  RwSendStats stats;
  guint i;

  if (!sim_scenario_is_healthy (&world->scenario))
    return;
  if (world->links->len != world->scenario.n_consumers)
    sim_world_fail (world, "a healthy session was replaced");
  for (i = 0; i < world->links->len; i++) {
    const SimLink *link = world->links->pdata[i];

    if (link->send == NULL)
      continue;
    rw_send_endpoint_get_stats (link->send, &stats);
    if (stats.frames_repeated > 0)
      sim_world_fail (world, "frames were repaired twice on a healthy path");
  }
}

/* When it is over for everybody the two ends agree on what was lost. */
void
sim_oracle_run_over (SimWorld *world)
{
  guint i;

  check_health (world);
  for (i = 0; i < world->scenario.n_consumers; i++) {
    SimConsumer *consumer = &world->consumers[i];
    const RwCursor *cursor;
    guint64 lost;

    if (!consumer->done || consumer->window == NULL ||
        consumer->stream != world->announced || world->announced == NULL ||
        world->announced->abandoned)
      continue;
    cursor = rw_cursor_set_lookup (world->announced->cursors, consumer->id);
    lost = rw_window_get_stream_lost (consumer->window);
    if (cursor == NULL || cursor->lost < lost)
      sim_world_fail (world,
                      "%s lost %" G_GUINT64_FORMAT
                      " frames, and its producer does not know",
                      consumer->id, lost);
  }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-world.h"

#include <string.h>

/* A session that never said hello, or is silent for so long, is dropped. */
#define DEAD_US (3 * G_USEC_PER_SEC)

static void on_frame (gpointer owner, gpointer data);

SimProducer *
sim_producer_new (SimWorld *world)
{
  SimScenario *s = &world->scenario;
  RwJournalLimits limits = {.max_time_ns = 60 * G_GUINT64_CONSTANT (1000000000),
                            .max_frames = s->journal_frames};
  guint8 stream_id[RW_STREAM_ID_SIZE] = {0};
  SimProducer *producer = g_new0 (SimProducer, 1);
  guint i;

  producer->world = world;
  producer->number = world->producers->len;
  stream_id[0] = producer->number + 1;
  memcpy (stream_id + 8, &s->seed, 8);
  producer->alive = producer->announced = TRUE;
  producer->clock.offset_us =
      sim_random_range (&s->random, 0, 10 * G_TIME_SPAN_HOUR);
  producer->clock.ppm = s->drift_ppm[0];
  producer->journal = rw_journal_new (stream_id, &limits);
  for (i = 0; i < s->n_formats; i++)
    rw_journal_add_format (producer->journal, sim_producer_get_format (i));
  producer->cursors = rw_cursor_set_new ();
  producer->links = g_ptr_array_new ();
  producer->started_us = world->now_us;
  g_ptr_array_add (world->producers, producer);
  sim_world_at (world, world->now_us, on_frame, producer, NULL);
  return producer;
}

void
sim_producer_free (gpointer data)
{
  SimProducer *producer = data;

  rw_cursor_set_free (producer->cursors);
  rw_journal_free (producer->journal);
  g_ptr_array_unref (producer->links);
  g_free (producer);
}

const gchar *
sim_producer_get_format (guint format)
{
  static const gchar *const caps[] = {
      "audio/x-opus, channels=(int)2", "audio/x-opus, channels=(int)1",
      "audio/x-opus, channels=(int)2, rate=(int)16000"};

  return caps[format];
}

void
sim_producer_make_frame (const SimProducer *producer, guint64 index,
                         guint8 *buffer, RwFrame *out)
{
  const SimScenario *s = &producer->world->scenario;
  guint64 mark =
      (index + 1) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) + producer->number;
  guint size = mark % s->max_payload;
  guint i;

  for (i = 0; i + 8 <= size; i += 8)
    memcpy (buffer + i, &mark, 8);
  for (; i < size; i++)
    buffer[i] = (guint8) (mark >> i % 56);
  *out = (RwFrame){
      .index = index,
      .running_time_ns =
          (guint64) sim_scenario_get_running_time (s, index) * 1000 +
          producer->number,
      .capture_time_ns = s->n_formats > 1 && index % 7 == 0
                             ? RW_CAPTURE_TIME_NONE
                             : (gint64) (mark >> 40) + (gint64) index,
      .duration = s->frame_us * 48 / 1000,
      .format = index * s->n_formats / s->n_frames % s->n_formats,
      .flags = index % 50 == 0,
      .size = size,
      .data = buffer,
  };
}

static void
feed_live (SimLink *link)
{
  SimProducer *producer = link->producer;
  guint64 head = rw_journal_get_head (producer->journal);
  RwFrame frame;

  if (link->world->scenario.no_live_lane || link->send == NULL)
    return;
  for (; link->live_next < head; link->live_next++) {
    /* A frame that was shed before its turn never goes over this lane. */
    if (!rw_journal_peek (producer->journal, link->live_next, &frame))
      continue;
    sim_link_send_live (link, &frame);
    rw_send_endpoint_note_live_sent (
        link->send, link->live_next,
        sim_clock_get (&producer->clock, link->world->now_us));
  }
}

static void
close_all (SimProducer *producer)
{
  guint i;

  producer->abandoned = TRUE;
  sim_log (producer->world, "producer %u ends in a hurry", producer->number);
  for (i = 0; i < producer->links->len; i++) {
    SimLink *link = producer->links->pdata[i];

    if (link->send == NULL)
      continue;
    rw_send_endpoint_close (link->send, RW_BYE_ENDED, "in a hurry");
    sim_link_drain (link, SIM_DOWN);
  }
}

static void
on_hurry (gpointer owner, gpointer data)
{
  SimProducer *producer = owner;

  if (producer->alive && producer->announced)
    close_all (producer);
}

static void
end (SimProducer *producer)
{
  SimScenario *s = &producer->world->scenario;
  guint i;

  if (!producer->announced) /* its successor's stream is what counts */
    return;
  rw_journal_end (producer->journal);
  sim_log (producer->world, "producer %u: end of stream", producer->number);
  for (i = 0; i < producer->links->len; i++)
    sim_link_drain (producer->links->pdata[i], SIM_DOWN);
  if (s->hurried_end)
    sim_world_at (producer->world,
                  producer->world->now_us +
                      sim_random_range (&s->random, 0, 500000),
                  on_hurry, producer, NULL);
}

static void
append (SimProducer *producer)
{
  guint8 buffer[3100];
  RwFrame frame;
  guint i;

  sim_producer_make_frame (producer, rw_journal_get_head (producer->journal),
                           buffer, &frame);
  if (rw_journal_append (producer->journal, &frame) > 0)
    producer->shed_to = rw_journal_get_tail (producer->journal);
  for (i = 0; i < producer->links->len; i++)
    feed_live (producer->links->pdata[i]);
}

static void
on_frame (gpointer owner, gpointer data)
{
  SimProducer *producer = owner;
  SimWorld *world = producer->world;
  const SimScenario *s = &world->scenario;
  gint64 stall;

  if (!producer->alive)
    return;
  stall = s->n_faults > 0
              ? sim_world_get_stall (world, SIM_FAULT_PRODUCER_STALLS, 0)
              : 0;
  if (stall != 0) {
    sim_world_at (world, stall, on_frame, producer, NULL);
    return;
  }
  append (producer);
  if (rw_journal_get_head (producer->journal) < s->n_frames)
    sim_world_at (world,
                  producer->started_us +
                      sim_scenario_get_world_time (
                          s, rw_journal_get_head (producer->journal)),
                  on_frame, producer, NULL);
  else
    end (producer);
}

static void
on_look (gpointer owner, gpointer data)
{
  SimLink *link = owner;
  gint64 now = sim_clock_get (&link->producer->clock, link->world->now_us);

  if (link->send == NULL)
    return;
  if (now - rw_send_endpoint_get_link (link->send)->liveness.received_us >
      DEAD_US) {
    sim_link_close_producer (link);
    return;
  }
  sim_world_at (link->world, link->world->now_us + DEAD_US / 2, on_look, link,
                NULL);
}

void
sim_producer_open (SimProducer *producer, SimLink *link)
{
  RwSendEndpointConfig config;

  rw_send_endpoint_config_init (&config);
  config.generation = link->generation;
  config.drain_rate = producer->world->scenario.drain_rate;
  link->send = rw_send_endpoint_new (
      producer->journal, producer->cursors, &config,
      sim_clock_get (&producer->clock, producer->world->now_us));
  link->live_next = rw_journal_get_head (producer->journal);
  g_ptr_array_add (producer->links, link);
  sim_world_at (producer->world, producer->world->now_us + DEAD_US, on_look,
                link, NULL);
}

void
sim_producer_drained (SimProducer *producer, SimLink *link)
{
  RwSendEvents events = rw_send_endpoint_take_events (link->send);

  if (events & RW_SEND_EVENT_ACKED) {
    sim_oracle_acked (link);
    rw_journal_release (producer->journal,
                        rw_cursor_set_get_lowest (producer->cursors, 0));
  }
  if (events & RW_SEND_EVENT_BYE)
    sim_link_close_producer (link);
}

void
sim_producer_die (SimProducer *producer)
{
  guint i;

  if (!producer->alive)
    return;
  sim_log (producer->world, "producer %u dies", producer->number);
  producer->alive = producer->announced = FALSE;
  producer->replaced = TRUE;
  for (i = 0; i < producer->links->len; i++)
    sim_link_close_producer (producer->links->pdata[i]);
}

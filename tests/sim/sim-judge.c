/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-world.h"

/*
 * When each frame should come out, checked from outside: it sees when the
 * world made a frame, and which time the consumer gave it.
 */

#define MS_NS 1000000

/* A step is taken within half a second of live frames, which come again within
 * a second where nothing passed. */
#define STEP_US (1500 * 1000)

/* The first frames of all may have been overtaken. */
#define SETTLE_US (3 * G_USEC_PER_SEC)

/* Drift is followed in steps of 15 ms; this much is left to rounding, and to
 * what the clocks part within. */
#define TOLERANCE_NS (25 * MS_NS)

void
sim_judge_begin_stream (SimConsumer *consumer)
{
  consumer->times.begun = consumer->times.guessed = FALSE;
  consumer->times.behind_ns = 0;
}

/* Where the live lane cannot tell the time, nobody can. */
static gboolean
has_live_lane (const SimScenario *s)
{
  guint i;

  if (s->no_live_lane || s->bytes_per_s != 0 || s->loss > 100 ||
      s->dies_opening != 0 || s->hand_us != 0)
    return FALSE;
  for (i = 0; i < s->n_faults; i++) {
    SimFaultType type = s->faults[i].type;

    if (type != SIM_FAULT_CUT && type != SIM_FAULT_CUT_UP &&
        type != SIM_FAULT_CUT_DOWN && type != SIM_FAULT_CUT_DATA &&
        type != SIM_FAULT_PRODUCER_DIES)
      return FALSE;
  }
  return TRUE;
}

/* Later than @known_us, if the live lane cannot show anything just then. */
static gint64
put_off (const SimConsumer *consumer, const SimBreak *b, gint64 known_us)
{
  const SimScenario *s = &consumer->world->scenario;
  guint i;

  for (i = 0; i < s->n_faults; i++)
    if (s->faults[i].begin_us < known_us)
      known_us = MAX (known_us, s->faults[i].end_us + STEP_US);
  for (i = 0; i < s->n_breaks; i++) {
    const SimBreak *other = &s->breaks[i];
    gint64 end_us = consumer->stream->started_us +
                    sim_scenario_get_world_time (s, other->index);

    if (other->index > b->index && end_us - other->duration_us < known_us)
      known_us = MAX (known_us, end_us + STEP_US);
  }
  return known_us;
}

/* When the live lane has shown for half a second that the sender's time stood
 * still: not while nothing passes, and not while there is no audio. */
static gint64
get_known_time (const SimConsumer *consumer, const SimBreak *b)
{
  gint64 later_us =
      consumer->stream->started_us + STEP_US +
      sim_scenario_get_world_time (&consumer->world->scenario, b->index);
  gint64 known_us;

  do {
    known_us = later_us;
    later_us = put_off (consumer, b, known_us);
  } while (later_us != known_us);
  return known_us;
}

/* Where frames are missing around it, going back looks like standing still. */
static gboolean
sees_every_frame (const SimScenario *s)
{
  return s->n_faults == 0 && s->loss == 0 && s->reorder == 0;
}

/* Whether a step of the sender's need not be known yet. */
static gboolean
is_in_doubt (const SimConsumer *consumer, guint64 index)
{
  const SimScenario *s = &consumer->world->scenario;
  const SimSeen *seen = &consumer->seen[consumer->stream->number];
  guint i;

  for (i = 0; i < s->n_breaks; i++) {
    const SimBreak *b = &s->breaks[i];

    if (b->type == SIM_BREAK_HOLE || index < b->index)
      continue;
    if (index < seen->live_after[i])
      return TRUE; /* none so early has come live after it */
    if ((b->type == SIM_BREAK_PAUSE || !sees_every_frame (s)) &&
        consumer->world->now_us < get_known_time (consumer, b))
      return TRUE;
  }
  return FALSE;
}

/* Whether the sender's time was broken between this frame and the first that
 * came live: then nothing tells when it was. */
static gboolean
is_from_before (const SimConsumer *consumer, guint64 index)
{
  const SimScenario *s = &consumer->world->scenario;
  const SimProducer *producer = consumer->stream;
  guint i;

  for (i = 0; i < s->n_breaks; i++) {
    gint64 break_us = producer->started_us +
                      sim_scenario_get_world_time (s, s->breaks[i].index);

    if (s->breaks[i].type != SIM_BREAK_HOLE && index < s->breaks[i].index &&
        break_us < consumer->seen[producer->number].live_us)
      return TRUE;
  }
  return FALSE;
}

/* The consumer's running time at which the frame would have come live, on the
 * path's quickest day. */
static gint64
get_true_time (const SimConsumer *consumer, guint64 index)
{
  const SimScenario *s = &consumer->world->scenario;
  gint64 world_us = consumer->stream->started_us +
                    sim_scenario_get_world_time (s, index) + s->delay_us;

  return (sim_clock_get (&consumer->clock, world_us) -
          consumer->clock.offset_us) *
         1000;
}

void
sim_judge_live (SimSeen *seen, const SimWorld *world, guint64 index)
{
  guint i;

  seen->live_us = MIN (seen->live_us, world->now_us);
  for (i = 0; i < world->scenario.n_breaks; i++)
    if (index >= world->scenario.breaks[i].index)
      seen->live_after[i] = MIN (seen->live_after[i], index);
}

static void
check_order (SimConsumer *consumer, const RwPlayoutItem *item)
{
  SimTimes *times = &consumer->times;

  if (item->time_ns < times->last_ns ||
      (times->begun && item->time_ns == times->last_ns))
    sim_world_fail (consumer->world,
                    "%s: frame %" G_GUINT64_FORMAT " goes back by %.1f ms",
                    consumer->id, item->window.from,
                    (times->last_ns - item->time_ns) / 1e6);
  if (item->hole_ns > 0 && item->time_ns - item->hole_ns != times->end_ns)
    sim_world_fail (consumer->world,
                    "%s: the hole before frame %" G_GUINT64_FORMAT
                    " does not begin at the end of the last frame",
                    consumer->id, item->window.from);
}

/* A stream that had to begin late (its first frames lie before the consumer's
 * own begin, or before the end of another stream) may stay so. */
static void
check_time (SimConsumer *consumer, const RwPlayoutItem *item)
{
  const SimScenario *s = &consumer->world->scenario;
  SimTimes *times = &consumer->times;
  gint64 tolerance_ns =
      TOLERANCE_NS + s->inexact_us * 1000 + (s->jitter_us + s->delay_us) * 1000;
  gint64 late_ns = (gint64) item->time_ns -
                   get_true_time (consumer, item->window.frame.index);

  if (s->reorder > 0 && consumer->world->now_us - times->begun_us < SETTLE_US)
    tolerance_ns += s->reorder_us * 1000;
  if (!times->begun && (item->time_ns == 0 || item->time_ns == times->end_ns))
    times->behind_ns = MAX (late_ns, 0);
  if (is_from_before (consumer, item->window.frame.index))
    times->behind_ns = MAX (times->behind_ns, late_ns);
  if (is_in_doubt (consumer, item->window.frame.index))
    return;
  if (late_ns > times->behind_ns + tolerance_ns || late_ns < -tolerance_ns)
    sim_world_fail (consumer->world,
                    "%s: frame %" G_GUINT64_FORMAT " is late by %.1f ms",
                    consumer->id, item->window.frame.index, late_ns / 1e6);
}

void
sim_judge_frame (SimConsumer *consumer, const RwPlayoutItem *item)
{
  SimTimes *times = &consumer->times;

  check_order (consumer, item);
  if (!times->begun)
    times->begun_us = consumer->world->now_us;
  if (!times->begun)
    times->guessed =
        consumer->seen[consumer->stream->number].live_us == SIM_NEVER;
  if (!times->guessed && has_live_lane (&consumer->world->scenario))
    check_time (consumer, item);
  times->begun = TRUE;
  times->last_ns = item->time_ns;
  times->end_ns = item->time_ns + item->duration_ns;
}

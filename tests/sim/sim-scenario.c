/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-scenario.h"

#define MS 1000

static void
choose_audio (SimScenario *s)
{
  static const guint frames_ms[] = {10, 20, 20, 20, 40, 60};
  SimRandom *r = &s->random;

  s->frame_us = frames_ms[sim_random_range (r, 0, 5)] * MS;
  s->n_frames = sim_random_chance (r, 800) ? sim_random_range (r, 10, 150)
                                           : sim_random_range (r, 150, 600);
  s->n_formats = sim_random_chance (r, 100) ? 3 : 1;
  s->max_payload = sim_random_chance (r, 50) ? 3000 : 120;
  s->journal_frames =
      sim_random_chance (r, 200) ? sim_random_range (r, 1, 40) : 0;
  s->hurried_end = sim_random_chance (r, 60);
  s->drain_rate = sim_random_chance (r, 300) ? 0 : 8;
}

static void
choose_breaks (SimScenario *s)
{
  SimRandom *r = &s->random;
  guint64 index = 0;

  if (sim_random_chance (r, 300))
    s->inexact_us = sim_random_range (r, 0, 4 * MS);
  if (!sim_random_chance (r, 400))
    return;
  s->n_breaks = sim_random_range (r, 1, SIM_MAX_BREAKS);
  for (guint i = 0; i < s->n_breaks; i++) {
    SimBreak *b = &s->breaks[i];

    index += sim_random_range (r, 1, s->n_frames / 2);
    b->index = index;
    b->type = (SimBreakType) sim_random_range (r, 0, SIM_N_BREAKS - 1);
    b->duration_us = sim_random_range (r, 2000 * MS, 6000 * MS);
    if (b->type == SIM_BREAK_HOLE && sim_random_chance (r, 500))
      b->duration_us = sim_random_range (r, 40 * MS, 2000 * MS);
  }
}

/* A path that cannot carry the audio itself is nothing that can be mended;
 * mostly there is no bound that matters. */
static guint64
choose_capacity (SimScenario *s)
{
  guint64 audio = (s->max_payload / 2 + 60) * G_USEC_PER_SEC / s->frame_us;

  if (!sim_random_chance (&s->random, 100))
    return 0;
  return audio * sim_random_range (&s->random, 15, 60) / 10;
}

static void
choose_path (SimScenario *s)
{
  SimRandom *r = &s->random;

  s->delay_us = sim_random_chance (r, 700)
                    ? sim_random_range (r, 100, 20 * MS)
                    : sim_random_range (r, 20 * MS, 200 * MS);
  s->jitter_us =
      sim_random_chance (r, 500) ? sim_random_range (r, 0, 30 * MS) : 100;
  s->loss = sim_random_chance (r, 500) ? sim_random_range (r, 0, 250) : 0;
  s->reorder = sim_random_chance (r, 300) ? sim_random_range (r, 1, 100) : 0;
  s->reorder_us = sim_random_range (r, 1 * MS, 400 * MS);
  s->duplicate = sim_random_chance (r, 300) ? sim_random_range (r, 1, 50) : 0;
  s->bytes_per_s = choose_capacity (s);
  s->keeps = sim_random_chance (r, 500);
  s->full_channel =
      sim_random_chance (r, 200) ? sim_random_range (r, 1, 300) : 0;
  s->dies_opening =
      sim_random_chance (r, 300) ? sim_random_range (r, 50, 500) : 0;
  s->open_us = sim_random_range (r, 2 * MS, 150 * MS);
}

static void
choose_people (SimScenario *s)
{
  SimRandom *r = &s->random;
  guint i;

  s->n_consumers = sim_random_chance (r, 850) ? 1 : sim_random_range (r, 2, 3);
  s->oldest = sim_random_next (r) & 7;
  s->live = sim_random_chance (r, 150) ? sim_random_next (r) & 7 : 0;
  s->latency_us = sim_random_range (r, 20 * MS, 300 * MS);
  s->no_live_lane = sim_random_chance (r, 30);
  s->hand_us =
      sim_random_chance (r, 200) ? sim_random_range (r, 0, s->frame_us) : 0;
  s->linger_us = sim_random_range (r, 0, 300 * MS);
  for (i = 0; i <= SIM_MAX_CONSUMERS; i++)
    s->drift_ppm[i] = sim_random_range (r, -200, 200);
}

static void
choose_fault (SimScenario *s, SimFault *fault, gint64 length_us)
{
  SimRandom *r = &s->random;

  fault->type = sim_random_chance (r, 400)
                    ? SIM_FAULT_CUT
                    : (SimFaultType) sim_random_range (r, 0, SIM_N_FAULTS - 1);
  fault->begin_us = sim_random_range (r, 0, length_us);
  fault->end_us =
      fault->begin_us + (sim_random_chance (r, 700)
                             ? sim_random_range (r, 10 * MS, 600 * MS)
                         : sim_random_chance (r, 800)
                             ? sim_random_range (r, 600 * MS, 2500 * MS)
                             : sim_random_range (r, 2500 * MS, 15000 * MS));
  fault->consumer = sim_random_range (r, 0, s->n_consumers - 1);
}

static void
choose_faults (SimScenario *s)
{
  SimRandom *r = &s->random;
  gint64 length_us = sim_scenario_get_world_time (s, s->n_frames) + 100 * MS;
  guint i;

  s->n_faults = sim_random_range (r, 0, 5);
  if (sim_random_chance (r, 50))
    s->n_faults = SIM_MAX_FAULTS;
  s->calm_us = length_us;
  for (i = 0; i < s->n_faults; i++) {
    choose_fault (s, &s->faults[i], length_us);
    s->calm_us = MAX (s->calm_us, s->faults[i].end_us);
  }
}

void
sim_scenario_init (SimScenario *scenario, guint64 seed)
{
  *scenario = (SimScenario){.seed = seed, .random = {seed}};
  choose_audio (scenario);
  choose_path (scenario);
  choose_people (scenario);
  choose_breaks (scenario);
  choose_faults (scenario);
}

const gchar *
sim_break_get_name (SimBreakType type)
{
  static const gchar *const names[] = {"a pause", "a hole", "back"};

  return names[type];
}

gint64
sim_scenario_get_world_time (const SimScenario *scenario, guint64 index)
{
  gint64 time_us = (gint64) index * scenario->frame_us;

  time_us -= time_us * scenario->drift_ppm[0] / 1000000;
  for (guint i = 0; i < scenario->n_breaks; i++) {
    const SimBreak *b = &scenario->breaks[i];

    if (index >= b->index && b->type != SIM_BREAK_BACK)
      time_us += b->duration_us;
  }
  return time_us;
}

/* No time goes back beyond zero. */
gint64
sim_scenario_get_running_time (const SimScenario *scenario, guint64 index)
{
  gint64 shift_us = 0;

  for (guint i = 0; i < scenario->n_breaks; i++) {
    const SimBreak *b = &scenario->breaks[i];
    gint64 before_us = (gint64) b->index * scenario->frame_us + shift_us;

    if (index < b->index)
      break;
    if (b->type == SIM_BREAK_HOLE)
      shift_us += b->duration_us;
    else if (b->type == SIM_BREAK_BACK)
      shift_us -= MIN (b->duration_us, before_us);
  }
  if (scenario->inexact_us > 0)
    shift_us += (gint64) (index * 7919 % (guint64) scenario->inexact_us);
  return (gint64) index * scenario->frame_us + shift_us;
}

const gchar *
sim_fault_get_name (SimFaultType type)
{
  static const gchar *const names[] = {
      "cut",
      "cut up",
      "cut down",
      "cut live lane",
      "cut data channel",
      "change of address",
      "half-open",
      "producer dies",
      "producer dies slowly",
      "consumer dies",
      "consumer stalls",
      "producer stalls",
      "downstream stalls",
  };

  return names[type];
}

gint64
sim_scenario_get_end (const SimScenario *scenario, SimFaultType type,
                      gint64 now_us)
{
  gint64 end = 0;
  guint i;

  for (i = 0; i < scenario->n_faults; i++) {
    const SimFault *fault = &scenario->faults[i];

    if (fault->type == type && now_us >= fault->begin_us &&
        now_us < fault->end_us)
      end = MAX (end, fault->end_us);
  }
  return end;
}

gboolean
sim_scenario_is_healthy (const SimScenario *scenario)
{
  return scenario->n_faults == 0 && scenario->loss == 0 &&
         scenario->reorder == 0 && scenario->jitter_us <= 100 &&
         scenario->bytes_per_s == 0 && scenario->dies_opening == 0 &&
         scenario->full_channel == 0 && !scenario->no_live_lane &&
         !scenario->hurried_end;
}

void
sim_scenario_print (const SimScenario *s)
{
  guint i;

  g_print ("seed %" G_GUINT64_FORMAT ": %u frames of %u ms, %u formats, "
           "journal of %" G_GUINT64_FORMAT " frames (0: all)%s, drain %g\n",
           s->seed, s->n_frames, s->frame_us / MS, s->n_formats,
           s->journal_frames, s->hurried_end ? ", hurried end" : "",
           s->drain_rate);
  g_print ("path: delay %.1f ms, jitter %.1f ms, loss %u/1000, reorder "
           "%u/1000 by %.1f ms, duplicate %u/1000, %" G_GUINT64_FORMAT
           " B/s, full channel %u/1000, dies opening %u/1000, opens in "
           "%.1f ms\n",
           s->delay_us / 1e3, s->jitter_us / 1e3, s->loss, s->reorder,
           s->reorder_us / 1e3, s->duplicate, s->bytes_per_s, s->full_channel,
           s->dies_opening, s->open_us / 1e3);
  g_print ("%s%u consumers, from the oldest: mask %u, live: mask %u with "
           "%.1f ms, %s, downstream up to %.1f ms a frame, sessions linger "
           "%.1f ms\n",
           s->keeps ? "the channel keeps what it took; " : "", s->n_consumers,
           s->oldest, s->live, s->latency_us / 1e3,
           s->no_live_lane ? "no live lane" : "live lane", s->hand_us / 1e3,
           s->linger_us / 1e3);
  for (i = 0; i < s->n_breaks; i++)
    g_print ("the sender's time: %s of %.1f ms before frame %" G_GUINT64_FORMAT
             "\n",
             sim_break_get_name (s->breaks[i].type),
             s->breaks[i].duration_us / 1e3, s->breaks[i].index);
  for (i = 0; i < s->n_faults; i++)
    g_print ("fault: %s of consumer %u, %.1f to %.1f ms\n",
             sim_fault_get_name (s->faults[i].type), s->faults[i].consumer,
             s->faults[i].begin_us / 1e3, s->faults[i].end_us / 1e3);
  g_print ("calm from %.1f ms\n", s->calm_us / 1e3);
}

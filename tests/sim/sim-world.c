/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-world.h"

#include <stdarg.h>

/* After the last fault, and the last frame, everything must be settled within
 * this time. */
#define SETTLE_US (20 * G_USEC_PER_SEC)

/* How long a dying producer may go on beside its successor. */
#define GHOST_US (600 * 1000)

/* A run that needs more events than this has lost its way. */
#define MAX_EVENTS 2000000u

void
sim_world_init (SimWorld *world)
{
  *world = (SimWorld){0};
}

void
sim_world_clear (SimWorld *world)
{
  sim_events_clear (&world->events);
  g_clear_pointer (&world->events.heap, g_free);
  g_clear_pointer (&world->failure, g_free);
}

void
sim_world_log (SimWorld *world, const gchar *format, ...)
{
  g_autofree gchar *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_print ("%10.3f ms  %s\n", world->now_us / 1e3, text);
}

void
sim_world_fail (SimWorld *world, const gchar *format, ...)
{
  va_list args;
  gchar *text;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  sim_log (world, "BROKEN: %s", text);
  if (world->failure == NULL)
    world->failure =
        g_strdup_printf ("at %.3f ms: %s", world->now_us / 1e3, text);
  g_free (text);
}

void
sim_world_at (SimWorld *world, gint64 time_us, SimFunc func, gpointer owner,
              gpointer data)
{
  SimEvent event = {time_us, 0, func, owner, data, NULL};

  sim_events_add (&world->events, &event);
}

gint64
sim_world_get_stall (SimWorld *world, SimFaultType type, guint consumer)
{
  const SimScenario *s = &world->scenario;
  gint64 end = 0;
  guint i;

  for (i = 0; i < s->n_faults; i++) {
    const SimFault *fault = &s->faults[i];

    if (fault->type == type && world->now_us >= fault->begin_us &&
        world->now_us < fault->end_us &&
        (type == SIM_FAULT_PRODUCER_STALLS || fault->consumer == consumer))
      end = MAX (end, fault->end_us);
  }
  return end;
}

/* Faults that are done to somebody, not to the path */

static void
on_producer_born (gpointer owner, gpointer data)
{
  SimWorld *world = owner;
  guint i;

  if (world->announced != NULL)
    return;
  world->announced = sim_producer_new (world);
  sim_log (world, "producer %u comes up", world->announced->number);
  for (i = 0; i < world->scenario.n_consumers; i++)
    sim_consumer_hear_of_producer (&world->consumers[i]);
}

static void
on_ghost_gone (gpointer owner, gpointer data)
{
  sim_producer_die (owner);
}

static void
replace_producer (SimWorld *world, const SimFault *fault)
{
  SimProducer *producer = world->announced;

  if (producer == NULL || rw_journal_is_ended (producer->journal))
    return;
  world->announced = NULL;
  if (fault->type == SIM_FAULT_PRODUCER_DIES) {
    sim_producer_die (producer);
  } else {
    producer->announced = FALSE;
    producer->replaced = TRUE;
    sim_world_at (world,
                  world->now_us +
                      sim_random_range (&world->scenario.random, 0, GHOST_US),
                  on_ghost_gone, producer, NULL);
  }
  sim_world_at (world,
                fault->type == SIM_FAULT_PRODUCER_DIES ? fault->end_us
                                                       : world->now_us,
                on_producer_born, world, NULL);
}

static void
kill_links (SimWorld *world, gboolean half)
{
  SimWay way =
      sim_random_chance (&world->scenario.random, 500) ? SIM_UP : SIM_DOWN;
  guint i;

  sim_log (world, "all sessions are cut for ever%s",
           !half           ? ""
           : way == SIM_UP ? ", upwards"
                           : ", downwards");
  for (i = 0; i < world->links->len; i++) {
    SimLink *link = world->links->pdata[i];

    if (!half || way == SIM_UP)
      link->dead[SIM_UP] = TRUE;
    if (!half || way == SIM_DOWN)
      link->dead[SIM_DOWN] = TRUE;
  }
}

static void
on_reborn (gpointer owner, gpointer data)
{
  SimConsumer *consumer = owner;

  if (!consumer->alive)
    sim_consumer_begin_life (consumer);
}

static void
on_fault (gpointer owner, gpointer data)
{
  SimWorld *world = owner;
  const SimFault *fault = data;
  SimConsumer *consumer = &world->consumers[fault->consumer];

  sim_log (world, "fault: %s, until %.3f ms", sim_fault_get_name (fault->type),
           fault->end_us / 1e3);
  if (fault->type == SIM_FAULT_ADDRESS || fault->type == SIM_FAULT_HALF_OPEN)
    kill_links (world, fault->type == SIM_FAULT_HALF_OPEN);
  if (fault->type == SIM_FAULT_PRODUCER_DIES ||
      fault->type == SIM_FAULT_PRODUCER_GHOST)
    replace_producer (world, fault);
  if (fault->type == SIM_FAULT_CONSUMER_DIES && !consumer->done &&
      consumer->alive) {
    sim_consumer_die (consumer);
    sim_world_at (world, fault->end_us, on_reborn, consumer, NULL);
  }
}

/* The run */

static void
set_up (SimWorld *world, guint64 seed)
{
  SimScenario *s = &world->scenario;
  guint i, j;

  sim_scenario_init (s, seed);
  if (world->verbose)
    sim_scenario_print (s);
  world->now_us = 0;
  world->producers = g_ptr_array_new_with_free_func (sim_producer_free);
  world->links = g_ptr_array_new_with_free_func (sim_link_free);
  world->announced = sim_producer_new (world);
  for (i = 0; i < s->n_consumers; i++) {
    SimConsumer *consumer = &world->consumers[i];

    sim_consumer_init (consumer, world, i);
    for (j = 0; j < SIM_MAX_PRODUCERS; j++)
      consumer->seen[j].handed = RW_INDEX_NONE;
    sim_world_at (world,
                  sim_random_chance (&s->random, 700)
                      ? 0
                      : sim_random_range (&s->random, 0, 500000),
                  on_reborn, consumer, NULL);
  }
  for (i = 0; i < s->n_faults; i++)
    sim_world_at (world, s->faults[i].begin_us, on_fault, world, &s->faults[i]);
}

static void
tear_down (SimWorld *world)
{
  guint i;

  sim_events_clear (&world->events);
  for (i = 0; i < world->scenario.n_consumers; i++) {
    sim_consumer_die (&world->consumers[i]);
    g_ptr_array_unref (world->consumers[i].links);
  }
  g_ptr_array_unref (world->links);
  g_ptr_array_unref (world->producers);
  world->stats.world_us += world->now_us;
  world->stats.runs++;
}

static gboolean
is_settled (const SimWorld *world)
{
  guint i;

  if (world->announced == NULL ||
      !rw_journal_is_ended (world->announced->journal))
    return FALSE;
  for (i = 0; i < world->scenario.n_consumers; i++) {
    const RwCursor *cursor = rw_cursor_set_lookup (world->announced->cursors,
                                                   world->consumers[i].id);

    if (!world->consumers[i].done || cursor == NULL ||
        cursor->acked != rw_journal_get_head (world->announced->journal))
      return FALSE;
  }
  return TRUE;
}

/* When the run must be over at the latest. */
static gint64
get_limit (const SimWorld *world)
{
  const SimScenario *s = &world->scenario;
  gint64 last = s->calm_us;

  if (world->announced != NULL)
    last = MAX (last, world->announced->started_us +
                          sim_scenario_get_world_time (s, s->n_frames));
  return last + SETTLE_US;
}

static void
log_links (SimWorld *world)
{
  guint i;

  for (i = 0; i < world->links->len; i++) {
    const SimLink *link = world->links->pdata[i];

    if (link->send == NULL && link->receive == NULL)
      continue;
    sim_log (
        world, "%s: session %u to producer %u: sender %s, receiver %s%s",
        link->consumer->id, link->generation, link->producer->number,
        link->send == NULL
            ? "gone"
            : rw_liveness_state_get_name (
                  rw_send_endpoint_get_link (link->send)->liveness.state),
        link->receive == NULL
            ? "gone"
            : rw_liveness_state_get_name (
                  rw_receive_endpoint_get_link (link->receive)->liveness.state),
        link->losing ? ", losing" : "");
  }
}

static void
log_state (SimWorld *world)
{
  guint i;

  for (i = 0; i < world->scenario.n_consumers; i++) {
    const SimConsumer *consumer = &world->consumers[i];

    if (consumer->window != NULL)
      sim_log (world,
               "%s: handed %" G_GUINT64_FORMAT
               ", first missing %" G_GUINT64_FORMAT
               ", highest %" G_GUINT64_FORMAT "%s",
               consumer->id, rw_window_get_next (consumer->window),
               rw_window_get_first_missing (consumer->window),
               rw_window_get_highest (consumer->window),
               consumer->done ? ", done" : "");
  }
  log_links (world);
}

static gboolean
is_over (SimWorld *world)
{
  if (world->failure != NULL || is_settled (world))
    return TRUE;
  if (world->announced != NULL && world->announced->abandoned)
    return world->now_us > get_limit (world) - SETTLE_US + 2 * G_USEC_PER_SEC;
  if (world->now_us > get_limit (world)) {
    log_state (world);
    sim_world_fail (world, "not everything was handed on and acknowledged");
    return TRUE;
  }
  return FALSE;
}

gboolean
sim_world_run (SimWorld *world, guint64 seed)
{
  guint64 n_events = 0;
  SimEvent event;

  set_up (world, seed);
  while (!is_over (world) && sim_events_pop (&world->events, &event)) {
    world->now_us = event.time_us;
    event.func (event.owner, event.data);
    if (++n_events > MAX_EVENTS)
      sim_world_fail (world, "more than %u events", MAX_EVENTS);
  }
  if (world->failure == NULL)
    sim_oracle_run_over (world);
  tear_down (world);
  return world->failure == NULL;
}

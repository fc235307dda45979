/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-world.h"

/*
 * The receiving element in small: a window, its pad, and a controller that
 * opens a new session beside a suspect one and keeps whichever first brings
 * audio.
 */

#define ATTEMPT_US (1500 * 1000)
#define RETRY_US   (150 * 1000)

static void on_control (gpointer owner, gpointer data);
static void on_handed (gpointer owner, gpointer data);

static gint64
local_now (const SimConsumer *consumer)
{
  return sim_clock_get (&consumer->clock, consumer->world->now_us);
}

void
sim_consumer_init (SimConsumer *consumer, SimWorld *world, guint number)
{
  *consumer = (SimConsumer){.world = world, .number = number};
  g_snprintf (consumer->id, sizeof consumer->id, "consumer %u", number);
  consumer->links = g_ptr_array_new ();
  consumer->clock.ppm = world->scenario.drift_ppm[1 + number];
}

static void
control_at (SimConsumer *consumer, gint64 time_us)
{
  if (time_us >= consumer->control_us)
    return;
  consumer->control_us = time_us;
  sim_world_at (consumer->world, time_us, on_control, consumer,
                GUINT_TO_POINTER (consumer->life));
}

void
sim_consumer_begin_life (SimConsumer *consumer)
{
  SimScenario *s = &consumer->world->scenario;

  consumer->alive = TRUE;
  consumer->life++;
  consumer->clock.offset_us =
      sim_random_range (&s->random, 0, 10 * G_TIME_SPAN_HOUR);
  consumer->window =
      rw_window_new (sim_random_chance (&s->random, 100) ? 64 : 0, 0);
  consumer->playout = rw_playout_new (
      consumer->window,
      s->live >> consumer->number & 1 ? RW_DELIVERY_LIVE : RW_DELIVERY_COMPLETE,
      s->latency_us * 1000);
  consumer->generation = 0;
  consumer->look_again_ns = RW_TIME_NONE;
  consumer->retry_us = consumer->world->now_us;
  consumer->control_us = SIM_NEVER;
  sim_oracle_begin_life (consumer);
  sim_log (consumer->world, "%s: life %u", consumer->id, consumer->life);
  control_at (consumer, consumer->world->now_us);
}

static void
count (SimConsumer *consumer)
{
  RwWindowStats stats;

  rw_window_get_stats (consumer->window, &stats);
  consumer->world->stats.duplicates += stats.duplicate;
  consumer->world->stats.gaps += stats.gaps;
  consumer->world->stats.lost += stats.lost;
}

void
sim_consumer_die (SimConsumer *consumer)
{
  guint i;

  if (!consumer->alive)
    return;
  sim_log (consumer->world, "%s: dies", consumer->id);
  consumer->alive = FALSE;
  for (i = 0; i < consumer->links->len; i++)
    sim_link_close_consumer (consumer->links->pdata[i]);
  g_ptr_array_set_size (consumer->links, 0);
  consumer->current = consumer->candidate = NULL;
  rw_window_item_clear (&consumer->item.window);
  consumer->handing = FALSE;
  count (consumer);
  g_clear_pointer (&consumer->playout, rw_playout_free);
  consumer->window = NULL;
}

/* The pad */

static gint64
get_hand_time (SimConsumer *consumer)
{
  SimScenario *s = &consumer->world->scenario;
  gint64 stall = sim_world_get_stall (
      consumer->world, SIM_FAULT_DOWNSTREAM_STALLS, consumer->number);

  if (stall != 0)
    return stall;
  if (s->hand_us == 0)
    return consumer->world->now_us;
  return consumer->world->now_us + sim_random_range (&s->random, 0, s->hand_us);
}

static void
finish_item (SimConsumer *consumer)
{
  consumer->handing = FALSE;
  sim_oracle_handed (consumer, &consumer->item.window);
  rw_window_handed (consumer->window, &consumer->item.window);
  if (consumer->item.window.type == RW_WINDOW_ITEM_ENDED)
    consumer->done = TRUE;
  rw_window_item_clear (&consumer->item.window);
}

static void
on_handed (gpointer owner, gpointer data)
{
  SimConsumer *consumer = owner;
  guint i;

  if (consumer->life != GPOINTER_TO_UINT (data) || !consumer->handing)
    return;
  finish_item (consumer);
  sim_consumer_pump (consumer);
  for (i = 0; i < consumer->links->len; i++)
    sim_link_drain (consumer->links->pdata[i], SIM_UP);
}

static guint64
running_time_at (const SimConsumer *consumer, gint64 local_us)
{
  return (guint64) MAX (local_us - consumer->clock.offset_us, 0) * 1000;
}

static void
on_look_again (gpointer owner, gpointer data)
{
  SimConsumer *consumer = owner;

  if (consumer->life != GPOINTER_TO_UINT (data) || !consumer->alive)
    return;
  consumer->look_again_ns = RW_TIME_NONE;
  sim_consumer_pump (consumer);
}

/* A consumer in a hurry goes on without what is missing, and the first frame
 * of all waits for the live lane. */
static void
look_again_at (SimConsumer *consumer, guint64 time_ns)
{
  if (time_ns == RW_TIME_NONE || time_ns >= consumer->look_again_ns)
    return;
  consumer->look_again_ns = time_ns;
  sim_world_at (
      consumer->world,
      sim_clock_to_world (&consumer->clock, consumer->clock.offset_us +
                                                (gint64) (time_ns / 1000) + 1),
      on_look_again, consumer, GUINT_TO_POINTER (consumer->life));
}

static gboolean
pop (SimConsumer *consumer)
{
  guint64 now_ns = running_time_at (consumer, local_now (consumer));

  if (rw_playout_pop (consumer->playout, now_ns, &consumer->item))
    return TRUE;
  look_again_at (consumer, rw_playout_get_deadline (consumer->playout, now_ns));
  return FALSE;
}

static void
on_live_frame (guint32 serial, const RwFrame *frame, gint64 arrival_us,
               const RwRtt *rtt, gpointer data)
{
  SimLink *link = data;
  SimConsumer *consumer = link->consumer;

  sim_judge_live (&consumer->seen[link->producer->number], consumer->world,
                  frame->index);
  rw_playout_observe (consumer->playout, serial, frame,
                      running_time_at (consumer, arrival_us), rtt);
}

void
sim_consumer_pump (SimConsumer *consumer)
{
  while (!consumer->handing && pop (consumer)) {
    gint64 at = get_hand_time (consumer);

    sim_oracle_popped (consumer, &consumer->item);
    consumer->handing = TRUE;
    if (at > consumer->world->now_us)
      sim_world_at (consumer->world, at, on_handed, consumer,
                    GUINT_TO_POINTER (consumer->life));
    else
      finish_item (consumer);
  }
}

/* Sessions */

static void
on_torn_down (gpointer owner, gpointer data)
{
  SimLink *link = owner;

  sim_link_close_consumer (link);
  if (link->consumer->life == GPOINTER_TO_UINT (data))
    g_ptr_array_remove_fast (link->consumer->links, link);
}

/* Teardown takes a while, and what arrives in it is still heard. */
static void
drop (SimConsumer *consumer, SimLink *link, const gchar *why)
{
  sim_log (consumer->world, "%s: drops session %u: %s", consumer->id,
           link->generation, why);
  if (link == consumer->current)
    consumer->current = NULL;
  if (link == consumer->candidate)
    consumer->candidate = NULL;
  link->open_failed = TRUE;
  if (link->losing)
    return;
  link->losing = TRUE;
  if (link->receive != NULL)
    rw_receive_endpoint_close (link->receive, RW_BYE_SUPERSEDED, why);
  sim_world_at (consumer->world,
                consumer->world->now_us + consumer->world->scenario.linger_us,
                on_torn_down, link, GUINT_TO_POINTER (consumer->life));
}

static void
open_consumer_end (gpointer owner, gpointer data)
{
  SimLink *link = owner;
  SimConsumer *consumer = link->consumer;
  const SimScenario *s = &consumer->world->scenario;
  RwReceiveEndpointConfig config;

  if (link->open_failed || consumer->life != GPOINTER_TO_UINT (data) ||
      !consumer->alive)
    return;
  rw_receive_endpoint_config_init (&config, consumer->id, link->generation);
  config.start =
      s->oldest >> consumer->number & 1 ? RW_START_OLDEST : RW_START_LIVE;
  config.live_func = on_live_frame;
  config.live_data = link;
  link->receive =
      rw_receive_endpoint_new (consumer->window, &config, local_now (consumer));
  sim_link_drain (link, SIM_UP);
}

/* The transport comes up where the path is free; else it is tried again. */
static void
on_open (gpointer owner, gpointer data)
{
  SimLink *link = owner;
  SimWorld *world = link->world;
  SimScenario *s = &world->scenario;
  gboolean cut = sim_scenario_get_end (s, SIM_FAULT_CUT, world->now_us) ||
                 sim_scenario_get_end (s, SIM_FAULT_CUT_UP, world->now_us) ||
                 sim_scenario_get_end (s, SIM_FAULT_CUT_DOWN, world->now_us);

  if (link->open_failed || !link->producer->alive)
    return;
  if (cut) {
    sim_world_at (world, world->now_us + 50000, on_open, link, data);
    return;
  }
  if (world->now_us < s->calm_us &&
      sim_random_chance (&s->random, s->dies_opening)) {
    link->dead[SIM_UP] = sim_random_chance (&s->random, 600);
    link->dead[SIM_DOWN] = sim_random_chance (&s->random, 600);
    if (sim_random_chance (&s->random, 300))
      return; /* one end comes up alone, or none */
  }
  sim_producer_open (link->producer, link);
  sim_world_at (world, world->now_us + s->delay_us, open_consumer_end, link,
                data);
}

static void
request (SimConsumer *consumer)
{
  SimWorld *world = consumer->world;
  SimLink *link;

  consumer->retry_us = world->now_us + RETRY_US;
  if (world->announced == NULL)
    return;
  link =
      sim_link_new (world, world->announced, consumer, ++consumer->generation);
  g_ptr_array_add (consumer->links, link);
  if (consumer->current == NULL)
    consumer->current = link;
  else
    consumer->candidate = link;
  consumer->deadline_us = world->now_us + ATTEMPT_US;
  sim_log (world, "%s: asks producer %u for session %u", consumer->id,
           world->announced->number, link->generation);
  sim_world_at (world, world->now_us + world->scenario.open_us, on_open, link,
                GUINT_TO_POINTER (consumer->life));
}

/* A session with a producer that was replaced is no good, however lively. */
static gboolean
is_well (const SimLink *link)
{
  return link != NULL && link->receive != NULL &&
         (link->world->announced == NULL ||
          link->producer == link->world->announced) &&
         rw_receive_endpoint_is_welcome (link->receive) &&
         rw_receive_endpoint_get_link (link->receive)->liveness.state ==
             RW_LIVENESS_ALIVE;
}

static void
win (SimConsumer *consumer)
{
  SimLink *loser = consumer->current;

  consumer->current = consumer->candidate;
  consumer->candidate = NULL;
  consumer->world->stats.outages++;
  if (loser != NULL)
    drop (consumer, loser, "a new session has won");
}

/* A candidate that is well wins over a session that is not; one that brings
 * audio wins over any. */
static void
control (SimConsumer *consumer)
{
  SimWorld *world = consumer->world;
  gboolean well = is_well (consumer->current);

  if (!consumer->alive)
    return;
  if (consumer->candidate != NULL && well)
    drop (consumer, consumer->candidate, "the old session is back");
  else if (consumer->candidate != NULL && is_well (consumer->candidate))
    win (consumer);
  if (!is_well (consumer->current) && world->now_us >= consumer->deadline_us) {
    if (consumer->candidate != NULL)
      drop (consumer, consumer->candidate, "attempt timed out");
    else if (consumer->current != NULL &&
             (consumer->current->receive == NULL ||
              !rw_receive_endpoint_is_welcome (consumer->current->receive)))
      drop (consumer, consumer->current, "attempt timed out");
  }
  if (!is_well (consumer->current) && consumer->candidate == NULL &&
      world->now_us >= consumer->retry_us &&
      (consumer->current == NULL || world->now_us >= consumer->deadline_us ||
       (consumer->current->receive != NULL &&
        rw_receive_endpoint_is_welcome (consumer->current->receive))))
    request (consumer);
  control_at (consumer, world->now_us + (well ? 500000 : 50000));
}

/* A producer was announced: do not wait for anything. */
void
sim_consumer_hear_of_producer (SimConsumer *consumer)
{
  if (!consumer->alive)
    return;
  consumer->retry_us = consumer->world->now_us;
  control_at (consumer, consumer->world->now_us);
}

static void
on_control (gpointer owner, gpointer data)
{
  SimConsumer *consumer = owner;

  if (consumer->life != GPOINTER_TO_UINT (data) || !consumer->alive)
    return;
  if (consumer->control_us <= consumer->world->now_us)
    consumer->control_us = SIM_NEVER;
  control (consumer);
}

void
sim_consumer_drained (SimConsumer *consumer, SimLink *link)
{
  RwReceiveEvents events = rw_receive_endpoint_take_events (link->receive);

  sim_consumer_pump (consumer);
  if ((events & RW_RECEIVE_EVENT_FENCED) && !link->losing)
    drop (consumer, link, "fenced");
  if ((events & RW_RECEIVE_EVENT_BYE) && !link->losing)
    drop (consumer, link, "goodbye");
  if (events & (RW_RECEIVE_EVENT_LIVENESS | RW_RECEIVE_EVENT_WELCOME |
                RW_RECEIVE_EVENT_FENCED | RW_RECEIVE_EVENT_BYE))
    control_at (consumer, consumer->world->now_us);
}

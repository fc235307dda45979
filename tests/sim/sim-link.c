/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-world.h"

#include "rw-channel-codec.h"

#include <string.h>

/*
 * The path: loss, delay, reordering, duplication, cuts and a bound on bytes,
 * for the data channel's messages and for the live lane's frames alike.
 */

/* A queue on the path holds so much; what comes then is dropped. */
#define MAX_QUEUE_US (2 * G_USEC_PER_SEC)

typedef struct {
  SimLink *link;
  SimWay way;
  gboolean live;
  RwFrame frame; /* live: without its data */
  gsize size;
  guint8 data[];
} Packet;

static void deliver (gpointer owner, gpointer data);

SimLink *
sim_link_new (SimWorld *world, SimProducer *producer, SimConsumer *consumer,
              guint32 generation)
{
  SimLink *link = g_new0 (SimLink, 1);

  link->world = world;
  link->producer = producer;
  link->consumer = consumer;
  link->generation = generation;
  link->wake_us[SIM_DOWN] = link->wake_us[SIM_UP] = SIM_NEVER;
  g_ptr_array_add (world->links, link);
  world->stats.links++;
  return link;
}

void
sim_link_close_producer (SimLink *link)
{
  RwSendStats stats;

  if (link->send == NULL)
    return;
  rw_send_endpoint_get_stats (link->send, &stats);
  link->world->stats.messages += stats.messages_sent;
  link->world->stats.repaired += stats.frames_repaired;
  g_clear_pointer (&link->send, rw_send_endpoint_free);
}

void
sim_link_close_consumer (SimLink *link)
{
  RwReceiveStats stats;

  if (link->receive == NULL)
    return;
  rw_receive_endpoint_get_stats (link->receive, &stats);
  link->world->stats.messages += stats.messages_sent;
  g_clear_pointer (&link->receive, rw_receive_endpoint_free);
}

void
sim_link_free (gpointer data)
{
  SimLink *link = data;

  sim_link_close_producer (link);
  sim_link_close_consumer (link);
  g_free (link);
}

/* The path */

/* Until when nothing passes, 0 where it does. */
static gint64
get_cut_end (const SimLink *link, SimWay way, gboolean live)
{
  const SimScenario *s = &link->world->scenario;
  gint64 now = link->world->now_us;
  SimFaultType one_way = way == SIM_UP ? SIM_FAULT_CUT_UP : SIM_FAULT_CUT_DOWN;

  gint64 end;

  if (link->dead[way])
    return SIM_NEVER;
  if (s->n_faults == 0)
    return 0;
  end = sim_scenario_get_end (s, SIM_FAULT_CUT, now);
  end = MAX (end, sim_scenario_get_end (s, one_way, now));
  return MAX (end, sim_scenario_get_end (
                       s, live ? SIM_FAULT_CUT_LIVE : SIM_FAULT_CUT_DATA, now));
}

/* When a packet of this size arrives, or SIM_NEVER. In the end, when all is
 * calm, the path is still slow, but loses nothing. */
static gint64
pass (SimLink *link, SimWay way, gboolean live, gsize size)
{
  SimScenario *s = &link->world->scenario;
  gint64 now = link->world->now_us;
  gboolean calm = now >= s->calm_us;
  gint64 at = get_cut_end (link, way, live);

  if (at != 0) {
    if (live)
      return SIM_NEVER;
    link->buffered[way] += size;
    return at != SIM_NEVER && s->keeps ? at + s->delay_us : SIM_NEVER;
  }
  link->buffered[way] = 0;
  if (!calm && sim_random_chance (&s->random, s->loss))
    return SIM_NEVER;
  at = now + s->delay_us + sim_random_range (&s->random, 0, s->jitter_us);
  if (s->bytes_per_s > 0) {
    gint64 begin = MAX (now, link->busy_us[way]);

    if (begin - now > MAX_QUEUE_US)
      return SIM_NEVER;
    link->busy_us[way] =
        begin + (gint64) ((size + 40) * G_USEC_PER_SEC / s->bytes_per_s);
    at += link->busy_us[way] - now;
  }
  if (!calm && sim_random_chance (&s->random, s->reorder))
    at += sim_random_range (&s->random, 0, s->reorder_us);
  return at;
}

static void
add_packet (SimLink *link, const Packet *packet, gint64 at)
{
  SimEvent event = {
      .time_us = at,
      .func = deliver,
      .owner = link,
      .data = g_memdup2 (packet, sizeof *packet + packet->size),
      .free_data = g_free,
  };

  sim_events_add (&link->world->events, &event);
}

static void
transmit (SimLink *link, const Packet *packet)
{
  SimScenario *s = &link->world->scenario;
  gint64 at = pass (link, packet->way, packet->live, packet->size);

  if (at == SIM_NEVER)
    return;
  add_packet (link, packet, at);
  if (sim_random_chance (&s->random, s->duplicate))
    add_packet (link, packet, at + sim_random_range (&s->random, 0, 50000));
}

void
sim_link_send_live (SimLink *link, const RwFrame *frame)
{
  union {
    Packet packet;
    guint8 bytes[sizeof (Packet) + 4096];
  } u;

  u.packet.link = link;
  u.packet.way = SIM_DOWN;
  u.packet.live = TRUE;
  u.packet.frame = *frame;
  u.packet.size = frame->size;
  memcpy (u.packet.data, frame->data, frame->size);
  transmit (link, &u.packet);
}

static void
send_message (SimLink *link, SimWay way, const RwMessage *message)
{
  union {
    Packet packet;
    guint8 bytes[sizeof (Packet) + 16384];
  } u;

  u.packet.link = link;
  u.packet.way = way;
  u.packet.live = FALSE;
  u.packet.size = rw_channel_encode (message, u.packet.data, 16384);
  if (u.packet.size == 0)
    sim_world_fail (link->world, "message of type %d cannot be encoded",
                    message->type);
  else
    transmit (link, &u.packet);
}

/* Arrival */

static void
deliver_message (SimLink *link, SimWay way, const Packet *packet)
{
  static RwMessage message;
  GError *error = NULL;

  if (!rw_channel_decode (packet->data, packet->size, &message, &error)) {
    sim_world_fail (link->world, "message refused: %s", error->message);
    g_error_free (error);
    return;
  }
  if (way == SIM_DOWN)
    rw_receive_endpoint_receive (
        link->receive, &message,
        sim_clock_get (&link->consumer->clock, link->world->now_us));
  else
    rw_send_endpoint_receive (
        link->send, &message,
        sim_clock_get (&link->producer->clock, link->world->now_us));
}

static void
deliver_live (SimLink *link, const Packet *packet)
{
  RwFrame frame = packet->frame;

  frame.data = packet->data;
  rw_receive_endpoint_note_live (
      link->receive, &frame, NULL,
      sim_clock_get (&link->consumer->clock, link->world->now_us));
}

/* A process that stands still takes nothing: it waits in the socket. */
static gint64
get_stall (SimLink *link, SimWay way)
{
  if (link->world->scenario.n_faults == 0)
    return 0;
  return way == SIM_DOWN
             ? sim_world_get_stall (link->world, SIM_FAULT_CONSUMER_STALLS,
                                    link->consumer->number)
             : sim_world_get_stall (link->world, SIM_FAULT_PRODUCER_STALLS, 0);
}

static void
deliver (gpointer owner, gpointer data)
{
  SimLink *link = owner;
  Packet *packet = data;
  SimWay way = packet->way;
  gint64 stall = get_stall (link, way);

  if (stall != 0) {
    SimEvent event = {stall, 0, deliver, owner, data, g_free};

    sim_events_add (&link->world->events, &event);
    return;
  }
  if (way == SIM_DOWN ? link->receive != NULL : link->send != NULL) {
    if (packet->live)
      deliver_live (link, packet);
    else
      deliver_message (link, way, packet);
    sim_link_drain (link, way == SIM_DOWN ? SIM_UP : SIM_DOWN);
  }
  g_free (packet);
}

/* Sending */

static void
on_wake (gpointer owner, gpointer data)
{
  SimLink *link = owner;
  SimWay way = GPOINTER_TO_UINT (data);
  gint64 stall = get_stall (link, way == SIM_DOWN ? SIM_UP : SIM_DOWN);

  if (stall != 0) {
    link->wake_us[way] = stall;
    sim_world_at (link->world, stall, on_wake, link, data);
    return;
  }
  if (link->wake_us[way] <= link->world->now_us)
    link->wake_us[way] = SIM_NEVER;
  sim_link_drain (link, way);
}

static void
arm (SimLink *link, SimWay way)
{
  const SimClock *clock =
      way == SIM_DOWN ? &link->producer->clock : &link->consumer->clock;
  gint64 local = way == SIM_DOWN
                     ? rw_send_endpoint_get_deadline (link->send)
                     : rw_receive_endpoint_get_deadline (link->receive);
  gint64 at;

  if (local == G_MAXINT64)
    return;
  at = MAX (sim_clock_to_world (clock, local), link->world->now_us + 1);
  if (at >= link->wake_us[way])
    return;
  link->wake_us[way] = at;
  sim_world_at (link->world, at, on_wake, link, GUINT_TO_POINTER (way));
}

static gboolean
next_message (SimLink *link, SimWay way, guint64 buffered, RwMessage *out)
{
  gint64 now = link->world->now_us;

  return way == SIM_DOWN
             ? rw_send_endpoint_next (
                   link->send, sim_clock_get (&link->producer->clock, now),
                   buffered, out)
             : rw_receive_endpoint_next (
                   link->receive, sim_clock_get (&link->consumer->clock, now),
                   buffered, out);
}

/* Sends what this end has to send and tells its owner what happened. */
void
sim_link_drain (SimLink *link, SimWay way)
{
  static RwMessage message;
  SimScenario *s = &link->world->scenario;
  guint64 full = sim_random_chance (&s->random, s->full_channel) ? 5000 : 0;
  guint n = 0;

  if (way == SIM_DOWN ? link->send == NULL : link->receive == NULL)
    return;
  while (next_message (link, way, MAX (full, link->buffered[way]), &message)) {
    send_message (link, way, &message);
    if (++n > 1000) {
      sim_world_fail (link->world, "an end never stops sending");
      return;
    }
  }
  if (way == SIM_DOWN)
    sim_producer_drained (link->producer, link);
  else
    sim_consumer_drained (link->consumer, link);
  if (way == SIM_DOWN ? link->send != NULL : link->receive != NULL)
    arm (link, way);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hub-room-floors.h"

struct _RwHubRoomFloors {
  GQueue timed;      /* of RwHubRoom: those whose floor has a deadline */
  GHashTable *links; /* RwHubRoom -> its GList in @timed */
  guint64 n_granted;
  gint64 wait_sum_us;
};

RwHubRoomFloors *
rw_hub_room_floors_new (void)
{
  RwHubRoomFloors *self = g_new0 (RwHubRoomFloors, 1);

  self->links = g_hash_table_new (NULL, NULL);
  return self;
}

/** rw_hub_room_floors_free: NULL is fine. */
void
rw_hub_room_floors_free (RwHubRoomFloors *self)
{
  if (self == NULL)
    return;

  g_queue_clear (&self->timed);
  g_hash_table_unref (self->links);
  g_free (self);
}

/* --- Events --- */

static void
send_granted (RwHubRoomFloors *self, RwHubRoom *room, const RwFloorEvent *event)
{
  g_autoptr (RwSignalMessage) granted =
      rw_hub_room_new_message (room, RW_SIGNAL_FLOOR_GRANTED, NULL);
  g_autoptr (RwSignalMessage) taken =
      rw_hub_room_new_message (room, RW_SIGNAL_FLOOR_TAKEN, event->id);

  granted->max_hold_ms = (guint64) event->remaining_us / 1000;
  rw_hub_room_send (room, event->id, granted);
  if (event->again)
    return;

  self->n_granted++;
  self->wait_sum_us += event->waited_us;
  rw_hub_room_send_others (room, event->id, taken);
}

void
rw_hub_room_floors_send (RwHubRoomFloors *self, RwHubRoom *room,
                         const RwFloorEvent *event)
{
  g_autoptr (RwSignalMessage) message = NULL;

  switch (event->type) {
  case RW_FLOOR_GRANTED:
    send_granted (self, room, event);
    return;
  case RW_FLOOR_QUEUED:
    message = rw_hub_room_new_message (room, RW_SIGNAL_FLOOR_QUEUED, NULL);
    message->position = event->position;
    rw_hub_room_send (room, event->id, message);
    return;
  case RW_FLOOR_DENIED:
    message = rw_hub_room_new_message (room, RW_SIGNAL_FLOOR_DENIED,
                                       rw_hub_room_get_holder (room));
    rw_hub_room_send (room, event->id, message);
    return;
  case RW_FLOOR_RELEASED:
  default:
    message =
        rw_hub_room_new_message (room, RW_SIGNAL_FLOOR_RELEASED, event->id);
    message->reason = g_strdup (event->reason);
    rw_hub_room_send_others (room, NULL, message);
    return;
  }
}

/* --- Timers --- */

void
rw_hub_room_floors_forget (RwHubRoomFloors *self, RwHubRoom *room)
{
  GList *link = g_hash_table_lookup (self->links, room);

  if (link == NULL)
    return;

  g_queue_delete_link (&self->timed, link);
  g_hash_table_remove (self->links, room);
}

static void
set_timed (RwHubRoomFloors *self, RwHubRoom *room, gboolean timed)
{
  if (!timed) {
    rw_hub_room_floors_forget (self, room);
  } else if (!g_hash_table_contains (self->links, room)) {
    g_queue_push_tail (&self->timed, room);
    g_hash_table_insert (self->links, room, self->timed.tail);
  }
}

void
rw_hub_room_floors_update (RwHubRoomFloors *self, RwHubRoom *room)
{
  RwFloor *floor = rw_hub_room_get_floor (room);
  RwFloorEvent event;

  if (floor == NULL)
    return;

  while (rw_floor_pop (floor, &event)) {
    rw_hub_room_floors_send (self, room, &event);
    rw_floor_event_clear (&event);
  }
  set_timed (self, room, rw_floor_get_wake_us (floor) != G_MAXINT64);
}

/** rw_hub_room_floors_get_wake_us: when rw_hub_room_floors_wake() is due;
 * G_MAXINT64 for never. */
gint64
rw_hub_room_floors_get_wake_us (RwHubRoomFloors *self)
{
  gint64 wake_us = G_MAXINT64;

  for (GList *l = self->timed.head; l != NULL; l = l->next)
    wake_us =
        MIN (wake_us, rw_floor_get_wake_us (rw_hub_room_get_floor (l->data)));
  return wake_us;
}

void
rw_hub_room_floors_wake (RwHubRoomFloors *self, gint64 now_us)
{
  GList *next;

  for (GList *l = self->timed.head; l != NULL; l = next) {
    RwHubRoom *room = l->data;

    next = l->next;
    rw_floor_wake (rw_hub_room_get_floor (room), now_us);
    rw_hub_room_floors_update (self, room);
  }
}

guint64
rw_hub_room_floors_get_granted (const RwHubRoomFloors *self,
                                gint64 *wait_sum_us)
{
  *wait_sum_us = self->wait_sum_us;
  return self->n_granted;
}

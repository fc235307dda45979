/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-reconnect-events.h"

void
rw_reconnect_events_init (RwReconnectEvents *self)
{
  g_queue_init (&self->queue);
}

void
rw_reconnect_events_clear (RwReconnectEvents *self)
{
  g_queue_clear_full (&self->queue, g_free);
}

void
rw_reconnect_events_push (RwReconnectEvents *self, RwReconnectEventType type,
                          guint64 generation, const RwStateInfo *info)
{
  RwReconnectEvent *event = g_new0 (RwReconnectEvent, 1);

  event->type = type;
  event->generation = generation;
  if (info != NULL)
    event->info = *info;
  g_queue_push_tail (&self->queue, event);
}

void
rw_reconnect_events_push_abandon (RwReconnectEvents *self, guint64 generation)
{
  for (GList *l = self->queue.head; l != NULL; l = l->next) {
    RwReconnectEvent *event = l->data;

    if (event->type == RW_RECONNECT_EVENT_ATTEMPT &&
        event->generation == generation) {
      g_free (event);
      g_queue_delete_link (&self->queue, l);
      return;
    }
  }
  rw_reconnect_events_push (self, RW_RECONNECT_EVENT_ABANDON, generation, NULL);
}

gboolean
rw_reconnect_events_pop (RwReconnectEvents *self, RwReconnectEvent *event)
{
  g_autofree RwReconnectEvent *first = g_queue_pop_head (&self->queue);

  if (first == NULL)
    return FALSE;
  *event = *first;
  return TRUE;
}

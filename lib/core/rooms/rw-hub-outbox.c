/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hub-outbox.h"

typedef struct {
  char *id;
  RwSignalMessage *message;
} Item;

struct _RwHubOutbox {
  GQueue items;
};

static void
item_free (gpointer data)
{
  Item *item = data;

  g_free (item->id);
  rw_signal_message_unref (item->message);
  g_free (item);
}

RwHubOutbox *
rw_hub_outbox_new (void)
{
  return g_new0 (RwHubOutbox, 1);
}

/** rw_hub_outbox_free: NULL is fine. */
void
rw_hub_outbox_free (RwHubOutbox *self)
{
  if (self == NULL)
    return;

  g_queue_clear_full (&self->items, item_free);
  g_free (self);
}

void
rw_hub_outbox_add (RwHubOutbox *self, const char *id, RwSignalMessage *message)
{
  Item *item = g_new (Item, 1);

  item->id = g_strdup (id);
  item->message = rw_signal_message_ref (message);
  g_queue_push_tail (&self->items, item);
}

RwSignalMessage *
rw_hub_outbox_pop (RwHubOutbox *self, char **id)
{
  Item *item = g_queue_pop_head (&self->items);
  RwSignalMessage *message;

  if (item == NULL)
    return NULL;

  message = item->message;
  *id = item->id;
  g_free (item);
  return message;
}

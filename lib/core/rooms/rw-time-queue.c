/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-time-queue.h"

typedef struct {
  gpointer item;
  gint64 since_us;
} Entry;

struct _RwTimeQueue {
  GQueue order;      /* of Entry */
  GHashTable *links; /* item -> its GList in @order */
};

RwTimeQueue *
rw_time_queue_new (void)
{
  RwTimeQueue *self = g_new0 (RwTimeQueue, 1);

  self->links = g_hash_table_new (NULL, NULL);
  return self;
}

/** rw_time_queue_free: NULL is fine. */
void
rw_time_queue_free (RwTimeQueue *self)
{
  if (self == NULL)
    return;

  g_hash_table_unref (self->links);
  g_queue_clear_full (&self->order, g_free);
  g_free (self);
}

void
rw_time_queue_add (RwTimeQueue *self, gpointer item, gint64 now_us)
{
  Entry *entry;

  if (g_hash_table_contains (self->links, item))
    return;

  entry = g_new (Entry, 1);
  entry->item = item;
  entry->since_us = now_us;
  g_queue_push_tail (&self->order, entry);
  g_hash_table_insert (self->links, item, self->order.tail);
}

void
rw_time_queue_remove (RwTimeQueue *self, gpointer item)
{
  GList *link = g_hash_table_lookup (self->links, item);

  if (link == NULL)
    return;

  g_hash_table_remove (self->links, item);
  g_free (link->data);
  g_queue_delete_link (&self->order, link);
}

gpointer
rw_time_queue_get (RwTimeQueue *self, gint64 *since_us)
{
  const Entry *entry = g_queue_peek_head (&self->order);

  if (entry == NULL)
    return NULL;

  if (since_us != NULL)
    *since_us = entry->since_us;
  return entry->item;
}

gboolean
rw_time_queue_contains (RwTimeQueue *self, gpointer item)
{
  return g_hash_table_contains (self->links, item);
}

gint64
rw_time_queue_get_since_us (RwTimeQueue *self, gpointer item)
{
  const GList *link = g_hash_table_lookup (self->links, item);

  return link != NULL ? ((const Entry *) link->data)->since_us : 0;
}

guint
rw_time_queue_get_length (RwTimeQueue *self)
{
  return self->order.length;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-queues.h"

#include <string.h>

#include "rw-server-queue.h"

/* When the bound is hit, so much below it is made free: to look for the
 * longest queues costs a look at all of them. */
#define FREE_SHARE 8

struct _RwServerQueues {
  GHashTable *queues; /* a set */
  gsize max_bytes;
  gsize bytes;
};

/* So that a text is counted for as long as it is in memory. */
typedef struct {
  RwServerQueues *owner;
  char *text;
  gsize len;
} Text;

static void
on_text_free (gpointer data)
{
  Text *text = data;

  text->owner->bytes -= text->len;
  g_free (text->text);
  g_free (text);
}

RwServerQueues *
rw_server_queues_new (gsize max_bytes)
{
  RwServerQueues *self = g_new0 (RwServerQueues, 1);

  self->queues = g_hash_table_new (NULL, NULL);
  self->max_bytes = max_bytes;
  return self;
}

/** rw_server_queues_free: NULL is fine. */
void
rw_server_queues_free (RwServerQueues *self)
{
  if (self == NULL)
    return;

  g_assert (g_hash_table_size (self->queues) == 0 && self->bytes == 0);
  g_hash_table_unref (self->queues);
  g_free (self);
}

/** rw_server_queues_new_text: takes @text. For any number of queues. */
GBytes *
rw_server_queues_new_text (RwServerQueues *self, char *text)
{
  Text *counted = g_new (Text, 1);

  *counted = (Text){self, text, strlen (text)};
  self->bytes += counted->len;
  return g_bytes_new_with_free_func (text, counted->len, on_text_free, counted);
}

/**
 * rw_server_queues_get_bytes:
 *
 * The memory of all texts, their places and their copies under way.
 */
gsize
rw_server_queues_get_bytes (const RwServerQueues *self)
{
  return self->bytes;
}

/** rw_server_queues_enter: for RwServerQueue, as are those below. */
void
rw_server_queues_enter (RwServerQueues *self, RwServerQueue *queue)
{
  g_hash_table_add (self->queues, queue);
}

void
rw_server_queues_leave (RwServerQueues *self, RwServerQueue *queue)
{
  g_hash_table_remove (self->queues, queue);
}

static gint
compare_weights (gconstpointer a, gconstpointer b, gpointer user_data)
{
  gint64 now_us = *(gint64 *) user_data;
  guint64 weight_a =
      rw_server_queue_get_weight (*(RwServerQueue *const *) a, now_us);
  guint64 weight_b =
      rw_server_queue_get_weight (*(RwServerQueue *const *) b, now_us);

  return weight_a < weight_b ? 1 : weight_a > weight_b ? -1 : 0;
}

static void
trim (RwServerQueues *self, gint64 now_us)
{
  g_autoptr (GPtrArray) queues = g_ptr_array_new ();
  gsize wanted = self->max_bytes - self->max_bytes / FREE_SHARE;
  GHashTableIter iter;
  gpointer queue;

  g_hash_table_iter_init (&iter, self->queues);
  while (g_hash_table_iter_next (&iter, &queue, NULL)) {
    if (rw_server_queue_get_weight (queue, now_us) > 0)
      g_ptr_array_add (queues, queue);
  }
  g_ptr_array_sort_with_data (queues, compare_weights, &now_us);

  for (guint i = 0; i < queues->len && self->bytes > wanted; i++)
    rw_server_queue_drop (queues->pdata[i], RW_SERVER_DROP_QUEUES);
}

/**
 * rw_server_queues_take:
 *
 * Counts a place in a queue, beside its text, or a copy being sent. Beyond the
 * bound, the queues that are longest, by what waits and for how long, are
 * dropped: who reads is never among them while there is somebody who does not.
 */
void
rw_server_queues_take (RwServerQueues *self, gsize bytes, gint64 now_us)
{
  self->bytes += bytes;
  if (self->bytes > self->max_bytes)
    trim (self, now_us);
}

void
rw_server_queues_give_back (RwServerQueues *self, gsize bytes)
{
  self->bytes -= bytes;
}

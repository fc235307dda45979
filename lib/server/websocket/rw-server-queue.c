/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-queue.h"

#include <string.h>

#include "rw-signal-json.h"

typedef struct {
  GList link;
  GBytes *text;
  RwServerNumbers numbers;
  gint64 since_us;
} Item;

struct _RwServerQueue {
  RwServerQueues *all;
  GQueue items;
  gsize max_bytes;
  gsize bytes;
  gsize sending_bytes; /* of those, what has been popped */
  gint64 sending_since_us;
  RwServerDrop dropped;
};

static Item *
item_new (GBytes *text, const RwServerNumbers *numbers, gint64 now_us)
{
  Item *item = g_new0 (Item, 1);

  item->link.data = item;
  item->text = g_bytes_ref (text);
  if (numbers != NULL)
    item->numbers = *numbers;
  item->since_us = now_us;
  return item;
}

static void
remove_item (RwServerQueue *self, Item *item)
{
  g_queue_unlink (&self->items, &item->link);
  self->bytes -= g_bytes_get_size (item->text);
  rw_server_queues_give_back (self->all, sizeof *item);
  g_bytes_unref (item->text);
  g_free (item);
}

static void
clear (RwServerQueue *self)
{
  while (self->items.head != NULL)
    remove_item (self, self->items.head->data);
  rw_server_queue_sent (self);
}

/** rw_server_queue_new: @max_bytes may wait. */
RwServerQueue *
rw_server_queue_new (RwServerQueues *all, gsize max_bytes)
{
  RwServerQueue *self = g_new0 (RwServerQueue, 1);

  self->all = all;
  self->max_bytes = max_bytes;
  rw_server_queues_enter (all, self);
  return self;
}

/** rw_server_queue_free: NULL is fine. */
void
rw_server_queue_free (RwServerQueue *self)
{
  if (self == NULL)
    return;

  clear (self);
  rw_server_queues_leave (self->all, self);
  g_free (self);
}

/**
 * rw_server_queue_push:
 * @text: an object's JSON, from rw_server_queues_new_text()
 * @numbers: (nullable): to be put into it
 *
 * This, or another queue, may be a dropped one afterwards.
 */
void
rw_server_queue_push (RwServerQueue *self, GBytes *text,
                      const RwServerNumbers *numbers, gint64 now_us)
{
  Item *item;

  if (self->dropped != RW_SERVER_DROP_NONE)
    return;

  item = item_new (text, numbers, now_us);
  g_queue_push_tail_link (&self->items, &item->link);
  self->bytes += g_bytes_get_size (text);
  rw_server_queues_take (self->all, sizeof *item, now_us);
  if (self->bytes > self->max_bytes)
    rw_server_queue_drop (self, RW_SERVER_DROP_QUEUE);
}

/* The numbers take the place of the text's last brace. */
static GBytes *
compose (const Item *item)
{
  const RwServerNumbers *numbers = &item->numbers;
  char tail[RW_SIGNAL_JSON_MAX_NUMBERS];
  gsize body = g_bytes_get_size (item->text) - 1;
  gsize tail_len;
  char *text;

  if (numbers->seq == 0 && !numbers->has_ack)
    return g_bytes_ref (item->text);

  tail_len = rw_signal_json_print_numbers (tail, numbers->seq, numbers->has_ack,
                                           numbers->ack);
  text = g_malloc (body + tail_len);
  memcpy (text, g_bytes_get_data (item->text, NULL), body);
  memcpy (text + body, tail, tail_len);
  return g_bytes_new_take (text, body + tail_len);
}

/**
 * rw_server_queue_pop:
 *
 * The next message, which must be there. The sender has a copy, so it
 * still counts, here and for all, until rw_server_queue_sent(). This, or
 * another queue, may be a dropped one afterwards.
 *
 * Returns: (transfer full): its text, with the numbers in it
 */
GBytes *
rw_server_queue_pop (RwServerQueue *self, gint64 now_us)
{
  Item *item = self->items.head->data;
  GBytes *text = compose (item);
  gsize size = g_bytes_get_size (text);

  if (self->sending_bytes == 0)
    self->sending_since_us = item->since_us;
  remove_item (self, item);
  self->bytes += size;
  self->sending_bytes += size;
  rw_server_queues_take (self->all, size, now_us);
  return text;
}

/** rw_server_queue_sent: all that was popped has left. */
void
rw_server_queue_sent (RwServerQueue *self)
{
  self->bytes -= self->sending_bytes;
  rw_server_queues_give_back (self->all, self->sending_bytes);
  self->sending_bytes = 0;
}

/**
 * rw_server_queue_drop:
 *
 * Drops the whole queue. The message that is being sent no longer counts
 * either: it goes with the connection, at the next tick.
 */
void
rw_server_queue_drop (RwServerQueue *self, RwServerDrop why)
{
  clear (self);
  if (self->dropped == RW_SERVER_DROP_NONE)
    self->dropped = why;
}

/** rw_server_queue_is_empty: nothing is left to be popped. */
gboolean
rw_server_queue_is_empty (const RwServerQueue *self)
{
  return self->items.head == NULL;
}

RwServerDrop
rw_server_queue_get_dropped (const RwServerQueue *self)
{
  return self->dropped;
}

/**
 * rw_server_queue_get_weight:
 *
 * Bytes by milliseconds: of one that reads, even a long message has not waited
 * for long. 0 when nothing waits and nothing is being sent.
 */
guint64
rw_server_queue_get_weight (const RwServerQueue *self, gint64 now_us)
{
  const Item *first = self->items.head != NULL ? self->items.head->data : NULL;
  gint64 since_us = now_us;

  if (self->sending_bytes > 0)
    since_us = self->sending_since_us;
  else if (first != NULL)
    since_us = first->since_us;

  return self->bytes * (guint64) (1 + (now_us - since_us) / 1000);
}

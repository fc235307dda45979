/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-queue.h"

#include <string.h>

#include "rw-brain-json.h"

/* A server's frames: not masked (RFC 6455, 5.2). */
#define FINAL_TEXT     0x81
#define MAX_HEAD       10
#define LENGTH_16_BITS 126
#define LENGTH_64_BITS 127

/* One frame: its head, the text, and in place of the text's last brace the
 * client's own numbers with theirs. */
typedef struct {
  GList link;
  GBytes *text;
  gint64 since_us;
  gsize body;
  guint8 head_len;
  guint8 tail_len;
  guint8 head[MAX_HEAD];
  char tail[RW_BRAIN_JSON_MAX_NUMBERS];
} Item;

struct _RwServerQueue {
  RwServerQueues *all;
  GQueue items;
  gsize max_bytes;
  gsize bytes;
  gsize offset;  /* of what has left, in the first frame */
  gsize offered; /* by the last peek, and not known to have left */
  RwServerDrop dropped;
};

static gsize
item_size (const Item *item)
{
  return item->head_len + item->body + item->tail_len;
}

static guint8
put_head (guint8 *head, gsize payload)
{
  guint8 n = payload < LENGTH_16_BITS ? 0 : payload <= G_MAXUINT16 ? 2 : 8;

  head[0] = FINAL_TEXT;
  head[1] = n == 0   ? (guint8) payload
            : n == 2 ? LENGTH_16_BITS
                     : LENGTH_64_BITS;
  for (guint i = 0; i < n; i++)
    head[2 + i] = (guint8) ((guint64) payload >> (8 * (n - 1 - i)));
  return 2 + n;
}

static Item *
item_new (GBytes *text, const RwServerNumbers *numbers, gint64 now_us)
{
  Item *item = g_new0 (Item, 1);

  item->link.data = item;
  item->text = g_bytes_ref (text);
  item->since_us = now_us;
  item->body = g_bytes_get_size (text);
  if (numbers != NULL && (numbers->seq > 0 || numbers->has_ack)) {
    item->body--;
    item->tail_len = (guint8) rw_brain_json_print_numbers (
        item->tail, numbers->seq, numbers->has_ack, numbers->ack);
  }
  item->head_len = put_head (item->head, item->body + item->tail_len);
  return item;
}

static void
remove_item (RwServerQueue *self, Item *item)
{
  g_queue_unlink (&self->items, &item->link);
  self->bytes -= item_size (item);
  rw_server_queues_give_back (self->all, sizeof *item);
  g_bytes_unref (item->text);
  g_free (item);
}

static void
clear (RwServerQueue *self)
{
  while (self->items.head != NULL)
    remove_item (self, self->items.head->data);
  self->offset = 0;
  self->offered = 0;
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
  self->bytes += item_size (item);
  rw_server_queues_take (self->all, sizeof *item, now_us);
  if (self->bytes > self->max_bytes)
    rw_server_queue_drop (self, RW_SERVER_DROP_QUEUE);
}

/* Of one part of a frame, from *@offset on, which is then at its end. */
static gsize
copy_part (guint8 *buffer, gsize size, gconstpointer part, gsize len,
           gsize *offset)
{
  gsize n;

  if (*offset >= len) {
    *offset -= len;
    return 0;
  }

  n = MIN (size, len - *offset);
  memcpy (buffer, (const guint8 *) part + *offset, n);
  *offset = 0;
  return n;
}

static gsize
copy_item (guint8 *buffer, gsize size, const Item *item, gsize offset)
{
  gsize n = 0;

  n += copy_part (buffer, size, item->head, item->head_len, &offset);
  n += copy_part (buffer + n, size - n, g_bytes_get_data (item->text, NULL),
                  item->body, &offset);
  n += copy_part (buffer + n, size - n, item->tail, item->tail_len, &offset);
  return n;
}

static gsize
get_left (const RwServerQueue *self)
{
  return self->offset > 0 ? item_size (self->items.head->data) - self->offset
                          : 0;
}

/**
 * rw_server_queue_peek:
 * @to_end_of_frame: no more than what is left of the frame that is begun
 *
 * Puts what is to be written next into @buffer. The same bytes again, and no
 * more, until rw_server_queue_advance(): TLS has them already, if it could not
 * write them, and would take others for those.
 *
 * Returns: how many; 0 when there are none
 */
gsize
rw_server_queue_peek (RwServerQueue *self, guint8 *buffer, gsize size,
                      gboolean to_end_of_frame)
{
  gsize offset = self->offset;
  gsize n = 0;

  if (self->offered > 0)
    size = MIN (size, self->offered);
  else if (to_end_of_frame)
    size = MIN (size, get_left (self));
  for (GList *l = self->items.head; l != NULL && n < size; l = l->next) {
    n += copy_item (buffer + n, size - n, l->data, offset);
    offset = 0;
  }

  self->offered = n;
  return n;
}

/** rw_server_queue_advance: @n bytes of those have been written. */
void
rw_server_queue_advance (RwServerQueue *self, gsize n)
{
  g_return_if_fail (n <= self->offered);

  self->offered = 0;
  self->offset += n;
  while (self->items.head != NULL &&
         self->offset >= item_size (self->items.head->data)) {
    self->offset -= item_size (self->items.head->data);
    remove_item (self, self->items.head->data);
  }
}

/**
 * rw_server_queue_drop:
 *
 * All of it, even the rest of a frame that is begun: nothing else may be
 * written after that.
 */
void
rw_server_queue_drop (RwServerQueue *self, RwServerDrop why)
{
  clear (self);
  if (self->dropped == RW_SERVER_DROP_NONE)
    self->dropped = why;
}

/** rw_server_queue_drop_rest: all that is not begun. */
void
rw_server_queue_drop_rest (RwServerQueue *self)
{
  gsize begun = self->offset + self->offered;
  gsize end = 0;
  GList *next;

  for (GList *l = self->items.head; l != NULL; l = next) {
    next = l->next;
    if (end >= begun) {
      remove_item (self, l->data);
      continue;
    }
    end += item_size (l->data);
  }
}

gboolean
rw_server_queue_is_empty (const RwServerQueue *self)
{
  return self->items.head == NULL;
}

/** rw_server_queue_is_begun: nothing may come between now. */
gboolean
rw_server_queue_is_begun (const RwServerQueue *self)
{
  return self->offset > 0 || self->offered > 0;
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
 * for long.
 */
guint64
rw_server_queue_get_weight (const RwServerQueue *self, gint64 now_us)
{
  const Item *first = self->items.head != NULL ? self->items.head->data : NULL;

  if (first == NULL)
    return 0;

  return self->bytes * (guint64) (1 + (now_us - first->since_us) / 1000);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hub-room-history.h"

/* The cost of a message, in bytes, besides its data. */
#define MESSAGE_COST 256

typedef struct {
  gint64 at_us;
  RwSignalMessage *message;
} Entry;

struct _RwHubRoomHistory {
  GQueue entries;
  gsize bytes;
  guint64 last;
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  rw_signal_message_unref (entry->message);
  g_free (entry);
}

static gsize
get_cost (const RwSignalMessage *message)
{
  return MESSAGE_COST +
         (message->meta != NULL ? g_ref_string_length (message->meta) : 0);
}

RwHubRoomHistory *
rw_hub_room_history_new (void)
{
  return g_new0 (RwHubRoomHistory, 1);
}

/** rw_hub_room_history_free: NULL is fine. */
void
rw_hub_room_history_free (RwHubRoomHistory *self)
{
  if (self == NULL)
    return;

  g_queue_clear_full (&self->entries, entry_free);
  g_free (self);
}

guint64
rw_hub_room_history_get_last (const RwHubRoomHistory *self)
{
  return self->last;
}

guint64
rw_hub_room_history_get_first (const RwHubRoomHistory *self)
{
  return self->last - self->entries.length + 1;
}

gsize
rw_hub_room_history_get_bytes (const RwHubRoomHistory *self)
{
  return self->bytes;
}

gint64
rw_hub_room_history_get_missed_us (const RwHubRoomHistory *self,
                                   guint64 sequence, gint64 now_us)
{
  for (const GList *l = self->entries.head; l != NULL; l = l->next) {
    const Entry *entry = l->data;

    if (entry->message->sequence > sequence)
      return entry->at_us;
  }

  return now_us;
}

void
rw_hub_room_history_add (RwHubRoomHistory *self, RwSignalMessage *message,
                         gint64 now_us)
{
  Entry *entry = g_new (Entry, 1);

  entry->at_us = now_us;
  entry->message = rw_signal_message_ref (message);
  self->bytes += get_cost (message);
  self->last = message->sequence;
  g_queue_push_tail (&self->entries, entry);
}

gboolean
rw_hub_room_history_exceeds (const RwHubRoomHistory *self,
                             const RwHubRoomHistoryLimits *limits,
                             gint64 now_us)
{
  const Entry *oldest =
      self->entries.head != NULL ? self->entries.head->data : NULL;

  return oldest != NULL && (self->entries.length > limits->max_messages ||
                            self->bytes > limits->max_bytes ||
                            now_us - oldest->at_us > limits->max_age_us);
}

RwSignalMessage *
rw_hub_room_history_pop (RwHubRoomHistory *self)
{
  g_autofree Entry *entry = g_queue_pop_head (&self->entries);

  if (entry == NULL)
    return NULL;

  self->bytes -= get_cost (entry->message);
  return entry->message;
}

static void
remove_entry (RwHubRoomHistory *self, Entry *entry)
{
  self->bytes -= get_cost (entry->message);
  entry_free (entry);
}

static guint64
get_sequence (gconstpointer entry)
{
  return ((const Entry *) entry)->message->sequence;
}

void
rw_hub_room_history_cut (RwHubRoomHistory *self, guint64 first, guint64 last)
{
  while (!g_queue_is_empty (&self->entries) &&
         get_sequence (self->entries.head->data) < first)
    remove_entry (self, g_queue_pop_head (&self->entries));
  while (!g_queue_is_empty (&self->entries) &&
         get_sequence (self->entries.tail->data) > last)
    remove_entry (self, g_queue_pop_tail (&self->entries));
  self->last = last;
}

void
rw_hub_room_history_foreach (const RwHubRoomHistory *self, guint64 sequence,
                             RwHubRoomHistoryFunc func, gpointer user_data)
{
  const GList *l = g_queue_peek_nth_link (
      (GQueue *) &self->entries,
      (guint) (sequence - rw_hub_room_history_get_first (self)));

  while (l != NULL && func (((const Entry *) l->data)->message, user_data))
    l = l->next;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-consumer-book.h"

/* See the header. Consumers are counted by state, so that the sink's state
 * costs the same however many there are. */

struct _RwConsumerBook {
  RwEndpoint *endpoint;
  RwTransmitter *transmitter;
  GHashTable *entries; /* id -> RwConsumerEntry */
  guint n_in[RW_N_STATES];
  RwState override;
};

static void
entry_free (gpointer data)
{
  RwConsumerEntry *entry = data;

  g_ptr_array_unref (entry->sessions);
  g_free (entry->id);
  g_free (entry);
}

RwConsumerBook *
rw_consumer_book_new (RwEndpoint *endpoint, RwTransmitter *transmitter)
{
  RwConsumerBook *self = g_new0 (RwConsumerBook, 1);

  self->endpoint = g_object_ref (endpoint);
  self->transmitter = g_object_ref (transmitter);
  self->entries =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  self->override = RW_STATE_IDLE;
  return self;
}

void
rw_consumer_book_free (RwConsumerBook *self)
{
  g_hash_table_unref (self->entries);
  g_object_unref (self->transmitter);
  g_object_unref (self->endpoint);
  g_free (self);
}

guint
rw_consumer_book_get_size (RwConsumerBook *self)
{
  return g_hash_table_size (self->entries);
}

static RwConsumerEntry *
ensure_entry (RwConsumerBook *self, const char *id)
{
  RwConsumerEntry *entry = g_hash_table_lookup (self->entries, id);

  if (entry)
    return entry;
  entry = g_new0 (RwConsumerEntry, 1);
  entry->id = g_strdup (id);
  entry->state = RW_STATE_CONNECTING;
  entry->sessions = g_ptr_array_new ();
  self->n_in[entry->state]++;
  g_hash_table_insert (self->entries, entry->id, entry);
  return entry;
}

/* The worst state of all consumers, as one indicator for an operator. */
static RwState
get_overall_state (RwConsumerBook *self)
{
  static const RwState worst_first[] = {
      RW_STATE_RECONNECTING,
      RW_STATE_SUSPECT,
      RW_STATE_CONNECTED,
  };

  if (self->override != RW_STATE_IDLE)
    return self->override;
  for (guint i = 0; i < G_N_ELEMENTS (worst_first); i++)
    if (self->n_in[worst_first[i]] > 0)
      return worst_first[i];
  return RW_STATE_CONNECTING;
}

void
rw_consumer_book_set_state (RwConsumerBook *self, RwConsumerEntry *entry,
                            const RwConsumerCause *cause, RwState state,
                            const char *reason)
{
  gint64 now_us = rw_endpoint_now_us (self->endpoint);
  RwStateReport report = {
      .state = state,
      .previous = entry->state,
      .reason = reason,
      .peer_id = entry->id,
      .session_id = cause ? cause->session_id : NULL,
      .generation = cause ? cause->generation : 0,
      .retries = -1,
      .backlog_ns = entry->backlog_ns,
  };

  if (entry->state == state)
    return;
  self->n_in[entry->state]--;
  self->n_in[state]++;
  entry->state = state;
  if (entry->lost_us)
    report.outage_ns = (now_us - entry->lost_us) * 1000;
  if (state == RW_STATE_CONNECTED)
    entry->lost_us = 0;
  else if (entry->lost_us == 0 && report.previous == RW_STATE_CONNECTED)
    entry->lost_us = now_us;
  rw_endpoint_announce (self->endpoint, get_overall_state (self), &report);
}

static void
drop_cursor (RwConsumerBook *self, RwConsumerEntry *entry)
{
  self->n_in[entry->state]--;
  rw_transmitter_forget (self->transmitter, entry->id);
}

static void
forget (RwConsumerBook *self, RwConsumerEntry *entry)
{
  drop_cursor (self, entry);
  g_hash_table_remove (self->entries, entry->id);
}

RwConsumerEntry *
rw_consumer_book_join (RwConsumerBook *self, const char *id, gpointer session)
{
  RwConsumerEntry *entry = ensure_entry (self, id);

  g_ptr_array_add (entry->sessions, session);
  return entry;
}

RwConsumerEntry *
rw_consumer_book_move (RwConsumerBook *self, RwConsumerEntry *former,
                       const char *id, gpointer session,
                       const RwConsumerCause *cause)
{
  RwConsumerEntry *entry = ensure_entry (self, id);

  entry->was_here = TRUE;
  if (entry == former)
    return entry;
  g_ptr_array_add (entry->sessions, session);
  g_ptr_array_remove (former->sessions, session);
  if (former->sessions->len > 0 || former->was_here)
    return entry;
  if (former->state != RW_STATE_CONNECTING)
    rw_consumer_book_set_state (self, former, cause, RW_STATE_STOPPED,
                                "consumer left");
  forget (self, former);
  return entry;
}

void
rw_consumer_book_leave (RwConsumerBook *self, RwConsumerEntry *entry,
                        gpointer session, const RwConsumerCause *cause,
                        const char *stopped)
{
  g_ptr_array_remove (entry->sessions, session);
  if (entry->sessions->len > 0)
    return;
  if (stopped != NULL)
    rw_consumer_book_set_state (self, entry, cause, RW_STATE_STOPPED, stopped);
  if (entry->state == RW_STATE_STOPPED)
    forget (self, entry);
  else
    rw_consumer_book_set_state (self, entry, cause, RW_STATE_RECONNECTING,
                                "waiting for the consumer to return");
}

void
rw_consumer_book_forget_vanished (RwConsumerBook *self)
{
  GHashTableIter iter;
  RwConsumerEntry *entry;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &entry)) {
    if (entry->sessions->len > 0 ||
        rw_transmitter_knows (self->transmitter, entry->id))
      continue;
    rw_consumer_book_set_state (self, entry, NULL, RW_STATE_STOPPED,
                                "did not return");
    drop_cursor (self, entry);
    g_hash_table_iter_remove (&iter);
  }
}

void
rw_consumer_book_forget_all (RwConsumerBook *self)
{
  GHashTableIter iter;
  RwConsumerEntry *entry;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &entry)) {
    rw_consumer_book_set_state (self, entry, NULL, RW_STATE_STOPPED, "stopped");
    self->n_in[entry->state]--;
    g_hash_table_iter_remove (&iter);
  }
}

void
rw_consumer_book_override (RwConsumerBook *self, RwState state)
{
  self->override = state;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-client-table.h"

#include "rw-time-queue.h"

/* An acknowledgement waits so long for a message to travel with. */
#define ACK_DELAY_US (200 * G_GINT64_CONSTANT (1000))

struct _RwClientTable {
  RwClientTableConfig config;
  GHashTable *by_id;
  GHashTable *by_connection; /* guint64 -> RwClient, not owned */
  RwTimeQueue *waiting;
  RwTimeQueue *owing;
  gboolean degraded;
  gint64 whole_us; /* since when it is not degraded, if it ever was */
  guint n_resumable;
  guint of_quality[RW_QUALITY_POOR + 1];
  guint64 n_expired;
  guint64 n_dropped;
};

RwClientTable *
rw_client_table_new (const RwClientTableConfig *config)
{
  RwClientTable *self = g_new0 (RwClientTable, 1);

  self->config = *config;
  self->by_id = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                       (GDestroyNotify) rw_client_free);
  self->by_connection =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->waiting = rw_time_queue_new ();
  self->owing = rw_time_queue_new ();
  return self;
}

/** rw_client_table_free: NULL is fine. */
void
rw_client_table_free (RwClientTable *self)
{
  if (self == NULL)
    return;

  rw_time_queue_free (self->owing);
  rw_time_queue_free (self->waiting);
  g_hash_table_unref (self->by_connection);
  g_hash_table_unref (self->by_id);
  g_free (self);
}

/* --- Look-up --- */

RwClient *
rw_client_table_find (RwClientTable *self, const char *id)
{
  return g_hash_table_lookup (self->by_id, id);
}

RwClient *
rw_client_table_find_connection (RwClientTable *self, guint64 connection)
{
  return g_hash_table_lookup (self->by_connection, &connection);
}

RwClient *
rw_client_table_find_user (RwClientTable *self, const char *user,
                           const char *room_id)
{
  RwRoomsMember member;
  GHashTableIter iter;
  gpointer client;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &client)) {
    const RwGrants *grants = rw_client_get_grants (client);
    const char *id = rw_client_get_id (client);

    if (g_str_equal (grants != NULL ? grants->user : id, user) &&
        rw_rooms_get_member (self->config.rooms, room_id, id, &member))
      return client;
  }

  return NULL;
}

/* --- Clients come and go --- */

void
rw_client_table_add (RwClientTable *self, RwClient *client)
{
  g_hash_table_insert (self->by_id, (char *) rw_client_get_id (client), client);
  if (rw_client_get_resumption (client) != NULL)
    self->n_resumable++;
}

void
rw_client_table_add_waiting (RwClientTable *self, RwClient *client,
                             gint64 now_us)
{
  rw_client_table_add (self, client);
  rw_time_queue_add (self->waiting, client, now_us);
}

void
rw_client_table_set_resumption (RwClientTable *self, RwClient *client,
                                RwResumption *resumption)
{
  if (rw_client_get_resumption (client) == NULL)
    self->n_resumable++;
  rw_client_set_resumption (client, resumption);
}

void
rw_client_table_connect (RwClientTable *self, RwClient *client,
                         guint64 connection)
{
  rw_client_set_connection (client, connection);
  g_hash_table_insert (self->by_connection,
                       g_memdup2 (&connection, sizeof connection), client);
}

void
rw_client_table_disconnect (RwClientTable *self, RwClient *client)
{
  guint64 connection = rw_client_get_connection (client);

  g_hash_table_remove (self->by_connection, &connection);
  rw_client_set_connection (client, 0);
}

void
rw_client_table_set_quality (RwClientTable *self, RwClient *client,
                             RwQuality quality)
{
  RwQuality old = rw_client_get_quality (client);

  if (old != RW_QUALITY_UNKNOWN)
    self->of_quality[old]--;
  if (quality != RW_QUALITY_UNKNOWN)
    self->of_quality[quality]++;
  rw_client_set_quality (client, quality);
}

void
rw_client_table_forget (RwClientTable *self, RwClient *client)
{
  rw_time_queue_remove (self->waiting, client);
  rw_time_queue_remove (self->owing, client);
  rw_client_table_set_quality (self, client, RW_QUALITY_UNKNOWN);
  rw_client_table_disconnect (self, client);
  if (rw_client_get_resumption (client) != NULL)
    self->n_resumable--;
  g_hash_table_remove (self->by_id, rw_client_get_id (client));
}

void
rw_client_table_remove (RwClientTable *self, RwClient *client,
                        const char *reason, gint64 now_us)
{
  g_autofree char *id = g_strdup (rw_client_get_id (client));

  rw_client_table_forget (self, client);
  rw_hub_remove_client (self->config.hub, id, reason);
  rw_rooms_remove (self->config.rooms, id, now_us);
}

/* --- Without a connection --- */

gboolean
rw_client_table_may_wait (RwClientTable *self, const RwClient *client)
{
  return rw_client_get_resumption (client) != NULL &&
         self->config.grace_us > 0 && self->config.max_waiting > 0 &&
         rw_hub_has_client (self->config.hub, rw_client_get_id (client));
}

static void
remove_longest_waiting (RwClientTable *self, gint64 now_us)
{
  RwClient *client = rw_time_queue_get (self->waiting, NULL);

  if (client == NULL)
    return;

  self->n_expired++;
  rw_client_table_remove (self, client, "too many peers are away at once",
                          now_us);
}

void
rw_client_table_start_waiting (RwClientTable *self, RwClient *client,
                               gint64 now_us)
{
  const char *id = rw_client_get_id (client);

  if (rw_time_queue_get_length (self->waiting) >= self->config.max_waiting)
    remove_longest_waiting (self, now_us);

  rw_client_table_set_quality (self, client, RW_QUALITY_UNKNOWN);
  rw_client_drop_held (client);
  rw_client_table_disconnect (self, client);
  rw_time_queue_add (self->waiting, client, now_us);
  rw_hub_set_connected (self->config.hub, id, FALSE);
  rw_rooms_set_away (self->config.rooms, id, TRUE, now_us);
}

gint64
rw_client_table_stop_waiting (RwClientTable *self, RwClient *client,
                              gint64 now_us)
{
  gint64 since_us = rw_time_queue_get_since_us (self->waiting, client);

  rw_time_queue_remove (self->waiting, client);
  return since_us != 0 ? now_us - since_us : 0;
}

void
rw_client_table_set_degraded (RwClientTable *self, gboolean degraded,
                              gint64 now_us)
{
  if (self->degraded && !degraded)
    self->whole_us = now_us;
  self->degraded = degraded;
}

static gint64
get_grace_end_us (RwClientTable *self)
{
  gint64 since_us;

  return !self->degraded && rw_time_queue_get (self->waiting, &since_us) != NULL
             ? MAX (since_us, self->whole_us) + self->config.grace_us
             : G_MAXINT64;
}

void
rw_client_table_expire (RwClientTable *self, gint64 now_us)
{
  while (get_grace_end_us (self) <= now_us) {
    RwClient *client = rw_time_queue_get (self->waiting, NULL);

    self->n_expired++;
    self->n_dropped += rw_resend_queue_get_kept (
        rw_resumption_get_queue (rw_client_get_resumption (client)));
    rw_client_table_remove (self, client, "the peer did not come back in time",
                            now_us);
  }
}

/* --- Acknowledgements --- */

void
rw_client_table_owe_ack (RwClientTable *self, RwClient *client, gint64 now_us)
{
  rw_time_queue_add (self->owing, client, now_us);
}

void
rw_client_table_settle_ack (RwClientTable *self, RwClient *client)
{
  rw_time_queue_remove (self->owing, client);
}

static gint64
get_ack_due_us (RwClientTable *self)
{
  gint64 since_us;

  return rw_time_queue_get (self->owing, &since_us) != NULL
             ? since_us + ACK_DELAY_US
             : G_MAXINT64;
}

RwClient *
rw_client_table_get_ack_due (RwClientTable *self, gint64 now_us)
{
  return get_ack_due_us (self) <= now_us ? rw_time_queue_get (self->owing, NULL)
                                         : NULL;
}

gint64
rw_client_table_get_wake_us (RwClientTable *self)
{
  return MIN (get_grace_end_us (self), get_ack_due_us (self));
}

void
rw_client_table_add_counts (RwClientTable *self, RwClientsCounts *counts)
{
  counts->resumable += self->n_resumable;
  counts->waiting += rw_time_queue_get_length (self->waiting);
  for (guint i = 0; i < G_N_ELEMENTS (self->of_quality); i++)
    counts->of_quality[i] += self->of_quality[i];
  counts->expired += self->n_expired;
  counts->dropped += self->n_dropped;
}

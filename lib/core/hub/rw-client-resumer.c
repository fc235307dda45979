/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-client-resumer.h"

#include "rw-hub-remote.h"

struct _RwClientResumer {
  RwClientResumerConfig config;
  RwClientsUplink uplink;
  gboolean degraded;
  RwClientsCounts counts; /* of them those that this type counts */
};

RwClientResumer *
rw_client_resumer_new (const RwClientResumerConfig *config)
{
  RwClientResumer *self = g_new0 (RwClientResumer, 1);

  self->config = *config;
  return self;
}

/** rw_client_resumer_free: NULL is fine. */
void
rw_client_resumer_free (RwClientResumer *self)
{
  g_free (self);
}

void
rw_client_resumer_set_uplink (RwClientResumer *self,
                              const RwClientsUplink *uplink)
{
  self->uplink = *uplink;
}

void
rw_client_resumer_set_degraded (RwClientResumer *self, gboolean degraded)
{
  self->degraded = degraded;
}

/* --- A new resumption --- */

static void
send_welcome (RwClientResumer *self, RwClient *client, gboolean resumed,
              gboolean restored)
{
  RwResumption *resumption = rw_client_get_resumption (client);
  const char *id = rw_client_get_id (client);
  g_autoptr (RwSignalMessage) message =
      rw_signal_message_new (RW_SIGNAL_RESILIENT_WELCOME);

  message->extension_version = RW_SIGNAL_EXTENSION_VERSION;
  message->peer_id = g_strdup (id);
  message->token = rw_resumption_print_token (resumption, id);
  message->grace_ms = (guint64) self->config.grace_us / 1000;
  message->resumed = resumed;
  message->restored = restored;
  message->degraded = self->degraded;
  message->resume_ack =
      rw_resend_queue_get_received (rw_resumption_get_queue (resumption));
  rw_client_delivery_send (self->config.delivery, client, message, 0);
}

static void
open_resumption (RwClientResumer *self, RwClient *client, guint64 attempt)
{
  RwResumption *resumption = rw_resumption_new (
      &self->config.limits, self->config.new_token (self->config.user_data));

  rw_resumption_set_attempt (resumption, attempt);
  rw_client_table_set_resumption (self->config.table, client, resumption);
  self->counts.requested++;
  rw_hub_note_changed_id (self->config.hub, rw_client_get_id (client));
}

void
rw_client_resumer_begin (RwClientResumer *self, RwClient *client,
                         RwSignalMessage *message)
{
  if (message->token != NULL)
    self->counts.refused++;
  rw_hub_handle (self->config.hub, rw_client_get_id (client), message);
  open_resumption (self, client, message->attempt);
  send_welcome (self, client, FALSE, FALSE);
}

/* --- Resuming --- */

void
rw_client_resumer_evict (RwClientResumer *self, RwClient *client)
{
  guint64 connection = rw_client_get_connection (client);

  if (connection == 0)
    return;

  self->counts.evicted++;
  rw_client_delivery_close (self->config.delivery, connection, RW_CLOSE_RESUMED,
                            "the client has resumed on another connection");
  rw_client_table_disconnect (self->config.table, client);
}

/* A request that was long on its way, and that a later one of the same client
 * has overtaken. */
static gboolean
is_overtaken (const RwClient *client, const RwSignalMessage *message)
{
  RwResumption *resumption = rw_client_get_resumption (client);

  return (message->attempt != 0 &&
          message->attempt <= rw_resumption_get_attempt (resumption)) ||
         (rw_client_get_connection (client) != 0 &&
          rw_resend_queue_is_past (rw_resumption_get_queue (resumption),
                                   message->resume_ack));
}

/* The client @id, if @message can resume it from where the other end is. The
 * client has what its token allowed at the beginning: a token that allows less
 * cannot resume it. */
static RwClient *
find_resumable (RwClientResumer *self, const RwClient *newcomer, const char *id,
                const char *secret, const RwSignalMessage *message,
                gint64 now_us)
{
  RwClient *client = rw_client_table_find (self->config.table, id);
  RwResumption *resumption =
      client != NULL ? rw_client_get_resumption (client) : NULL;

  if (client == newcomer || resumption == NULL ||
      g_strcmp0 (rw_resumption_get_secret (resumption), secret) != 0 ||
      !rw_grants_include (rw_client_get_grants (newcomer),
                          rw_client_get_grants (client)) ||
      is_overtaken (client, message))
    return NULL;
  if (rw_hub_has_client (self->config.hub, id) &&
      rw_resumption_resume (resumption, message->resume_ack, now_us))
    return client;

  self->counts.dropped +=
      rw_resend_queue_get_kept (rw_resumption_get_queue (resumption));
  rw_client_delivery_drop (self->config.delivery, client,
                           "the client cannot resume from there", now_us);
  return NULL;
}

static void
resume (RwClientResumer *self, RwClient *client, RwClient *newcomer,
        gint64 now_us)
{
  RwClientTable *table = self->config.table;
  guint64 connection = rw_client_get_connection (newcomer);
  const char *id = rw_client_get_id (client);

  rw_client_set_grants (client, rw_client_take_grants (newcomer));
  rw_client_move_held (newcomer, client);
  rw_client_table_remove (table, newcomer, NULL, now_us);
  if (rw_client_get_connection (client) != 0) {
    rw_client_resumer_evict (self, client);
    rw_rooms_set_away (self->config.rooms, id, TRUE, now_us);
  }
  rw_clients_counts_add_outage (
      &self->counts, rw_client_table_stop_waiting (table, client, now_us));
  self->counts.resumed++;
  rw_client_note_sent (client);
  rw_client_table_connect (table, client, connection);
  rw_hub_set_connected (self->config.hub, id, TRUE);

  send_welcome (self, client, TRUE, FALSE);
  rw_client_delivery_resend (self->config.delivery, client);
  rw_rooms_set_away (self->config.rooms, id, FALSE, now_us);
}

/* Whether other servers are asked for the client @id. */
static gboolean
ask_others (RwClientResumer *self, const RwClient *client, const char *id,
            const char *secret, const RwSignalMessage *message)
{
  return self->uplink.resume != NULL &&
         rw_client_table_find (self->config.table, id) == NULL &&
         self->uplink.resume (rw_client_get_connection (client), id, secret,
                              message->attempt, self->uplink.user_data);
}

void
rw_client_resumer_request (RwClientResumer *self, RwClient *client,
                           RwSignalMessage *message, gint64 now_us)
{
  g_autofree char *id = NULL;
  g_autofree char *secret = NULL;
  RwClient *resumable = NULL;

  if (message->token == NULL ||
      !rw_resumption_split_token (message->token, &id, &secret)) {
    rw_client_resumer_begin (self, client, message);
    return;
  }

  resumable = find_resumable (self, client, id, secret, message, now_us);
  if (resumable != NULL) {
    rw_resumption_set_attempt (rw_client_get_resumption (resumable),
                               message->attempt);
    resume (self, resumable, client, now_us);
  } else if (ask_others (self, client, id, secret, message)) {
    rw_client_suspend (client, message);
  } else {
    rw_client_resumer_begin (self, client, message);
  }
}

/* --- For other servers' answers --- */

RwClient *
rw_client_resumer_replace (RwClientResumer *self, RwClient *newcomer,
                           const char *id, gint64 now_us)
{
  RwClientTable *table = self->config.table;
  guint64 connection = rw_client_get_connection (newcomer);
  RwClient *client =
      rw_client_new (g_strdup (id), rw_client_take_grants (newcomer));

  rw_client_note_sent (client);
  rw_client_move_held (newcomer, client);
  rw_client_table_remove (table, newcomer, NULL, now_us);
  rw_client_table_add (table, client);
  rw_client_table_connect (table, client, connection);
  return client;
}

void
rw_client_resumer_restore (RwClientResumer *self, RwClient *client,
                           guint64 attempt)
{
  open_resumption (self, client, attempt);
  self->counts.resumed++;
  send_welcome (self, client, FALSE, TRUE);
}

void
rw_client_resumer_add_counts (RwClientResumer *self, RwClientsCounts *counts)
{
  counts->requested += self->counts.requested;
  counts->refused += self->counts.refused;
  counts->resumed += self->counts.resumed;
  counts->evicted += self->counts.evicted;
  counts->dropped += self->counts.dropped;
  for (guint i = 0; i < G_N_ELEMENTS (counts->outage_buckets); i++)
    counts->outage_buckets[i] += self->counts.outage_buckets[i];
  counts->outage_sum_us += self->counts.outage_sum_us;
}

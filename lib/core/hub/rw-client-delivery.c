/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-client-delivery.h"

#include "rw-hub-remote.h"

/* After this time a source that was throttled may try again. */
#define THROTTLE_RETRY_MS 1000

struct _RwClientDelivery {
  RwClientTable *table;
  RwHub *hub;
  RwRooms *rooms;
  RwClientsUplink uplink;
  GQueue output; /* of RwClientsOutput */
  guint64 n_overflowed;
  guint64 n_throttled;
  guint64 n_replayed;
  guint64 n_dropped;
};

static void
output_free (gpointer data)
{
  rw_clients_output_clear (data);
  g_free (data);
}

RwClientDelivery *
rw_client_delivery_new (RwClientTable *table, RwHub *hub, RwRooms *rooms)
{
  RwClientDelivery *self = g_new0 (RwClientDelivery, 1);

  self->table = table;
  self->hub = hub;
  self->rooms = rooms;
  return self;
}

/** rw_client_delivery_free: NULL is fine. */
void
rw_client_delivery_free (RwClientDelivery *self)
{
  if (self == NULL)
    return;

  g_queue_clear_full (&self->output, output_free);
  g_free (self);
}

void
rw_client_delivery_set_uplink (RwClientDelivery *self,
                               const RwClientsUplink *uplink)
{
  self->uplink = *uplink;
}

/* --- Output --- */

static RwClientsOutput *
add_output (RwClientDelivery *self, guint64 connection)
{
  RwClientsOutput *output = g_new0 (RwClientsOutput, 1);

  output->connection = connection;
  g_queue_push_tail (&self->output, output);
  return output;
}

void
rw_client_delivery_close (RwClientDelivery *self, guint64 connection,
                          guint code, const char *why)
{
  RwClientsOutput *output = add_output (self, connection);

  output->close_code = code;
  output->close_why = why;
}

static void
settle_ack (RwClientDelivery *self, RwClient *client, RwResendQueue *queue)
{
  rw_resend_queue_note_acknowledged (queue);
  rw_client_table_settle_ack (self->table, client);
}

void
rw_client_delivery_send (RwClientDelivery *self, RwClient *client,
                         RwSignalMessage *message, guint64 seq)
{
  RwResumption *resumption = rw_client_get_resumption (client);
  RwClientsOutput *output =
      add_output (self, rw_client_get_connection (client));
  RwResendQueue *queue;

  output->message = rw_signal_message_ref (message);
  output->seq = seq;
  if (resumption == NULL || message->type == RW_SIGNAL_RESILIENT_WELCOME)
    return;

  queue = rw_resumption_get_queue (resumption);
  output->has_ack = TRUE;
  output->ack = rw_resend_queue_get_received (queue);
  settle_ack (self, client, queue);
}

void
rw_client_delivery_send_ack (RwClientDelivery *self, RwClient *client)
{
  g_autoptr (RwSignalMessage) message = rw_signal_message_new (RW_SIGNAL_ACK);

  if (rw_client_get_connection (client) != 0)
    rw_client_delivery_send (self, client, message, 0);
  else
    settle_ack (self, client,
                rw_resumption_get_queue (rw_client_get_resumption (client)));
}

void
rw_client_delivery_resend (RwClientDelivery *self, RwClient *client)
{
  RwSignalMessage *message;
  guint64 seq;

  while ((message = rw_resumption_next (rw_client_get_resumption (client),
                                        &seq)) != NULL) {
    self->n_replayed++;
    rw_client_delivery_send (self, client, message, seq);
  }
}

void
rw_client_delivery_drop (RwClientDelivery *self, RwClient *client,
                         const char *why, gint64 now_us)
{
  guint64 connection = rw_client_get_connection (client);

  if (connection != 0)
    rw_client_delivery_close (self, connection, RW_CLOSE_POLICY, why);
  rw_client_table_remove (self->table, client, why, now_us);
}

gboolean
rw_client_delivery_pop (RwClientDelivery *self, RwClientsOutput *output)
{
  g_autofree RwClientsOutput *head = g_queue_pop_head (&self->output);

  if (head == NULL)
    return FALSE;

  *output = *head;
  return TRUE;
}

/* --- Too much --- */

/* Its sessions' other ends and the listeners are notified that the source is
 * gone, so that nobody lacks what was not passed on. */
static void
evict_source (RwClientDelivery *self, RwClient *source, gint64 now_us)
{
  g_autoptr (RwSignalMessage) error =
      rw_signal_message_new (RW_SIGNAL_ERROR_REPLY);

  error->code = g_strdup ("rate-limited");
  error->details = g_strdup ("Too many status updates for the subscribers; "
                             "retry after 1 s.");
  error->retry_after_ms = THROTTLE_RETRY_MS;
  if (rw_client_get_connection (source) != 0)
    rw_client_delivery_send (self, source, error, 0);
  rw_client_delivery_drop (self, source, "too many status updates of this peer",
                           now_us);
}

static void
overflow (RwClientDelivery *self, RwClient *client, gint64 now_us)
{
  RwResumption *resumption = rw_client_get_resumption (client);

  self->n_overflowed++;
  self->n_dropped +=
      rw_resend_queue_get_kept (rw_resumption_get_queue (resumption)) + 1;
  rw_client_delivery_drop (self, client,
                           "too many messages were not acknowledged", now_us);
}

static void
throttle (RwClientDelivery *self, RwClient *client,
          const RwSignalMessage *message, gint64 now_us)
{
  gboolean is_notice = rw_resumption_is_notice (message);

  if (is_notice && rw_client_get_connection (client) != 0 &&
      rw_resumption_is_silent (rw_client_get_resumption (client), now_us)) {
    overflow (self, client, now_us);
    return;
  }

  self->n_throttled++;
  if (is_notice)
    evict_source (self, rw_client_table_find (self->table, message->source),
                  now_us);
  else
    rw_hub_refuse (self->hub, rw_client_get_id (client), message,
                   THROTTLE_RETRY_MS);
}

/* --- To one client --- */

static gboolean
is_numbered (const RwSignalMessage *message)
{
  return message->type != RW_SIGNAL_LIST &&
         message->type != RW_SIGNAL_LIST_CONSUMERS &&
         message->type != RW_SIGNAL_ICE_SERVERS;
}

static void
send_numbered (RwClientDelivery *self, RwClient *client,
               RwSignalMessage *message, gint64 now_us)
{
  RwResumption *resumption = rw_client_get_resumption (client);
  gboolean has_source =
      rw_resumption_is_notice (message) && message->source != NULL &&
      rw_client_table_find (self->table, message->source) != NULL;
  guint64 seq;

  switch (rw_resumption_check (resumption, message, has_source)) {
  case RW_RESUMPTION_THROTTLED:
    throttle (self, client, message, now_us);
    return;
  case RW_RESUMPTION_FULL:
    overflow (self, client, now_us);
    return;
  case RW_RESUMPTION_FITS:
  default:
    seq = rw_resumption_send (resumption, message, now_us);
    if (rw_client_get_connection (client) != 0)
      rw_client_delivery_send (self, client, message, seq);
    return;
  }
}

/** rw_client_delivery_deliver: @message is for @id, and sent now or later. */
void
rw_client_delivery_deliver (RwClientDelivery *self, const char *id,
                            RwSignalMessage *message, gint64 now_us)
{
  RwClient *client = rw_client_table_find (self->table, id);
  RwResumption *resumption;

  if (client == NULL)
    return;

  resumption = rw_client_get_resumption (client);
  if (message->type == RW_SIGNAL_ROOM_MESSAGE && resumption != NULL)
    rw_resumption_release (resumption, message);
  if (resumption != NULL && is_numbered (message))
    send_numbered (self, client, message, now_us);
  else if (rw_client_get_connection (client) != 0)
    rw_client_delivery_send (self, client, message, 0);
}

/* Its home is another server, or messages that were sent there follow it. */
static gboolean
is_forwarded (const RwClientDelivery *self, const char *id,
              const RwSignalMessage *message)
{
  const RwClientsUplink *uplink = &self->uplink;

  return uplink->forward != NULL && message->session_id != NULL &&
         (rw_client_table_find (self->table, id) == NULL ||
          uplink->is_followed (id, uplink->user_data));
}

/* A client that fails on the way makes the hub and the rooms send more, which
 * the same loop delivers. */
void
rw_client_delivery_run (RwClientDelivery *self, gint64 now_us)
{
  for (;;) {
    g_autofree char *id = NULL;
    g_autoptr (RwSignalMessage) message = rw_hub_pop (self->hub, &id);

    if (message == NULL)
      message = rw_rooms_pop (self->rooms, &id);
    if (message == NULL)
      break;
    if (is_forwarded (self, id, message))
      self->uplink.forward (id, message, self->uplink.user_data);
    else
      rw_client_delivery_deliver (self, id, message, now_us);
  }

  while (self->uplink.changed != NULL) {
    g_autofree char *id = rw_hub_pop_changed (self->hub);

    if (id == NULL)
      return;
    self->uplink.changed (id, self->uplink.user_data);
  }
}

void
rw_client_delivery_add_counts (RwClientDelivery *self, RwClientsCounts *counts)
{
  counts->overflowed += self->n_overflowed;
  counts->throttled += self->n_throttled;
  counts->replayed += self->n_replayed;
  counts->dropped += self->n_dropped;
}

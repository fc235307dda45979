/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-client-intake.h"

#include "rw-hub-remote.h"

/* Of the "meta" of one client; that of all but those with little has to fit
 * into RwClientIntakeConfig.max_meta_bytes. */
#define MAX_META   16384
#define SMALL_META 256

struct _RwClientIntake {
  RwClientIntakeConfig config;
  RwClientsUplink uplink;
  guint64 n_duplicates;
};

RwClientIntake *
rw_client_intake_new (const RwClientIntakeConfig *config)
{
  RwClientIntake *self = g_new0 (RwClientIntake, 1);

  self->config = *config;
  return self;
}

/** rw_client_intake_free: NULL is fine. */
void
rw_client_intake_free (RwClientIntake *self)
{
  g_free (self);
}

void
rw_client_intake_set_uplink (RwClientIntake *self,
                             const RwClientsUplink *uplink)
{
  self->uplink = *uplink;
}

/* --- Numbers --- */

/* Now, or a little later. */
static void
acknowledge (RwClientIntake *self, RwClient *client, gint64 now_us)
{
  RwResendQueue *queue =
      rw_resumption_get_queue (rw_client_get_resumption (client));

  if (rw_resend_queue_is_ack_due (queue))
    rw_client_delivery_send_ack (self->config.delivery, client);
  else if (rw_resend_queue_get_owed (queue) > 0)
    rw_client_table_owe_ack (self->config.table, client, now_us);
}

/* Numbers that no client can have: the connection is closed. The client is
 * then kept as after any lost connection, so that it can resume with the right
 * numbers. */
static void
reject (RwClientIntake *self, const RwClient *client, const char *why)
{
  rw_client_delivery_close (self->config.delivery,
                            rw_client_get_connection (client),
                            RW_CLOSE_PROTOCOL_ERROR, why);
}

static gboolean
take_ack (RwClientIntake *self, const RwClient *client, guint64 ack,
          gint64 now_us)
{
  RwResumption *resumption = rw_client_get_resumption (client);
  RwResendQueue *queue = rw_resumption_get_queue (resumption);
  guint kept = rw_resend_queue_get_kept (queue);

  if (!rw_resumption_acknowledge (resumption, ack, now_us)) {
    reject (self, client, "\"ack\" of a message that was never sent");
    return FALSE;
  }

  if (rw_resend_queue_get_kept (queue) < kept &&
      rw_resumption_has_space (resumption))
    rw_rooms_go_on (self->config.rooms, rw_client_get_id (client), now_us);
  return TRUE;
}

/* Whether the message is to be handled. */
static gboolean
check_numbers (RwClientIntake *self, const RwClient *client,
               const RwSignalMessage *message, gint64 now_us)
{
  RwResendQueue *queue =
      rw_resumption_get_queue (rw_client_get_resumption (client));

  if (message->has_ack && !take_ack (self, client, message->ack, now_us))
    return FALSE;
  if (message->seq == 0)
    return TRUE;

  switch (rw_resend_queue_receive (queue, message->seq)) {
  case RW_RESEND_QUEUE_NEW:
    return TRUE;
  case RW_RESEND_QUEUE_DUPLICATE:
    self->n_duplicates++;
    return FALSE;
  case RW_RESEND_QUEUE_GAP:
  default:
    reject (self, client, "a number is missing before \"seq\"");
    return FALSE;
  }
}

/* --- Messages --- */

/* An ordinary client may send a report, too; nobody asks for it. */
static void
on_quality (RwClientIntake *self, RwClient *client, RwQuality quality)
{
  if (rw_client_get_resumption (client) == NULL)
    return;

  rw_client_table_set_quality (self->config.table, client, quality);
  rw_rooms_note_quality (self->config.rooms, rw_client_get_id (client),
                         quality);
}

/* (nullable): what is wrong with the meta. It is kept, once for each client and
 * room, and a client that lists or joins is sent all of it at once. */
static const char *
refuse_meta (RwClientIntake *self, const RwClient *client,
             const RwSignalMessage *message)
{
  gsize len = message->meta != NULL ? g_ref_string_length (message->meta) : 0;
  gsize of_others;

  if (len <= SMALL_META || (message->type != RW_SIGNAL_SET_PEER_STATUS &&
                            message->type != RW_SIGNAL_JOIN_ROOM))
    return NULL;
  if (len > MAX_META)
    return "\"meta\" is kept as long as the client is connected; use at most "
           "16 KiB";

  of_others =
      message->type == RW_SIGNAL_JOIN_ROOM
          ? rw_rooms_get_meta_bytes (self->config.rooms, message->room_id)
          : rw_hub_get_meta_bytes (self->config.hub, rw_client_get_id (client));
  if (of_others + len > self->config.max_meta_bytes)
    return "the \"meta\" of other clients leaves no space for so much; use at "
           "most 256 bytes";
  return NULL;
}

/* A name is of one client, at whichever server. */
static gboolean
ask_for_name (RwClientIntake *self, RwClient *client, RwSignalMessage *message)
{
  const char *id = rw_client_get_id (client);
  RwHubRecord record;

  if (self->uplink.reserve == NULL ||
      message->type != RW_SIGNAL_SET_PEER_STATUS || message->name == NULL ||
      rw_client_get_resumption (client) == NULL ||
      (message->roles & RW_ROLE_PRODUCER) == 0 ||
      (message->roles & RW_ROLE_CONSUMER) != 0 ||
      !rw_hub_get_record (self->config.hub, id, &record) ||
      g_strcmp0 (record.name, message->name) == 0 ||
      !self->uplink.reserve (id, message->name, self->uplink.user_data))
    return FALSE;

  rw_client_suspend (client, message);
  return TRUE;
}

static const char *
refuse_by_grants (RwClientIntake *self, const RwClient *client,
                  const RwSignalMessage *message)
{
  RwRoles role = message->type == RW_SIGNAL_START_SESSION
                     ? rw_hub_get_session_role (self->config.hub,
                                                rw_client_get_id (client),
                                                message->peer_id)
                     : RW_ROLE_NONE;

  return rw_grants_refuse (rw_client_get_grants (client), message, role);
}

static void
dispatch (RwClientIntake *self, RwClient *client, RwSignalMessage *message,
          gint64 now_us)
{
  RwHub *hub = self->config.hub;
  const char *id = rw_client_get_id (client);
  const char *refusal = refuse_by_grants (self, client, message);
  const char *meta_refusal = refuse_meta (self, client, message);

  if (refusal != NULL) {
    rw_hub_fail (hub, id, "not-allowed", refusal, 0);
  } else if (meta_refusal != NULL) {
    rw_hub_fail (hub, id, "meta-too-large", meta_refusal, 0);
  } else if (message->type == RW_SIGNAL_REPORT_QUALITY) {
    on_quality (self, client, rw_quality_judge (&message->quality));
  } else if (!rw_rooms_takes (message->type)) {
    if (!ask_for_name (self, client, message))
      rw_hub_handle (hub, id, message);
  } else if (rw_client_get_resumption (client) != NULL) {
    rw_rooms_handle (self->config.rooms, id, message, now_us);
  } else {
    rw_hub_fail (hub, id, "seat-needed",
                 "rooms are for clients that requested resumption in "
                 "setProtocolVersion",
                 0);
  }
}

static void
handle_numbered (RwClientIntake *self, RwClient *client,
                 RwSignalMessage *message, gint64 now_us)
{
  guint64 connection = rw_client_get_connection (client);

  if (check_numbers (self, client, message, now_us) &&
      message->type != RW_SIGNAL_ACK) {
    dispatch (self, client, message, now_us);
    rw_client_delivery_run (self->config.delivery, now_us);
  }

  /* Either may have ended the client, or its connection. */
  client = rw_client_table_find_connection (self->config.table, connection);
  if (client != NULL)
    acknowledge (self, client, now_us);
}

static void
handle (RwClientIntake *self, RwClient *client, RwSignalMessage *message,
        gint64 now_us)
{
  gboolean is_first = !rw_client_has_sent (client);

  rw_client_note_sent (client);
  if (is_first && message->type == RW_SIGNAL_SET_PROTOCOL_VERSION &&
      message->extension_version > 0)
    rw_client_resumer_request (self->config.resumer, client, message, now_us);
  else if (rw_client_get_resumption (client) != NULL)
    handle_numbered (self, client, message, now_us);
  else
    dispatch (self, client, message, now_us);
}

void
rw_client_intake_handle (RwClientIntake *self, RwClient *client,
                         RwSignalMessage *message, gint64 now_us)
{
  if (rw_client_get_pending (client) == NULL)
    handle (self, client, message, now_us);
  else if (!rw_client_hold (client, message))
    rw_client_delivery_close (
        self->config.delivery, rw_client_get_connection (client),
        RW_CLOSE_POLICY, "too much was sent before an answer came");
  rw_client_delivery_run (self->config.delivery, now_us);
}

/* A message that is handled may make others be asked again, or be the last. */
void
rw_client_intake_continue (RwClientIntake *self, RwClient *client,
                           gint64 now_us)
{
  guint64 connection = rw_client_get_connection (client);

  while (client != NULL && rw_client_get_pending (client) == NULL) {
    g_autoptr (RwSignalMessage) message = rw_client_pop_held (client);

    if (message == NULL)
      break;
    handle (self, client, message, now_us);
    client = rw_client_table_find_connection (self->config.table, connection);
  }
  rw_client_delivery_run (self->config.delivery, now_us);
}

void
rw_client_intake_add_counts (RwClientIntake *self, RwClientsCounts *counts)
{
  counts->duplicates += self->n_duplicates;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-texts.h"

#include "rw-json-print.h"
#include "rw-signal-json.h"

struct _RwServerTexts {
  RwServerQueues *queues;
  RwTurn *turn; /* NULL: no TURN servers are known */

  /* The last one. */
  RwSignalMessage *message;
  GBytes *text;
};

/** rw_server_texts_new: @queues counts the texts, and outlives them. */
RwServerTexts *
rw_server_texts_new (RwServerQueues *queues)
{
  RwServerTexts *self = g_new0 (RwServerTexts, 1);

  self->queues = queues;
  return self;
}

/** rw_server_texts_free: NULL is fine. */
void
rw_server_texts_free (RwServerTexts *self)
{
  if (self == NULL)
    return;

  rw_server_texts_forget (self);
  g_free (self);
}

/** rw_server_texts_set_turn: @turn: (nullable): whose credentials go into the
 * messages that have ICE servers; kept, not owned */
void
rw_server_texts_set_turn (RwServerTexts *self, RwTurn *turn)
{
  self->turn = turn;
}

/* Credentials are made as they are sent: the hub does not have the secret. */
static char *
add_ice_servers (RwServerTexts *self, const RwSignalMessage *message,
                 const char *text)
{
  g_autofree char *servers =
      rw_turn_to_json (self->turn, message->peer_id, g_get_real_time ());
  g_autofree char *members =
      g_strdup_printf ("%s,\"iceTtlMs\":%" G_GUINT64_FORMAT, servers,
                       rw_turn_get_ttl_ms (self->turn));

  return rw_json_add_member (text, "iceServers", members);
}

static char *
print (RwServerTexts *self, const RwSignalMessage *message)
{
  g_autofree char *text = rw_signal_message_to_unnumbered_json (message);

  if (self->turn == NULL || (message->type != RW_SIGNAL_RESILIENT_WELCOME &&
                             message->type != RW_SIGNAL_ICE_SERVERS))
    return g_steal_pointer (&text);
  return add_ice_servers (self, message, text);
}

/** rw_server_texts_get: (transfer none): until the next one; without numbers.
 */
GBytes *
rw_server_texts_get (RwServerTexts *self, RwSignalMessage *message)
{
  if (self->message != message) {
    rw_server_texts_forget (self);
    self->message = rw_signal_message_ref (message);
    self->text =
        rw_server_queues_new_text (self->queues, print (self, message));
  }
  return self->text;
}

/** rw_server_texts_forget: the last one will not come again. */
void
rw_server_texts_forget (RwServerTexts *self)
{
  g_clear_pointer (&self->message, rw_signal_message_unref);
  g_clear_pointer (&self->text, g_bytes_unref);
}

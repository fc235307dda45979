/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hub-notifier.h"

#include <string.h>

/* Bytes of an endSessionV1_1's reason. */
#define MAX_REASON 1000

struct _RwHubNotifier {
  RwHubDirectory *directory;
  RwHubOutbox *outbox;
};

RwHubNotifier *
rw_hub_notifier_new (RwHubDirectory *directory)
{
  RwHubNotifier *self = g_new0 (RwHubNotifier, 1);

  self->directory = directory;
  self->outbox = rw_hub_outbox_new ();
  return self;
}

/** rw_hub_notifier_free: NULL is fine. */
void
rw_hub_notifier_free (RwHubNotifier *self)
{
  if (self == NULL)
    return;

  rw_hub_outbox_free (self->outbox);
  g_free (self);
}

void
rw_hub_notifier_send (RwHubNotifier *self, const RwHubClient *client,
                      RwSignalMessage *message)
{
  rw_hub_outbox_add (self->outbox, rw_hub_client_get_id (client), message);
}

void
rw_hub_notifier_send_error (RwHubNotifier *self, const RwHubClient *client,
                            const char *session_id, const char *code,
                            const char *details, guint64 retry_after_ms)
{
  g_autoptr (RwSignalMessage) message =
      rw_signal_message_new (RW_SIGNAL_ERROR_REPLY);

  message->session_id = g_strdup (session_id);
  message->code = g_strdup (code);
  message->details = g_strdup (details);
  message->retry_after_ms = retry_after_ms;
  rw_hub_notifier_send (self, client, message);
}

void
rw_hub_notifier_send_name_taken (RwHubNotifier *self, const RwHubClient *client,
                                 const char *name, const char *holder)
{
  g_autofree char *details = g_strdup_printf (
      "the stream name \"%s\" is taken: the producer %s holds it; stop that "
      "one or choose another name",
      name, holder);

  rw_hub_notifier_send_error (self, client, NULL, "name-taken", details, 0);
}

static RwSignalMessage *
new_status (const RwHubClient *client)
{
  RwSignalMessage *message =
      rw_signal_message_new (RW_SIGNAL_PEER_STATUS_CHANGED);

  message->peer_id = g_strdup (rw_hub_client_get_id (client));
  message->source = g_strdup (rw_hub_client_get_id (client));
  message->roles = rw_hub_client_get_roles (client);
  rw_signal_message_set_meta (message, rw_hub_client_get_meta (client));
  return message;
}

void
rw_hub_notifier_send_status (RwHubNotifier *self, const RwHubClient *client)
{
  g_autoptr (RwSignalMessage) message = new_status (client);

  rw_hub_notifier_send (self, client, message);
}

void
rw_hub_notifier_announce (RwHubNotifier *self, const RwHubClient *client)
{
  const GQueue *listeners =
      rw_hub_directory_get_of_role (self->directory, RW_ROLE_LISTENER);
  g_autoptr (RwSignalMessage) message = new_status (client);

  for (const GList *l = listeners->head; l != NULL; l = l->next)
    rw_hub_notifier_send (self, l->data, message);
}

/* A reason is for people: what is longer than any would be is cut. */
static char *
shorten (const char *reason)
{
  if (reason == NULL || strlen (reason) <= MAX_REASON)
    return g_strdup (reason);

  return g_strndup (
      reason, (gsize) (g_utf8_find_prev_char (reason, reason + MAX_REASON + 1) -
                       reason));
}

void
rw_hub_notifier_send_end (RwHubNotifier *self, const RwHubClient *client,
                          const char *id, const char *reason)
{
  gboolean has_reason =
      rw_hub_client_get_version (client) == RW_SIGNAL_VERSION_1_1;
  g_autoptr (RwSignalMessage) message = rw_signal_message_new (
      has_reason ? RW_SIGNAL_END_SESSION_V1_1 : RW_SIGNAL_END_SESSION);

  message->session_id = g_strdup (id);
  if (has_reason)
    message->reason = shorten (reason);
  rw_hub_notifier_send (self, client, message);
}

RwSignalMessage *
rw_hub_notifier_pop (RwHubNotifier *self, char **id)
{
  return rw_hub_outbox_pop (self->outbox, id);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hub-transfer.h"

void
rw_hub_restore_client (RwHub *self, const RwHubRecord *record,
                       const RwSignalMessage *request)
{
  RwHubDirectory *directory = rw_hub_get_directory (self);
  RwHubClient *client = rw_hub_directory_find (directory, record->id);
  RwHubRecord local = *record;
  gboolean is_changed =
      client == NULL || rw_hub_client_get_roles (client) != record->roles;

  if (client == NULL)
    client = rw_hub_directory_add (directory, record->id, NULL);
  rw_hub_directory_set_roles (directory, client, RW_ROLE_NONE);
  local.home = NULL;
  local.connected = TRUE;
  local.resilient = TRUE;
  rw_hub_roster_set_record (rw_hub_get_roster (self), client, &local);
  rw_hub_client_set_protocol (client, request);
  rw_hub_client_note_sent (client);
  if (is_changed)
    rw_hub_notifier_announce (rw_hub_get_notifier (self), client);
  rw_hub_directory_note_changed (directory, client);
}

GVariant *
rw_hub_save_client (RwHub *self, const char *id)
{
  const RwHubClient *client =
      rw_hub_directory_find (rw_hub_get_directory (self), id);

  g_return_val_if_fail (client != NULL, NULL);

  return rw_hub_client_save (client);
}

gboolean
rw_hub_load_client (RwHub *self, GVariant *state, GError **error)
{
  RwHubDirectory *directory = rw_hub_get_directory (self);
  g_autoptr (RwHubClient) loaded = rw_hub_client_load (state, error);
  const char *id;
  RwHubClient *client;

  if (loaded == NULL)
    return FALSE;

  id = rw_hub_client_get_id (loaded);
  client = rw_hub_directory_find (directory, id);
  if (client == NULL)
    client = rw_hub_directory_add (directory, id, NULL);
  rw_hub_directory_set_roles (directory, client, RW_ROLE_NONE);
  rw_hub_directory_set_name (directory, client, NULL);
  rw_hub_client_take (client, loaded);
  rw_hub_roster_set_status (rw_hub_get_roster (self), client,
                            rw_hub_client_get_roles (loaded),
                            rw_hub_client_get_name (loaded));
  return TRUE;
}

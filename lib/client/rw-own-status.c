/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-own-status.h"

#include "rw-producer-meta.h"

void
rw_own_status_set (RwOwnStatus *self, RwRoles roles, const char *name,
                   const char *stream_id)
{
  g_autofree char *old_name = self->name;
  g_autofree char *old_stream_id = self->stream_id;

  *self = (RwOwnStatus){.is_set = TRUE,
                        .roles = roles,
                        .name = g_strdup (name),
                        .stream_id = g_strdup (stream_id)};
}

void
rw_own_status_clear (RwOwnStatus *self)
{
  g_free (self->name);
  g_free (self->stream_id);
  *self = (RwOwnStatus){0};
}

gboolean
rw_own_status_is_listener (const RwOwnStatus *self)
{
  return (self->roles & RW_ROLE_LISTENER) != 0;
}

RwSignalMessage *
rw_own_status_new_message (const RwOwnStatus *self)
{
  RwSignalMessage *message;

  if (!self->is_set)
    return NULL;
  message = rw_signal_message_new (RW_SIGNAL_SET_PEER_STATUS);
  message->roles = self->roles;
  if (self->name != NULL && self->stream_id != NULL)
    message->meta = rw_producer_meta_new_text (self->name, self->stream_id);
  return message;
}

RwSignalMessage *
rw_own_status_new_leave_message (const RwOwnStatus *self)
{
  return self->is_set ? rw_signal_message_new (RW_SIGNAL_SET_PEER_STATUS)
                      : NULL;
}

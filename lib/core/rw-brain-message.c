/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-brain-message.h"

static void
peer_free (gpointer data)
{
  RwBrainPeer *peer = data;

  g_free (peer->id);
  g_clear_pointer (&peer->meta, g_ref_string_release);
  g_free (peer);
}

RwBrainMessage *
rw_brain_message_new (RwSignalType type)
{
  RwBrainMessage *self = g_new0 (RwBrainMessage, 1);

  self->ref_count = 1;
  self->type = type;

  return self;
}

RwBrainMessage *
rw_brain_message_ref (RwBrainMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  self->ref_count++;
  return self;
}

/** rw_brain_message_unref: NULL is fine. */
void
rw_brain_message_unref (RwBrainMessage *self)
{
  if (self == NULL || --self->ref_count > 0)
    return;

  g_free (self->peer_id);
  g_free (self->session_id);
  g_clear_pointer (&self->meta, g_ref_string_release);
  g_free (self->name);
  g_clear_pointer (&self->peers, g_ptr_array_unref);
  g_free (self->offer);
  rw_session_request_free (self->request);
  g_clear_pointer (&self->body, g_ref_string_release);
  g_free (self->reason);
  g_free (self->details);
  g_free (self->token);
  g_free (self->client_id);
  g_free (self->room_id);
  g_free (self->instance);
  g_free (self->source);
  g_free (self);
}

/** rw_brain_message_new_peers: an empty list, which is not the same as none. */
GPtrArray *
rw_brain_message_new_peers (void)
{
  return g_ptr_array_new_with_free_func (peer_free);
}

/**
 * rw_brain_message_add_peer:
 * @meta: (nullable): kept by reference
 */
void
rw_brain_message_add_peer (RwBrainMessage *self, const char *id,
                           GRefString *meta)
{
  RwBrainPeer *peer = g_new (RwBrainPeer, 1);

  peer->id = g_strdup (id);
  peer->meta = meta != NULL ? g_ref_string_acquire (meta) : NULL;
  if (self->peers == NULL)
    self->peers = rw_brain_message_new_peers ();
  g_ptr_array_add (self->peers, peer);
}

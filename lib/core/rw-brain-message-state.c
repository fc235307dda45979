/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-brain-message-state.h"

#include "rw-fields.h"

#define ALL_ROLES (RW_ROLE_PRODUCER | RW_ROLE_LISTENER | RW_ROLE_CONSUMER)

static const RwField message_fields[] = {
    RW_FIELD_LIMITED (RwBrainMessage, type, RW_SIGNAL_LAST),
    RW_FIELD_LIMITED (RwBrainMessage, version, RW_SIGNAL_VERSION_1_1),
    RW_FIELD_LIMITED (RwBrainMessage, resilient, TRUE),
    RW_FIELD (RwBrainMessage, peer_id, STRING),
    RW_FIELD (RwBrainMessage, session_id, STRING),
    RW_FIELD_LIMITED (RwBrainMessage, roles, ALL_ROLES),
    RW_FIELD (RwBrainMessage, meta, REF_STRING),
    RW_FIELD (RwBrainMessage, name, STRING),
    RW_FIELD (RwBrainMessage, offer, STRING),
    RW_FIELD (RwBrainMessage, body, REF_STRING),
    RW_FIELD (RwBrainMessage, reason, STRING),
    RW_FIELD (RwBrainMessage, source, STRING),
    RW_FIELD (RwBrainMessage, details, STRING),
    RW_FIELD (RwBrainMessage, code, STATIC_STRING),
    RW_FIELD (RwBrainMessage, retry_after_ms, UINT64),
    RW_FIELD (RwBrainMessage, token, STRING),
    RW_FIELD (RwBrainMessage, grace_ms, UINT64),
    RW_FIELD_LIMITED (RwBrainMessage, resumed, TRUE),
    RW_FIELD (RwBrainMessage, room_id, STRING),
    RW_FIELD (RwBrainMessage, instance, STRING),
    RW_FIELD (RwBrainMessage, sequence, UINT64),
    RW_FIELD (RwBrainMessage, number, UINT64),
    RW_FIELD (RwBrainMessage, lost, UINT64),
    RW_FIELD (RwBrainMessage, time_ms, UINT64),
    RW_FIELD_LIMITED (RwBrainMessage, no_wait, TRUE),
    RW_FIELD_LIMITED (RwBrainMessage, brief, TRUE),
    RW_FIELD_LIMITED (RwBrainMessage, quality, RW_QUALITY_POOR),
    RW_FIELD (RwBrainMessage, seq, UINT64),
    RW_FIELD (RwBrainMessage, ack, UINT64),
    RW_FIELD_LIMITED (RwBrainMessage, has_ack, TRUE),
};

static const RwField request_fields[] = {
    RW_FIELD (RwSessionRequest, stream_id, STRING),
    RW_FIELD (RwSessionRequest, next, UINT64),
    RW_FIELD (RwSessionRequest, generation, UINT64),
    RW_FIELD_LIMITED (RwSessionRequest, start, RW_SESSION_START_OLDEST),
};

static GVariant *
save_peers (const GPtrArray *peers)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sms)"));
  for (guint i = 0; i < peers->len; i++) {
    const RwBrainPeer *peer = g_ptr_array_index (peers, i);

    g_variant_builder_add (&builder, "(sms)", peer->id, peer->meta);
  }

  return g_variant_builder_end (&builder);
}

static GVariant *
save_request (const RwSessionRequest *request)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  rw_fields_add (&builder, "consumer_id",
                 g_variant_new_string (request->consumer_id));
  rw_fields_save (request_fields, G_N_ELEMENTS (request_fields), request,
                  &builder);
  return g_variant_builder_end (&builder);
}

/** rw_brain_message_save: (transfer floating) */
GVariant *
rw_brain_message_save (const RwBrainMessage *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  rw_fields_save (message_fields, G_N_ELEMENTS (message_fields), self,
                  &builder);
  if (self->peers != NULL)
    rw_fields_add (&builder, "peers", save_peers (self->peers));
  if (self->request != NULL)
    rw_fields_add (&builder, "request", save_request (self->request));
  return g_variant_builder_end (&builder);
}

static void
load_peers (RwBrainMessage *self, GVariant *peers)
{
  GVariantIter iter;
  const char *id;
  const char *meta;

  self->peers = rw_brain_message_new_peers ();
  g_variant_iter_init (&iter, peers);
  while (g_variant_iter_next (&iter, "(&sm&s)", &id, &meta)) {
    GRefString *text = meta != NULL ? g_ref_string_new (meta) : NULL;

    rw_brain_message_add_peer (self, id, text);
    g_clear_pointer (&text, g_ref_string_release);
  }
}

static gboolean
load_request (RwBrainMessage *self, GVariant *from, GError **error)
{
  g_autoptr (GVariant) consumer_id =
      rw_fields_get (from, "consumer_id", "s", error);

  if (consumer_id == NULL)
    return FALSE;

  self->request =
      rw_session_request_new (g_variant_get_string (consumer_id, NULL));
  return rw_fields_load (request_fields, G_N_ELEMENTS (request_fields),
                         self->request, from, error);
}

/** rw_brain_message_load: NULL if @state is damaged. */
RwBrainMessage *
rw_brain_message_load (GVariant *state, GError **error)
{
  g_autoptr (RwBrainMessage) self =
      rw_brain_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);
  g_autoptr (GVariant) peers =
      g_variant_lookup_value (state, "peers", G_VARIANT_TYPE ("a(sms)"));
  g_autoptr (GVariant) request =
      g_variant_lookup_value (state, "request", G_VARIANT_TYPE_VARDICT);

  if (!rw_fields_load (message_fields, G_N_ELEMENTS (message_fields), self,
                       state, error))
    return NULL;
  if (peers != NULL)
    load_peers (self, peers);
  if (request != NULL && !load_request (self, request, error))
    return NULL;

  return g_steal_pointer (&self);
}

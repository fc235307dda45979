/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signal-message.h"

#include <string.h>

/* The memory of a message. Which fields own some is in the table. */

typedef struct {
  RwSignalKind kind;
  gsize offset;
} Field;

static const Field fields[] = {
#define OWNED(kind, field, ...)                                                \
  {RW_SIGNAL_KIND_##kind, G_STRUCT_OFFSET (RwSignalMessage, field)},
#define TYPE(...)
#define END_TYPE
#define FIELD OWNED
#define ALSO(...)
#define PART   OWNED
#define COMMON OWNED
#define HIDDEN OWNED
#include "rw-signal-messages.def"
};

/** rw_signal_message_new: empty but for @type; fill in the fields. */
RwSignalMessage *
rw_signal_message_new (RwSignalType type)
{
  RwSignalMessage *self = g_new0 (RwSignalMessage, 1);

  self->ref_count = 1;
  self->type = type;
  self->expires_us = G_MAXINT64;
  return self;
}

RwSignalMessage *
rw_signal_message_ref (RwSignalMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  self->ref_count++;
  return self;
}

static void
clear_field (const Field *field, RwSignalMessage *self)
{
  gpointer *owned = G_STRUCT_MEMBER_P (self, field->offset);

  switch (field->kind) {
  case RW_SIGNAL_KIND_STRING:
  case RW_SIGNAL_KIND_ID:
    g_free (*owned);
    break;
  case RW_SIGNAL_KIND_JSON:
    g_clear_pointer ((GRefString **) owned, g_ref_string_release);
    break;
  case RW_SIGNAL_KIND_PEERS:
  case RW_SIGNAL_KIND_ICE_SERVERS:
    g_clear_pointer ((GPtrArray **) owned, g_ptr_array_unref);
    break;
  default:
    break;
  }
}

/** rw_signal_message_unref: NULL is fine. */
void
rw_signal_message_unref (RwSignalMessage *self)
{
  if (self == NULL || --self->ref_count > 0)
    return;

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    clear_field (&fields[i], self);
  g_free (self);
}

static gsize
get_field_length (const Field *field, const RwSignalMessage *self)
{
  const gpointer *owned = G_STRUCT_MEMBER_P (self, field->offset);
  const GPtrArray *peers = *owned;
  gsize length = 0;

  switch (*owned != NULL ? field->kind : RW_SIGNAL_KIND_BOOL) {
  case RW_SIGNAL_KIND_STRING:
  case RW_SIGNAL_KIND_ID:
  case RW_SIGNAL_KIND_JSON:
    return strlen (*owned);
  case RW_SIGNAL_KIND_PEERS:
    for (guint i = 0; i < peers->len; i++) {
      const RwSignalPeer *peer = g_ptr_array_index (peers, i);

      length += strlen (peer->id) + (peer->meta ? strlen (peer->meta) : 0);
    }
    return length;
  default:
    return 0;
  }
}

/** rw_signal_message_get_length: the bytes of all texts in it, but those of ICE
 * servers, which the hub never has. */
gsize
rw_signal_message_get_length (const RwSignalMessage *self)
{
  gsize length = 0;

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    length += get_field_length (&fields[i], self);
  return length;
}

/** rw_signal_message_set_meta: @meta: (nullable): kept by reference */
void
rw_signal_message_set_meta (RwSignalMessage *self, GRefString *meta)
{
  g_clear_pointer (&self->meta, g_ref_string_release);
  if (meta != NULL)
    self->meta = g_ref_string_acquire (meta);
}

/** rw_signal_message_set_request: @request: (nullable): copied; for a message
 * without one */
void
rw_signal_message_set_request (RwSignalMessage *self,
                               const RwSessionRequest *request)
{
  if (request == NULL)
    return;

  self->request = *request;
  self->request.consumer_id = g_strdup (request->consumer_id);
  self->request.stream_id = g_strdup (request->stream_id);
}

static void
peer_free (gpointer data)
{
  RwSignalPeer *peer = data;

  g_free (peer->id);
  g_clear_pointer (&peer->meta, g_ref_string_release);
  g_free (peer);
}

/** rw_signal_peers_new: an empty list, which is not the same as none. */
GPtrArray *
rw_signal_peers_new (void)
{
  return g_ptr_array_new_with_free_func (peer_free);
}

/** rw_signal_peers_add: @meta: (nullable): kept by reference */
void
rw_signal_peers_add (GPtrArray *peers, const char *id, GRefString *meta)
{
  RwSignalPeer *peer = g_new (RwSignalPeer, 1);

  peer->id = g_strdup (id);
  peer->meta = meta != NULL ? g_ref_string_acquire (meta) : NULL;
  g_ptr_array_add (peers, peer);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-brain-json.h"

#include <string.h>

#include "rw-producer-meta.h"

#define RW_RESILIENT_VERSION 1

static GRefString *
meta_to_text (JsonNode *meta)
{
  g_autofree char *text = NULL;

  if (meta == NULL)
    return NULL;

  text = json_to_string (meta, FALSE);
  return g_ref_string_new (text);
}

static JsonNode *
meta_to_node (GRefString *meta)
{
  return meta != NULL ? json_from_string (meta, NULL) : NULL;
}

/* A `peer` message is the same in both directions: its whole text is what the
 * brain passes on, written anew, so that nothing unchecked gets through. */
static void
set_body (RwBrainMessage *self, const RwSignalMessage *signal)
{
  RwSignalMessage plain = *signal;
  g_autofree char *text = NULL;

  /* The numbers are between the sender and us. */
  plain.seq = 0;
  plain.has_ack = FALSE;
  text = rw_signal_message_to_json (&plain);
  self->body = g_ref_string_new (text);
}

static void
set_status (RwBrainMessage *self, const RwSignalMessage *signal)
{
  g_auto (RwProducerMeta) meta = {NULL, 0, NULL};

  rw_producer_meta_read (&meta, signal->meta);
  self->name = g_steal_pointer (&meta.name);
  self->roles = signal->roles;
  self->meta = meta_to_text (signal->meta);
}

static void
set_numbers (RwBrainMessage *self, const RwSignalMessage *signal)
{
  self->seq = signal->seq;
  self->has_ack = signal->has_ack;
  self->ack = signal->ack;
}

static void
set_opt_in (RwBrainMessage *self, const RwSignalOptIn *opt_in)
{
  self->resilient = TRUE;
  self->token = g_strdup (opt_in->token);
  self->client_id = g_strdup (opt_in->client_id);
  self->ack = opt_in->ack;
  self->attempt = opt_in->attempt;
  self->degraded = opt_in->degraded;
}

/** rw_brain_message_from_signal: a client's message, for rw_brain_handle(). */
RwBrainMessage *
rw_brain_message_from_signal (const RwSignalMessage *signal)
{
  RwBrainMessage *self = rw_brain_message_new (signal->type);

  self->version = signal->version;
  self->peer_id = g_strdup (signal->peer_id);
  self->session_id = g_strdup (signal->session_id);
  self->offer = g_strdup (signal->offer);
  self->request = rw_session_request_copy (signal->request);
  self->reason = g_strdup (signal->reason);
  if (signal->type == RW_SIGNAL_SET_PEER_STATUS)
    set_status (self, signal);
  else
    self->meta = meta_to_text (signal->meta);
  self->room_id = g_strdup (signal->room_id);
  self->instance = g_strdup (signal->instance);
  self->sequence = signal->sequence;
  self->number = signal->number;
  self->no_wait = signal->no_wait;
  self->brief = signal->brief;
  if (signal->type == RW_SIGNAL_REPORT_QUALITY)
    self->quality = rw_quality_judge (&signal->quality);
  if (signal->type == RW_SIGNAL_PEER)
    set_body (self, signal);
  set_numbers (self, signal);
  if (signal->opt_in != NULL)
    set_opt_in (self, signal->opt_in);

  return self;
}

static GPtrArray *
copy_peers (const GPtrArray *peers)
{
  GPtrArray *copy =
      g_ptr_array_new_with_free_func ((GDestroyNotify) rw_signal_peer_free);

  for (guint i = 0; i < peers->len; i++) {
    const RwBrainPeer *peer = g_ptr_array_index (peers, i);

    g_ptr_array_add (copy,
                     rw_signal_peer_new (peer->id, meta_to_node (peer->meta)));
  }

  return copy;
}

static RwSignalResilience *
new_resilience (const RwBrainMessage *self)
{
  RwSignalResilience *resilience = g_new0 (RwSignalResilience, 1);

  resilience->version = RW_RESILIENT_VERSION;
  resilience->token = g_strdup (self->token);
  resilience->grace_ms = self->grace_ms;
  resilience->resumed = self->resumed;
  resilience->degraded = self->degraded;
  resilience->ack = self->ack;
  return resilience;
}

/** rw_brain_message_to_json: one frame's text for a client. */
char *
rw_brain_message_to_json (const RwBrainMessage *self)
{
  g_autoptr (RwSignalMessage) signal = NULL;

  if (self->type == RW_SIGNAL_PEER)
    return g_strdup (self->body);

  signal = rw_signal_message_new (self->type);
  signal->peer_id = g_strdup (self->peer_id);
  signal->session_id = g_strdup (self->session_id);
  signal->roles = self->roles;
  signal->meta = meta_to_node (self->meta);
  signal->offer = g_strdup (self->offer);
  signal->request = rw_session_request_copy (self->request);
  signal->reason = g_strdup (self->reason);
  signal->details = g_strdup (self->details);
  signal->code = g_strdup (self->code);
  signal->retry_after_ms = self->retry_after_ms;
  signal->room_id = g_strdup (self->room_id);
  signal->instance = g_strdup (self->instance);
  signal->sequence = self->sequence;
  signal->number = self->number;
  signal->lost = self->lost;
  signal->time_ms = self->time_ms;
  if (self->type == RW_SIGNAL_RESILIENT_WELCOME)
    signal->resilience = new_resilience (self);
  if (self->peers != NULL)
    signal->peers = copy_peers (self->peers);

  return rw_signal_message_to_json (signal);
}

/**
 * rw_brain_json_print_numbers:
 * @tail: of %RW_BRAIN_JSON_MAX_NUMBERS bytes
 * @seq: 0 for none
 *
 * Writes what takes the place of the last brace of an object's text from
 * rw_brain_message_to_json(). One text is written for many clients; each has
 * numbers of its own.
 *
 * Returns: the length
 */
gsize
rw_brain_json_print_numbers (char *tail, guint64 seq, gboolean has_ack,
                             guint64 ack)
{
  int n = 0;

  if (seq > 0)
    n += g_snprintf (tail, RW_BRAIN_JSON_MAX_NUMBERS,
                     ",\"seq\":%" G_GUINT64_FORMAT, seq);
  if (has_ack)
    n += g_snprintf (tail + n, (gulong) (RW_BRAIN_JSON_MAX_NUMBERS - n),
                     ",\"ack\":%" G_GUINT64_FORMAT, ack);
  n += g_snprintf (tail + n, (gulong) (RW_BRAIN_JSON_MAX_NUMBERS - n), "}");

  return (gsize) n;
}

/** rw_brain_json_add_member: @json is a value's text, @text an object's. */
char *
rw_brain_json_add_member (const char *text, const char *member,
                          const char *json)
{
  gsize len = strlen (text);

  g_return_val_if_fail (len > 2 && text[len - 1] == '}', NULL);

  return g_strdup_printf ("%.*s,\"%s\":%s}", (int) len - 1, text, member, json);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signal-dispatch.h"

#include "rw-producer-meta.h"

/* More are a fault of the server; they are announced, and not remembered. */
#define MAX_PRODUCERS 16384

struct _RwSignalDispatch {
  RwSignaller *signaller;
  RwReliableChannel *channel;
  char *peer_id; /* the client's, on the connection in use */
  gboolean listening;
  gboolean listed;       /* the list was answered on this connection */
  GHashTable *producers; /* announced: peer ids */
};

static void
rw_signal_dispatch_report (RwSignalDispatch *self, const char *peer_id,
                           RwRoles roles, const char *meta)
{
  g_auto (RwProducerMeta) known = {0};

  if (!(roles & RW_ROLE_PRODUCER))
    g_hash_table_remove (self->producers, peer_id);
  else if (g_hash_table_size (self->producers) < MAX_PRODUCERS)
    g_hash_table_add (self->producers, g_strdup (peer_id));
  rw_producer_meta_read (&known, meta);
  rw_signaller_emit_peer_status (self->signaller, peer_id, roles, known.name,
                                 known.resilient > 0, known.stream_id);
}

static void
rw_signal_dispatch_receive_status (RwSignalDispatch *self,
                                   const RwSignalMessage *message)
{
  if (message->peer_id == NULL ||
      g_strcmp0 (message->peer_id, self->peer_id) == 0)
    return;
  rw_signal_dispatch_report (self, message->peer_id, message->roles,
                             message->meta);
}

/* Those announced on an earlier connection, and not there any more. */
static GPtrArray *
rw_signal_dispatch_find_gone (RwSignalDispatch *self, GPtrArray *peers)
{
  GPtrArray *gone = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) there = g_hash_table_new (g_str_hash, g_str_equal);
  GHashTableIter iter;
  gpointer peer_id;

  for (guint i = 0; i < peers->len; i++)
    g_hash_table_add (there, ((RwSignalPeer *) peers->pdata[i])->id);
  g_hash_table_iter_init (&iter, self->producers);
  while (g_hash_table_iter_next (&iter, &peer_id, NULL))
    if (!g_hash_table_contains (there, peer_id))
      g_ptr_array_add (gone, g_strdup (peer_id));
  return gone;
}

static void
rw_signal_dispatch_receive_list (RwSignalDispatch *self,
                                 const RwSignalMessage *message)
{
  g_autoptr (GPtrArray) gone = NULL;

  /* Later answers are signs of life; news comes without asking. */
  if (message->peers == NULL || self->listed || !self->listening)
    return;
  self->listed = TRUE;
  gone = rw_signal_dispatch_find_gone (self, message->peers);
  for (guint i = 0; i < gone->len; i++)
    rw_signal_dispatch_report (self, gone->pdata[i], RW_ROLE_NONE, NULL);
  for (guint i = 0; i < message->peers->len; i++) {
    const RwSignalPeer *peer = message->peers->pdata[i];

    if (g_strcmp0 (peer->id, self->peer_id) != 0)
      rw_signal_dispatch_report (self, peer->id, RW_ROLE_PRODUCER, peer->meta);
  }
}

static void
rw_signal_dispatch_receive_peer (RwSignalDispatch *self,
                                 const RwSignalMessage *message)
{
  if (message->sdp != NULL)
    rw_signaller_emit_description (self->signaller, message->session_id,
                                   (RwSdpType) message->sdp_type, message->sdp);
  else
    rw_signaller_emit_candidate (self->signaller, message->session_id,
                                 (guint) message->sdp_m_line_index,
                                 message->candidate);
}

static const RwSessionRequest *
get_request (const RwSignalMessage *message)
{
  return message->request.consumer_id != NULL ? &message->request : NULL;
}

static void
rw_signal_dispatch_receive_started (RwSignalDispatch *self,
                                    const RwSignalMessage *message)
{
  guint64 generation = 0;

  rw_reliable_channel_take_answer (self->channel, &generation);
  rw_signaller_emit_session_started (self->signaller, message->peer_id,
                                     message->session_id, generation);
}

/* This project's servers name the subject of an error; what is not allowed was
 * most likely asked for last. Of others' any may be the answer, and one that is
 * not costs an attempt, which is repeated. */
static gboolean
is_answer_to_request (const RwSignalMessage *message)
{
  static const char *const codes[] = {"unknown-peer", "too-many-sessions",
                                      "wrong-direction", "not-allowed", NULL};

  if (message->session_id != NULL)
    return FALSE;
  return message->code == NULL || g_strv_contains (codes, message->code);
}

static void
rw_signal_dispatch_receive_error (RwSignalDispatch *self,
                                  const RwSignalMessage *message)
{
  guint64 generation;

  if (is_answer_to_request (message) &&
      rw_reliable_channel_take_answer (self->channel, &generation))
    rw_signaller_emit_session_refused (self->signaller, generation,
                                       message->details);
  else
    rw_signaller_emit_server_error (self->signaller, message->details);
}

RwSignalDispatch *
rw_signal_dispatch_new (RwSignaller *signaller, RwReliableChannel *channel)
{
  RwSignalDispatch *self = g_new0 (RwSignalDispatch, 1);

  self->signaller = signaller;
  self->channel = channel;
  self->producers =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
rw_signal_dispatch_free (RwSignalDispatch *self)
{
  g_hash_table_unref (self->producers);
  g_free (self->peer_id);
  g_free (self);
}

void
rw_signal_dispatch_set_listening (RwSignalDispatch *self, gboolean listening)
{
  self->listening = listening;
}

void
rw_signal_dispatch_open (RwSignalDispatch *self, const char *peer_id)
{
  g_free (self->peer_id);
  self->peer_id = g_strdup (peer_id);
  self->listed = FALSE;
}

void
rw_signal_dispatch_forget (RwSignalDispatch *self)
{
  g_hash_table_remove_all (self->producers);
}

void
rw_signal_dispatch_receive (RwSignalDispatch *self,
                            const RwSignalMessage *message)
{
  RwSignaller *signaller = self->signaller;

  switch (message->type) {
  case RW_SIGNAL_PEER_STATUS_CHANGED:
    rw_signal_dispatch_receive_status (self, message);
    break;
  case RW_SIGNAL_LIST:
    rw_signal_dispatch_receive_list (self, message);
    break;
  case RW_SIGNAL_SESSION_STARTED:
    rw_signal_dispatch_receive_started (self, message);
    break;
  case RW_SIGNAL_START_SESSION:
    if (message->session_id != NULL)
      rw_signaller_emit_session_requested (signaller, message->peer_id,
                                           message->session_id, message->offer,
                                           get_request (message));
    break;
  case RW_SIGNAL_END_SESSION:
  case RW_SIGNAL_END_SESSION_V1_1:
    rw_signaller_emit_session_ended (signaller, message->session_id,
                                     message->reason);
    break;
  case RW_SIGNAL_PEER:
    rw_signal_dispatch_receive_peer (self, message);
    break;
  case RW_SIGNAL_ERROR_REPLY:
    rw_signal_dispatch_receive_error (self, message);
    break;
  default:
    g_debug ("<- %s is passed over", rw_signal_type_to_string (message->type));
    break;
  }
}

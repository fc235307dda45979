/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-scripted.h"

#include <string.h>

#include "rw-stream-id.h"
#include "test-ordinary.h"

/* See the header. */

#define BEAT_MS 50

struct _TestScripted {
  TestPeer *line;
  TestScript script;
  RwLoop *loop;
  GPtrArray *sessions; /* Session */
  guint8 stream_id[RW_STREAM_ID_SIZE];
  guint n_asked;
  gint n_welcomed;
};

typedef TestScriptedSession Session;

struct _TestScriptedSession {
  TestScripted *owner;
  char *id;
  RwWebrtcPeer *peer;
  guint32 generation;
  guint32 seq;
  GSource *beat; /* of the control thread */
  gint is_closed;
};

/* ---- Control thread: the data channel ---- */

void
test_scripted_send_bytes (Session *session, const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);

  rw_peer_send (RW_PEER (session->peer), bytes);
}

void
test_scripted_send (Session *session, RwMessage *message)
{
  g_autofree guint8 *buffer = g_malloc (RW_CHANNEL_MAX_SIZE);

  message->generation = session->generation;
  message->seq = ++session->seq;
  message->sent_us = (guint32) g_get_monotonic_time ();
  test_scripted_send_bytes (
      session, buffer,
      rw_channel_encode (message, buffer, RW_CHANNEL_MAX_SIZE));
}

static RwStatus
make_status (Session *session)
{
  const TestScript *script = &session->owner->script;

  return (RwStatus){
      .head = script->n_frames,
      .live_from = RW_INDEX_NONE,
      .expect_to = script->n_frames,
      .n_formats = script->caps != NULL,
  };
}

void
test_scripted_welcome (Session *session)
{
  RwMessage message = {.type = RW_MESSAGE_WELCOME};

  memcpy (message.welcome.stream_id, session->owner->stream_id,
          RW_STREAM_ID_SIZE);
  message.welcome.beat_ms = BEAT_MS;
  message.welcome.status = make_status (session);
  test_scripted_send (session, &message);
  g_atomic_int_inc (&session->owner->n_welcomed);
}

static void
send_format (Session *session)
{
  RwMessage message = {.type = RW_MESSAGE_FORMAT};

  message.format.caps = session->owner->script.caps;
  message.format.length = strlen (message.format.caps);
  test_scripted_send (session, &message);
}

static void
send_frames (Session *session)
{
  static const guint8 packet[] = {0x48, 1, 2, 3};
  RwMessage message = {.type = RW_MESSAGE_FRAMES};

  message.frames.n_frames = session->owner->script.n_frames;
  for (guint i = 0; i < message.frames.n_frames; i++)
    message.frames.frames[i] = (RwFrame){
        .index = i,
        .running_time_ns = i * 20 * GST_MSECOND,
        .capture_time_ns = RW_CAPTURE_TIME_NONE,
        .duration = 960,
        .size = sizeof packet,
        .data = packet,
    };
  test_scripted_send (session, &message);
}

static gboolean
on_beat (gpointer data)
{
  Session *session = data;
  RwMessage message = {.type = RW_MESSAGE_BEAT};

  message.beat.status = make_status (session);
  test_scripted_send (session, &message);
  return G_SOURCE_CONTINUE;
}

static void
start_beats (Session *session)
{
  if (session->beat != NULL)
    return;
  session->beat = g_timeout_source_new (BEAT_MS);
  g_source_set_callback (session->beat, on_beat, session, NULL);
  g_source_attach (session->beat, rw_loop_get_context (session->owner->loop));
}

static void
on_channel_message (RwPeer *peer, GBytes *bytes, Session *session)
{
  const TestScript *script = &session->owner->script;
  RwMessage message;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (!rw_channel_decode (data, size, &message, NULL) ||
      message.type != RW_MESSAGE_HELLO)
    return;
  session->generation = message.generation;
  if (script->answer) {
    script->answer (session);
    return;
  }
  test_scripted_welcome (session);
  if (script->caps)
    send_format (session);
  if (script->n_frames > 0)
    send_frames (session);
  if (script->beats)
    start_beats (session);
}

/* ---- Between the control thread and the test's ---- */

typedef struct {
  Session *session;
  guint mline;
  char *candidate;
  char *sdp;
} Event;

static gboolean
on_event (gpointer data)
{
  Event *event = data;
  Session *session = event->session;

  if (event->sdp)
    test_ordinary_send_description (session->owner->line, session->id, "offer",
                                    event->sdp);
  else
    test_ordinary_send_candidate (session->owner->line, session->id,
                                  event->mline, event->candidate);
  g_free (event->candidate);
  g_free (event->sdp);
  g_free (event);
  return G_SOURCE_REMOVE;
}

static void
post_event (Session *session, guint mline, const char *candidate,
            const char *sdp)
{
  Event *event = g_new (Event, 1);

  *event = (Event){session, mline, g_strdup (candidate), g_strdup (sdp)};
  g_idle_add (on_event, event);
}

static void
on_local_description (RwPeer *peer, guint type, const char *sdp,
                      Session *session)
{
  post_event (session, 0, NULL, sdp);
}

static void
on_local_candidate (RwPeer *peer, guint mline, const char *candidate,
                    Session *session)
{
  post_event (session, mline, candidate, NULL);
}

static void
on_closed (RwPeer *peer, Session *session)
{
  g_atomic_int_set (&session->is_closed, TRUE);
}

static void
start_on_loop (gpointer data)
{
  Session *session = data;

  g_signal_connect (session->peer, "channel-message",
                    G_CALLBACK (on_channel_message), session);
  g_signal_connect (session->peer, "local-description",
                    G_CALLBACK (on_local_description), session);
  g_signal_connect (session->peer, "local-candidate",
                    G_CALLBACK (on_local_candidate), session);
  g_signal_connect (session->peer, "closed", G_CALLBACK (on_closed), session);
  rw_peer_start (RW_PEER (session->peer));
}

static void
close_on_loop (gpointer data)
{
  Session *session = data;

  if (session->beat)
    g_source_destroy (session->beat);
  g_clear_pointer (&session->beat, g_source_unref);
  rw_peer_close (RW_PEER (session->peer), FALSE);
}

typedef struct {
  Session *session;
  JsonObject *object;
} Remote;

static void
set_remote_on_loop (gpointer data)
{
  Remote *remote = data;
  RwPeer *peer = RW_PEER (remote->session->peer);

  if (json_object_has_member (remote->object, "sdp")) {
    rw_peer_set_remote_description (
        peer, RW_SDP_TYPE_ANSWER,
        json_object_get_string_member (
            json_object_get_object_member (remote->object, "sdp"), "sdp"));
  } else {
    JsonObject *ice = json_object_get_object_member (remote->object, "ice");

    rw_peer_add_remote_candidate (
        peer, (guint) json_object_get_int_member (ice, "sdpMLineIndex"),
        json_object_get_string_member (ice, "candidate"));
  }
}

/* ---- The test's thread ---- */

static void
add_session (TestScripted *self, const char *id)
{
  static const RwWebrtcPeerFuncs no_funcs = {NULL};
  Session *session = g_new0 (Session, 1);
  RwWebrtcPeerConfig config = {
      .role = RW_WEBRTC_PEER_PRODUCER,
      .loop = self->loop,
      .funcs = &no_funcs,
  };

  session->owner = self;
  session->id = g_strdup (id);
  session->peer = rw_webrtc_peer_new (&config);
  g_ptr_array_add (self->sessions, session);
  rw_loop_call (self->loop, start_on_loop, session);
}

static void
pass_on (TestScripted *self, JsonObject *object)
{
  const char *id = json_object_get_string_member (object, "sessionId");

  for (guint i = 0; i < self->sessions->len; i++) {
    Session *session = g_ptr_array_index (self->sessions, i);
    Remote remote = {session, object};

    if (g_str_equal (session->id, id))
      rw_loop_call (self->loop, set_remote_on_loop, &remote);
  }
}

static void
take_message (TestScripted *self, const char *text)
{
  g_autoptr (JsonNode) root = json_from_string (text, NULL);
  JsonObject *object = json_node_get_object (root);
  const char *type = json_object_get_string_member (object, "type");

  if (g_str_equal (type, "startSession")) {
    self->n_asked++;
    add_session (self, json_object_get_string_member (object, "sessionId"));
  } else if (g_str_equal (type, "peer")) {
    pass_on (self, object);
  }
}

void
test_scripted_take_messages (TestScripted *self)
{
  char *text;

  while ((text = g_queue_pop_head (&self->line->received)) != NULL) {
    take_message (self, text);
    g_free (text);
  }
}

guint
test_scripted_get_n_asked (TestScripted *self)
{
  test_scripted_take_messages (self);
  return self->n_asked;
}

guint
test_scripted_get_n_welcomed (TestScripted *self)
{
  test_scripted_take_messages (self);
  return (guint) g_atomic_int_get (&self->n_welcomed);
}

TestScripted *
test_scripted_new (TestSide *src, const TestScript *script)
{
  TestScripted *self = g_new0 (TestScripted, 1);
  g_autofree char *welcome = NULL;
  g_autofree char *stream_id = NULL;

  self->script = *script;
  self->loop = rw_loop_new ("scripted");
  self->sessions = g_ptr_array_new ();
  rw_stream_id_generate (self->stream_id);
  stream_id = rw_stream_id_to_string (self->stream_id);
  self->line = test_peer_new (test_side_get_port (src));
  welcome = test_peer_expect_type (self->line, "welcome");
  test_peer_send_json (self->line,
                       "{'type':'setPeerStatus','roles':['producer'],"
                       "'meta':{'name':'studio','streamId':'%s'}}",
                       stream_id);
  return self;
}

static gboolean
is_closed (gpointer data)
{
  return g_atomic_int_get (&((Session *) data)->is_closed);
}

static void
drop_peer_on_loop (gpointer data)
{
  g_clear_object (&((Session *) data)->peer);
}

static void
end_session (TestScripted *self, Session *session)
{
  rw_loop_call (self->loop, close_on_loop, session);
  test_wait_until (is_closed, session, "the end of a session");
  rw_loop_call (self->loop, drop_peer_on_loop, session);
}

static void
free_session (gpointer data, gpointer unused)
{
  Session *session = data;

  g_free (session->id);
  g_free (session);
}

void
test_scripted_free (TestScripted *self)
{
  for (guint i = 0; i < self->sessions->len; i++)
    end_session (self, g_ptr_array_index (self->sessions, i));
  while (g_main_context_iteration (NULL, FALSE))
    ; /* events that are still to come name their session */
  g_ptr_array_foreach (self->sessions, free_session, NULL);
  g_ptr_array_unref (self->sessions);
  rw_loop_stop (self->loop);
  g_object_unref (self->loop);
  test_peer_free (self->line);
  g_free (self);
}

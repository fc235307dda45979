/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-plain-peer.h"

/* Lines: "sdp offer|answer ESCAPED" and "ice MLINE CANDIDATE". */
#include <string.h>
#include <gst/webrtc/webrtc.h>

struct TestPlainPeer {
  GstElement *webrtc;
  GIOStream *stream;
  GDataInputStream *in;
  GCancellable *cancellable;
  void (*closed) (gpointer user_data);
  gpointer user_data;
};

typedef struct {
  GIOStream *stream;
  char *line;
} Outgoing;

static void
outgoing_free (gpointer data)
{
  Outgoing *outgoing = data;

  g_object_unref (outgoing->stream);
  g_free (outgoing->line);
  g_free (outgoing);
}

static gboolean
write_outgoing (gpointer data)
{
  Outgoing *outgoing = data;
  GOutputStream *out = g_io_stream_get_output_stream (outgoing->stream);

  /* A lost line shows as a connection that never comes up. */
  g_output_stream_write_all (out, outgoing->line, strlen (outgoing->line), NULL,
                             NULL, NULL);
  return G_SOURCE_REMOVE;
}

/* Takes the line. From any thread: webrtcbin calls on its own. */
static void
send_line (TestPlainPeer *self, char *line)
{
  Outgoing *outgoing = g_new0 (Outgoing, 1);

  outgoing->stream = g_object_ref (self->stream);
  outgoing->line = line;
  g_main_context_invoke_full (NULL, G_PRIORITY_DEFAULT, write_outgoing,
                              outgoing, outgoing_free);
}

static void
on_ice_candidate (GstElement *webrtc, guint mline, char *candidate,
                  gpointer data)
{
  send_line (data, g_strdup_printf ("ice %u %s\n", mline, candidate));
}

static void
on_description_created (GstPromise *promise, gpointer data)
{
  TestPlainPeer *self = data;
  const GstStructure *reply = gst_promise_get_reply (promise);
  GstWebRTCSessionDescription *description = NULL;
  g_autofree char *text = NULL, *escaped = NULL;
  const char *type;

  if (!reply)
    return;
  if (gst_structure_has_field (reply, "offer"))
    gst_structure_get (reply, "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
                       &description, NULL);
  else
    gst_structure_get (reply, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
                       &description, NULL);
  gst_promise_unref (promise);
  if (!description)
    return;
  g_signal_emit_by_name (self->webrtc, "set-local-description", description,
                         NULL);
  text = gst_sdp_message_as_text (description->sdp);
  escaped = g_strescape (text, NULL);
  type = gst_webrtc_sdp_type_to_string (description->type);
  send_line (self, g_strdup_printf ("sdp %s %s\n", type, escaped));
  gst_webrtc_session_description_free (description);
}

static void
on_negotiation_needed (GstElement *webrtc, gpointer data)
{
  g_signal_emit_by_name (
      webrtc, "create-offer", NULL,
      gst_promise_new_with_change_func (on_description_created, data, NULL));
}

static void
on_remote_offer_set (GstPromise *promise, gpointer data)
{
  TestPlainPeer *self = data;

  gst_promise_unref (promise);
  g_signal_emit_by_name (
      self->webrtc, "create-answer", NULL,
      gst_promise_new_with_change_func (on_description_created, self, NULL));
}

static void
take_description (TestPlainPeer *self, const char *type, const char *escaped)
{
  g_autofree char *text = g_strcompress (escaped);
  GstWebRTCSessionDescription *description;
  gboolean offer = g_str_equal (type, "offer");
  GstSDPMessage *message;

  if (gst_sdp_message_new_from_text (text, &message) != GST_SDP_OK)
    return;
  description = gst_webrtc_session_description_new (
      offer ? GST_WEBRTC_SDP_TYPE_OFFER : GST_WEBRTC_SDP_TYPE_ANSWER, message);
  g_signal_emit_by_name (
      self->webrtc, "set-remote-description", description,
      offer ? gst_promise_new_with_change_func (on_remote_offer_set, self, NULL)
            : NULL);
  gst_webrtc_session_description_free (description);
}

static void
take_line (TestPlainPeer *self, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 3);

  if (g_strv_length (words) < 3)
    return;
  if (g_str_equal (words[0], "sdp"))
    take_description (self, words[1], words[2]);
  else if (g_str_equal (words[0], "ice"))
    g_signal_emit_by_name (self->webrtc, "add-ice-candidate",
                           (guint) g_ascii_strtoull (words[1], NULL, 10),
                           words[2]);
}

static void
on_line (GObject *source, GAsyncResult *result, gpointer data)
{
  TestPlainPeer *self = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = g_data_input_stream_read_line_finish (
      G_DATA_INPUT_STREAM (source), result, NULL, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* self is gone */
  if (!line) {
    self->closed (self->user_data);
    return;
  }
  take_line (self, line);
  g_data_input_stream_read_line_async (self->in, G_PRIORITY_DEFAULT,
                                       self->cancellable, on_line, self);
}

TestPlainPeer *
test_plain_peer_new (GstElement *pipeline, GIOStream *stream, gboolean offers,
                     GCallback closed, gpointer user_data)
{
  TestPlainPeer *self = g_new0 (TestPlainPeer, 1);

  self->webrtc = gst_bin_get_by_name (GST_BIN (pipeline), "webrtc");
  self->stream = g_object_ref (stream);
  self->in = g_data_input_stream_new (g_io_stream_get_input_stream (stream));
  self->cancellable = g_cancellable_new ();
  self->closed = (void (*) (gpointer)) closed;
  self->user_data = user_data;
  g_signal_connect (self->webrtc, "on-ice-candidate",
                    G_CALLBACK (on_ice_candidate), self);
  if (offers)
    g_signal_connect (self->webrtc, "on-negotiation-needed",
                      G_CALLBACK (on_negotiation_needed), self);
  g_data_input_stream_read_line_async (self->in, G_PRIORITY_DEFAULT,
                                       self->cancellable, on_line, self);
  return self;
}

void
test_plain_peer_free (TestPlainPeer *self)
{
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  g_signal_handlers_disconnect_by_data (self->webrtc, self);
  gst_object_unref (self->webrtc);
  g_io_stream_close (self->stream, NULL, NULL);
  g_object_unref (self->in);
  g_object_unref (self->stream);
  g_free (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plain webrtcbin sender or receiver for a supervisor to restart:
 *
 *   plain send UDP-PORT TCP-PORT
 *   plain receive HOST TCP-PORT FRAMES SILENCE-MS [LATENCY-MS CLICKS]
 *
 * send takes RTP packets of Opus on the loopback's UDP-PORT and offers them to
 * whoever connects to TCP-PORT; the encoder lives elsewhere, and outlives it.
 * receive appends to FRAMES (test-frame-log.h), and ends when nothing has come
 * for SILENCE-MS: what a hand-written client knows of an outage. With CLICKS it
 * also plays, at LATENCY-MS of the jitter buffer, and appends to that file
 * (test-click-log.h). Either ends when the other's connection does. */
#include <stdio.h>
#include <glib-unix.h>
#include "test-click-log.h"
#include "test-frame-log.h"
#include "test-plain-peer.h"

#define RTP_CAPS                                                               \
  "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,"         \
  "payload=96"
#define PLAYED "audio/x-raw,format=S16LE,rate=48000,channels=1"

typedef struct {
  GMainLoop *loop;
  GstElement *pipeline;
  FILE *frames;
  FILE *clicks;        /* NULL: nothing is played */
  const char *latency; /* of webrtcbin, ms; NULL for its default */
  gint arrived;        /* atomic: frames since the watchdog looked */
} App;

static void
on_closed (gpointer data)
{
  App *app = data;

  g_main_loop_quit (app->loop);
}

static gboolean
on_signal (gpointer data)
{
  on_closed (data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_watchdog (gpointer data)
{
  App *app = data;

  if (g_atomic_int_exchange (&app->arrived, 0) == 0)
    g_main_loop_quit (app->loop);
  return G_SOURCE_CONTINUE;
}

static GstPadProbeReturn
on_frame (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  App *app = data;

  g_atomic_int_inc (&app->arrived);
  return GST_PAD_PROBE_OK;
}

/* As an application does when its pipeline has got a new part. */
static gboolean
on_latency (gpointer pipeline)
{
  gst_bin_recalculate_latency (pipeline);
  return G_SOURCE_REMOVE;
}

static void
on_pad_added (GstElement *webrtc, GstPad *pad, gpointer data)
{
  App *app = data;
  GstElement *bin = gst_parse_bin_from_description (
      app->clicks ? "rtpopusdepay name=depay ! opusdec ! audioconvert ! " PLAYED
                    " ! fakesink name=out sync=true async=false"
                  : "rtpopusdepay name=depay ! "
                    "fakesink name=out sync=false async=false",
      TRUE, NULL);
  g_autoptr (GstElement) out = gst_bin_get_by_name (GST_BIN (bin), "out");
  g_autoptr (GstPad) played = gst_element_get_static_pad (out, "sink");
  g_autoptr (GstElement) depay = gst_bin_get_by_name (GST_BIN (bin), "depay");
  g_autoptr (GstPad) frames = gst_element_get_static_pad (depay, "src");
  g_autoptr (GstPad) sink = gst_element_get_static_pad (bin, "sink");

  gst_pad_add_probe (frames, GST_PAD_PROBE_TYPE_BUFFER, on_frame, app, NULL);
  test_frame_log_attach (frames, app->frames);
  if (app->clicks)
    test_click_log_attach (played, app->clicks);
  gst_bin_add (GST_BIN (app->pipeline), bin);
  gst_element_sync_state_with_parent (bin);
  gst_pad_link (pad, sink);
  g_idle_add (on_latency, app->pipeline);
}

/* A second receiver is the first one, back under another address or before
 * its old connection has died: this process has outlived its use. */
static void
on_another (GObject *source, GAsyncResult *result, gpointer data)
{
  on_closed (data);
}

static GSocketConnection *
accept_one (App *app, guint16 port)
{
  GSocketListener *listener = g_socket_listener_new (); /* until the exit */
  g_autoptr (GError) error = NULL;
  GSocketConnection *connection = NULL;

  if (g_socket_listener_add_inet_port (listener, port, NULL, &error))
    connection = g_socket_listener_accept (listener, NULL, NULL, &error);
  if (!connection)
    g_printerr ("plain: port %u: %s\n", port, error->message);
  else
    g_socket_listener_accept_async (listener, NULL, on_another, app);
  return connection;
}

static GSocketConnection *
connect_to (const char *host, guint16 port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  GSocketConnection *connection;

  g_socket_client_set_timeout (client, 2);
  connection =
      g_socket_client_connect_to_host (client, host, port, NULL, &error);
  if (!connection)
    g_printerr ("plain: %s:%u: %s\n", host, port, error->message);
  else
    g_socket_set_timeout (g_socket_connection_get_socket (connection), 0);
  return connection;
}

static GstElement *
sender_pipeline (const char *udp_port)
{
  g_autofree char *description =
      g_strdup_printf ("udpsrc address=127.0.0.1 port=%s caps=" RTP_CAPS
                       " ! webrtcbin name=webrtc bundle-policy=max-bundle",
                       udp_port);

  return gst_parse_launch (description, NULL);
}

static GstElement *
receiver_pipeline (App *app)
{
  GstElement *pipeline =
      gst_parse_launch ("webrtcbin name=webrtc bundle-policy=max-bundle", NULL);
  GstElement *webrtc;

  if (!GST_IS_BIN (pipeline) || GST_IS_PIPELINE (pipeline) == FALSE) {
    GstElement *only = pipeline;
    pipeline = gst_pipeline_new (NULL);
    gst_bin_add (GST_BIN (pipeline), only);
  }
  webrtc = gst_bin_get_by_name (GST_BIN (pipeline), "webrtc");
  if (app->latency)
    gst_util_set_object_arg (G_OBJECT (webrtc), "latency", app->latency);
  g_signal_connect (webrtc, "pad-added", G_CALLBACK (on_pad_added), app);
  gst_object_unref (webrtc);
  return pipeline;
}

static void
run (App *app, GSocketConnection *connection, gboolean sends)
{
  TestPlainPeer *peer =
      test_plain_peer_new (app->pipeline, G_IO_STREAM (connection), sends,
                           G_CALLBACK (on_closed), app);

  app->loop = g_main_loop_new (NULL, FALSE);
  g_unix_signal_add (SIGTERM, on_signal, app);
  gst_element_set_state (app->pipeline, GST_STATE_PLAYING);
  g_main_loop_run (app->loop);
  /* A script that restarts it wants it gone: no long goodbye. */
  g_socket_shutdown (g_socket_connection_get_socket (connection), TRUE, TRUE,
                     NULL);
  gst_element_set_state (app->pipeline, GST_STATE_NULL);
  test_plain_peer_free (peer);
}

int
main (int argc, char **argv)
{
  g_autoptr (GSocketConnection) connection = NULL;
  App app = {0};
  gboolean sends;

  gst_init (&argc, &argv);
  sends = argc == 4 && g_str_equal (argv[1], "send");
  if (!sends &&
      !((argc == 6 || argc == 8) && g_str_equal (argv[1], "receive"))) {
    g_printerr ("usage: see the head of plain.c\n");
    return 2;
  }
  connection = sends ? accept_one (&app, atoi (argv[3]))
                     : connect_to (argv[2], atoi (argv[3]));
  if (!connection)
    return 1;
  if (!sends) {
    app.frames = test_frame_log_open (argv[4], TRUE);
    app.latency = argc == 8 ? argv[6] : NULL;
    app.clicks = argc == 8 ? test_frame_log_open (argv[7], TRUE) : NULL;
    g_timeout_add (atoi (argv[5]), on_watchdog, &app);
  }
  app.pipeline = sends ? sender_pipeline (argv[2]) : receiver_pipeline (&app);
  run (&app, connection, sends);
  return 0;
}

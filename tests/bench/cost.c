/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cost of a stream at rest, in one process with both ends:
 *
 *   cost encode|plain|ours WAV STREAMS SECONDS
 *
 * encode  the encoder alone, what every pair has in common
 * plain   opusenc ! rtpopuspay ! webrtcbin - webrtcbin ! rtpopusdepay
 * ours    opusenc ! resilientwebrtcsink - resilientwebrtcsrc
 *
 * Prints one line of NAME=VALUE:
 *
 *   first   ms from PLAYING (both ends at once) to the first frame handed on,
 *           of the last stream to get there
 *   cpu     ms of CPU (user and system) a second and stream, over SECONDS from
 *           five seconds after the last first frame on
 *   switches  voluntary context switches of all threads, a second and stream
 *   threads
 *   age50, age95  ms from the encoder's output to the receiver's, quantiles
 *   frames  in that time, of all streams
 *
 * The frame's age is found by its payload: frames carry no common time in the
 * plain pair. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <gst/gst.h>
#include "test-plain-peer.h"

/* ICE goes on with its checks for some seconds after it has connected. */
#define WARM_UP_S       5
#define START_TIMEOUT_S 30

typedef struct {
  GstElement *sender, *receiver;
  TestPlainPeer *peers[2];
  GMutex lock;
  GHashTable *sent; /* checksum -> monotonic us */
  gint64 first_us;
} Stream;

typedef struct {
  const char *mode, *wav;
  guint n_streams, seconds;
  GMainLoop *loop;
  Stream *streams;
  gint64 started_us;
  gint waiting;   /* atomic: streams without audio */
  gint measuring; /* atomic */
  gint64 cpu_us;
  gint64 switches;
  guint n_threads;
  GMutex ages_lock;
  GArray *ages; /* gint64 us */
  guint port;
  int status;
} App;

static App app;

static gint64
checksum (GstBuffer *buffer)
{
  guint64 sum = G_GUINT64_CONSTANT (14695981039346656037); /* FNV-1a */
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  for (gsize i = 0; i < map.size; i++)
    sum = (sum ^ map.data[i]) * G_GUINT64_CONSTANT (1099511628211);
  gst_buffer_unmap (buffer, &map);
  return (gint64) sum;
}

static gint64
cpu_now (void)
{
  struct rusage use;

  getrusage (RUSAGE_SELF, &use);
  return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * G_USEC_PER_SEC +
         use.ru_utime.tv_usec + use.ru_stime.tv_usec;
}

static gint64
read_switches (const char *task)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/task/%s/status", task);
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0; /* the thread has just ended */
  line = strstr (text, "\nvoluntary_ctxt_switches:");
  return line ? g_ascii_strtoll (strchr (line, ':') + 1, NULL, 10) : 0;
}

/* Of the threads that live: at rest none begins or ends. */
static gint64
switches_now (void)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  gint64 sum = 0;
  const char *task;

  app.n_threads = 0;
  while ((task = g_dir_read_name (tasks)) != NULL) {
    sum += read_switches (task);
    app.n_threads++;
  }
  return sum;
}

static GstPadProbeReturn
on_sent (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Stream *stream = data;
  gint64 key = checksum (GST_PAD_PROBE_INFO_BUFFER (info));
  gint64 now_us = g_get_monotonic_time ();

  g_mutex_lock (&stream->lock);
  g_hash_table_insert (stream->sent, g_memdup2 (&key, sizeof key),
                       g_memdup2 (&now_us, sizeof now_us));
  g_mutex_unlock (&stream->lock);
  return GST_PAD_PROBE_OK;
}

static gint64
age_of (Stream *stream, gint64 key, gint64 now_us)
{
  gint64 *sent_us, age_us;

  g_mutex_lock (&stream->lock);
  sent_us = g_hash_table_lookup (stream->sent, &key);
  age_us = sent_us ? now_us - *sent_us : -1;
  g_mutex_unlock (&stream->lock);
  return age_us;
}

static gboolean
on_measured (gpointer data)
{
  app.cpu_us = cpu_now () - app.cpu_us;
  app.switches = switches_now () - app.switches;
  g_atomic_int_set (&app.measuring, FALSE);
  g_main_loop_quit (app.loop);
  return G_SOURCE_REMOVE;
}

static gboolean
on_warm (gpointer data)
{
  app.switches = switches_now ();
  app.cpu_us = cpu_now ();
  g_atomic_int_set (&app.measuring, TRUE);
  g_timeout_add_seconds (app.seconds, on_measured, NULL);
  return G_SOURCE_REMOVE;
}

static GstPadProbeReturn
on_received (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Stream *stream = data;
  gint64 now_us = g_get_monotonic_time ();
  gint64 key = checksum (GST_PAD_PROBE_INFO_BUFFER (info));
  gint64 age_us;

  if (!stream->first_us) {
    stream->first_us = now_us;
    if (g_atomic_int_dec_and_test (&app.waiting))
      g_timeout_add_seconds (WARM_UP_S, on_warm, NULL);
  }
  age_us = age_of (stream, key, now_us);
  if (age_us >= 0 && g_atomic_int_get (&app.measuring)) {
    g_mutex_lock (&app.ages_lock);
    g_array_append_val (app.ages, age_us);
    g_mutex_unlock (&app.ages_lock);
  }
  return GST_PAD_PROBE_OK;
}

static gboolean
on_too_late (gpointer data)
{
  if (g_atomic_int_get (&app.waiting) > 0) {
    g_printerr ("cost: %d streams have no audio after %d s\n", app.waiting,
                START_TIMEOUT_S);
    app.status = 1;
    g_main_loop_quit (app.loop);
  }
  return G_SOURCE_REMOVE;
}

static void
probe (GstElement *pipeline, const char *name, GstPadProbeCallback callback,
       gpointer data)
{
  g_autoptr (GstElement) element =
      gst_bin_get_by_name (GST_BIN (pipeline), name);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "src");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, callback, data, NULL);
}

G_GNUC_PRINTF (1, 2)
static GstElement *
parse (const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  GstElement *pipeline;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  pipeline = gst_parse_launch (text, &error);
  if (!pipeline || error)
    g_error ("cost: %s: %s", text, error->message);
  return pipeline;
}

static GstElement *
sender (const char *sink)
{
  return parse (
      "filesrc location=%s ! wavparse ! audioconvert ! "
      "audioresample ! audiobuffersplit output-buffer-duration=1/50 ! "
      "clocksync ! opusenc ! identity name=in "
      "silent=true ! %s",
      app.wav, sink);
}

static void
on_pad_added (GstElement *webrtc, GstPad *pad, gpointer data)
{
  Stream *stream = data;
  GstElement *bin = gst_parse_bin_from_description (
      "rtpopusdepay ! identity name=out silent=true ! "
      "fakesink sync=false async=false",
      TRUE, NULL);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (bin, "sink");

  probe (bin, "out", on_received, stream);
  gst_bin_add (GST_BIN (stream->receiver), bin);
  gst_element_sync_state_with_parent (bin);
  gst_pad_link (pad, sink);
}

static void
on_closed (gpointer data)
{
}

static void
make_plain (Stream *stream)
{
  g_autoptr (GstElement) webrtc = NULL;
  int pair[2];

  stream->sender = sender ("rtpopuspay pt=96 ! application/x-rtp,media=audio,"
                           "encoding-name=OPUS,payload=96 ! "
                           "webrtcbin name=webrtc bundle-policy=max-bundle");
  stream->receiver = gst_pipeline_new (NULL);
  webrtc =
      gst_object_ref_sink (gst_element_factory_make ("webrtcbin", "webrtc"));
  g_object_set (webrtc, "bundle-policy", 3 /* max-bundle */, NULL);
  g_signal_connect (webrtc, "pad-added", G_CALLBACK (on_pad_added), stream);
  gst_bin_add (GST_BIN (stream->receiver), webrtc);
  if (socketpair (AF_UNIX, SOCK_STREAM, 0, pair) != 0)
    g_error ("cost: no sockets");
  for (int i = 0; i < 2; i++) {
    g_autoptr (GSocket) socket = g_socket_new_from_fd (pair[i], NULL);
    g_autoptr (GSocketConnection) connection =
        g_socket_connection_factory_create_connection (socket);
    stream->peers[i] = test_plain_peer_new (
        i ? stream->receiver : stream->sender, G_IO_STREAM (connection), i == 0,
        G_CALLBACK (on_closed), NULL);
  }
}

static void
make_ours (Stream *stream, guint number)
{
  g_autofree char *sink =
      g_strdup_printf ("resilientwebrtcsink name=sink stream-name=s%u "
                       "signaller-uri=ws://127.0.0.1:%u",
                       number, app.port);

  stream->sender = sender (sink);
  stream->receiver = parse (
      "resilientwebrtcsrc producer-name=s%u signaller-uri=ws://127.0.0.1:%u ! "
      "audio/x-opus ! identity name=out silent=true ! fakesink sync=false "
      "async=false",
      number, app.port);
  probe (stream->receiver, "out", on_received, stream);
}

static void
make_stream (Stream *stream, guint number)
{
  g_mutex_init (&stream->lock);
  stream->sent =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  if (g_str_equal (app.mode, "plain")) {
    make_plain (stream);
  } else if (g_str_equal (app.mode, "ours")) {
    make_ours (stream, number);
  } else {
    stream->sender = sender ("identity name=out ! fakesink sync=false");
    stream->receiver = gst_pipeline_new (NULL);
    probe (stream->sender, "out", on_received, stream);
  }
  probe (stream->sender, "in", on_sent, stream);
}

/* The server of ours is a thread of a sink that carries nothing. */
static GstElement *
start_server (void)
{
  GstElement *host =
      parse ("audiotestsrc is-live=true ! opusenc ! resilientwebrtcsink "
             "name=sink run-signalling-server=true stream-name=host "
             "signalling-server-host=127.0.0.1 signalling-server-port=0");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (host), "sink");

  gst_element_set_state (host, GST_STATE_PAUSED);
  g_object_get (sink, "signalling-server-port", &app.port, NULL);
  return host;
}

static gint
compare_ages (gconstpointer a, gconstpointer b)
{
  gint64 difference = *(const gint64 *) a - *(const gint64 *) b;

  return difference < 0 ? -1 : difference > 0;
}

static double
age_ms (double quantile)
{
  if (app.ages->len == 0)
    return -1;
  return g_array_index (app.ages, gint64,
                        (guint) (quantile * (app.ages->len - 1))) /
         1000.0;
}

static void
report (void)
{
  gint64 last_us = 0;

  for (guint i = 0; i < app.n_streams; i++)
    last_us = MAX (last_us, app.streams[i].first_us);
  g_array_sort (app.ages, compare_ages);
  printf ("mode=%s streams=%u first=%.0f cpu=%.3f switches=%.0f threads=%u "
          "age50=%.2f age95=%.2f frames=%u\n",
          app.mode, app.n_streams, (last_us - app.started_us) / 1000.0,
          app.cpu_us / 1000.0 / app.seconds / app.n_streams,
          (double) app.switches / app.seconds / app.n_streams, app.n_threads,
          age_ms (0.5), age_ms (0.95), app.ages->len);
}

int
main (int argc, char **argv)
{
  GstElement *host = NULL;

  gst_init (&argc, &argv);
  if (argc != 5) {
    g_printerr ("usage: cost encode|plain|ours WAV STREAMS SECONDS\n");
    return 2;
  }
  app.mode = argv[1];
  app.wav = argv[2];
  app.n_streams = app.waiting = atoi (argv[3]);
  app.seconds = atoi (argv[4]);
  app.loop = g_main_loop_new (NULL, FALSE);
  app.ages = g_array_new (FALSE, FALSE, sizeof (gint64));
  app.streams = g_new0 (Stream, app.n_streams);
  if (g_str_equal (app.mode, "ours"))
    host = start_server ();
  for (guint i = 0; i < app.n_streams; i++)
    make_stream (&app.streams[i], i);
  app.started_us = g_get_monotonic_time ();
  for (guint i = 0; i < app.n_streams; i++) {
    gst_element_set_state (app.streams[i].receiver, GST_STATE_PLAYING);
    gst_element_set_state (app.streams[i].sender, GST_STATE_PLAYING);
  }
  g_timeout_add_seconds (START_TIMEOUT_S, on_too_late, NULL);
  g_main_loop_run (app.loop);
  if (app.status == 0)
    report ();
  for (guint i = 0; i < app.n_streams; i++) {
    gst_element_set_state (app.streams[i].sender, GST_STATE_NULL);
    gst_element_set_state (app.streams[i].receiver, GST_STATE_NULL);
  }
  if (host)
    gst_element_set_state (host, GST_STATE_NULL);
  return app.status;
}

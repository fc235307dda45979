/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ordinary-peer.h"
#include "rw-process.h"

#include <string.h>

/* The elements against ordinary peers, made of a plain webrtcbin. */

static void
test_ordinary_consumer_hears_the_sink (void)
{
  g_autoptr (RwSide) sink = rw_ordinary_new_sink ();

  for (guint i = 0; i < 2; i++) { /* one leaves, another one comes */
    g_autoptr (RwOrdinary) peer = rw_ordinary_new_consumer (sink);
    RwOrdinaryWant want = {NULL, peer, 30};

    test_wait_until (rw_ordinary_has_come_in, &want, "RTP of the sink");
  }
  rw_side_assert_quiet (sink);
}

static void
check_ordinary_producer (const char *tail)
{
  g_autoptr (RwSide) src =
      rw_ordinary_new_source ("producer-name=studio", tail);

  for (guint i = 0; i < 2; i++) {
    g_autoptr (RwOrdinary) peer = rw_ordinary_new_producer (src);
    RwOrdinaryWant want = {src, peer, 0};

    want.n = src->buffers->len + 50;
    test_wait_until (rw_ordinary_has_come_out, &want,
                     "audio of an ordinary producer");
  }
  g_assert_cmpuint (rw_side_count_type (src, GST_MESSAGE_ERROR), ==, 0);
  g_assert_cmpuint (src->segments->len, ==, 1);
}

static void
test_source_hears_an_ordinary_producer (void)
{
  check_ordinary_producer ("audio/x-opus");
  check_ordinary_producer ("audioconvert");
}

static GstClockTime
running_time (RwSide *side)
{
  g_autoptr (GstClock) clock =
      gst_pipeline_get_clock (GST_PIPELINE (side->pipeline));

  return gst_clock_get_time (clock) -
         gst_element_get_base_time (side->pipeline);
}

/* A pause moves the base time; what comes after it is timed by the new one. */
static void
test_ordinary_audio_is_on_time_after_a_pause (void)
{
  g_autoptr (RwSide) src =
      rw_ordinary_new_source ("producer-name=studio", "audio/x-opus");
  g_autoptr (RwOrdinary) peer = rw_ordinary_new_producer (src);
  RwOrdinaryWant want = {src, peer, 20};
  gint64 end_us;
  gint64 early_ns;

  test_wait_until (rw_ordinary_has_come_out, &want, "audio before the pause");
  gst_element_set_state (src->pipeline, GST_STATE_PAUSED);
  end_us = g_get_monotonic_time () + 3 * G_TIME_SPAN_SECOND;
  while (g_get_monotonic_time () < end_us)
    g_usleep (10000);
  rw_side_play (src);
  want.n = src->buffers->len + 250;
  test_wait_until (rw_ordinary_has_come_out, &want, "audio after the pause");
  g_mutex_lock (&src->lock);
  early_ns = GST_CLOCK_DIFF (
      running_time (src),
      GST_BUFFER_PTS (g_ptr_array_index (src->buffers, want.n - 1)));
  g_mutex_unlock (&src->lock);
  g_test_message ("early by %" G_GINT64_FORMAT " ns", early_ns);
  g_assert_cmpint (ABS (early_ns), <, GST_SECOND);
}

/* ---- Loss, where nothing can be sent again ---- */

/* webrtcbin's jitter buffer takes a second to find the sender's pace. */
#define SETTLED 120

typedef struct {
  guint n;
  gint dropped;
} Loss;

/* One packet of ten, and now and then three in a row. */
static GstPadProbeReturn
lose (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Loss *loss = data;
  guint place = loss->n++ % 50;

  if (loss->n < 25 || !(place % 10 == 0 || place == 1 || place == 2))
    return GST_PAD_PROBE_OK;
  g_atomic_int_inc (&loss->dropped);
  return GST_PAD_PROBE_DROP;
}

static gboolean
is_silent (GstBuffer *buffer)
{
  GstMapInfo map;
  gboolean silent = TRUE;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  for (gsize i = 0; i < map.size && silent; i++)
    silent = map.data[i] == 0;
  gst_buffer_unmap (buffer, &map);
  return silent;
}

/* What was lost is concealed: no hole in the samples, no stall, and a sine is
 * heard all the time. */
static void
test_loss_of_an_ordinary_producer_is_concealed (void)
{
  g_autoptr (RwSide) src =
      rw_ordinary_new_source ("producer-name=studio", "audioconvert");
  g_autoptr (RwOrdinary) peer = rw_ordinary_new_producer (src);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (peer->webrtc, "sink_0");
  RwOrdinaryWant want = {src, peer, 400};
  GstClockTime sum = 0, end = 0, begin;
  Loss loss = {0};
  guint n_silent = 0, n_holes = 0;

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, lose, &loss, NULL);
  test_wait_until (rw_ordinary_has_come_out, &want, "concealed audio");

  g_mutex_lock (&src->lock);
  begin = GST_BUFFER_PTS (g_ptr_array_index (src->buffers, SETTLED));
  for (guint i = SETTLED; i < want.n; i++) {
    GstBuffer *buffer = g_ptr_array_index (src->buffers, i);

    n_holes +=
        i > SETTLED &&
        ABS (GST_CLOCK_DIFF (end, GST_BUFFER_PTS (buffer))) > 5 * GST_MSECOND;
    end = GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
    sum += GST_BUFFER_DURATION (buffer);
    n_silent += is_silent (buffer);
  }
  g_mutex_unlock (&src->lock);
  g_test_message ("%d packets lost, %u holes, %u of %u buffers silent, "
                  "%" GST_TIME_FORMAT " of audio in %" GST_TIME_FORMAT,
                  g_atomic_int_get (&loss.dropped), n_holes, n_silent, want.n,
                  GST_TIME_ARGS (sum), GST_TIME_ARGS (end - begin));
  g_assert_cmpint (g_atomic_int_get (&loss.dropped), >=, 30);
  /* A busy machine may set the jitter buffer back once or twice. */
  g_assert_cmpuint (n_holes, <=, 4);
  g_assert_cmpuint (sum, >=, (end - begin) / 10 * 9);
  g_assert_cmpuint (n_silent, <=, 5);
  g_assert_cmpuint (rw_side_get_stat (src, "dropped"), ==, 0);
}

/* ---- Producers that cannot be played ---- */

#define SDP_HEAD                                                               \
  "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"                          \
  "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"     \
  "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\na=setup:actpass\r\n"     \
  "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"

static const char video_only[] =
    SDP_HEAD "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n"
             "a=mid:0\r\na=sendonly\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n";
static const char pcmu_only[] =
    SDP_HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\n"
             "a=mid:0\r\na=sendonly\r\na=rtcp-mux\r\na=rtpmap:0 PCMU/8000\r\n";

static TestPeer *
fake_producer_new (RwSide *src, const char *name)
{
  TestPeer *line = test_peer_new (rw_side_get_port (src));
  g_autofree char *welcome = test_peer_expect_type (line, "welcome");

  test_peer_say (line,
                 "{'type':'setPeerStatus','roles':['producer'],"
                 "'meta':{'name':'%s'}}",
                 name);
  return line;
}

static void
offer (TestPeer *line, const char *sdp)
{
  g_autofree char *start = test_peer_expect_type (line, "startSession");
  g_autofree char *session_id = test_peer_get (start, "sessionId");

  rw_ordinary_say_description (line, session_id, "offer", sdp);
}

/* With the name given there is no other to wait for: one error says why. */
static void
check_unusable_producer (const char *sdp, const char *says)
{
  g_autoptr (RwSide) src =
      rw_ordinary_new_source ("producer-name=studio", "audio/x-opus");
  g_autoptr (TestPeer) line = fake_producer_new (src, "studio");
  GError *error = NULL;

  offer (line, sdp);
  gst_message_parse_error (rw_side_wait_type (src, GST_MESSAGE_ERROR, 1),
                           &error, NULL);
  g_test_message ("%s", error->message);
  if (strstr (error->message, says) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, says);
  g_error_free (error);
  rw_side_wait_state (src, "failed");
  g_assert_cmpuint (rw_side_count_type (src, GST_MESSAGE_ERROR), ==, 1);
}

static void
test_producer_that_cannot_be_played_is_an_error (void)
{
  check_unusable_producer (video_only, "audio");
  check_unusable_producer (pcmu_only, "Opus");
  check_unusable_producer ("rubbish", "");
}

/* Without a name there may be another one. */
static void
test_source_without_a_name_waits_for_a_better_producer (void)
{
  g_autoptr (RwSide) src = rw_ordinary_new_source ("", "audio/x-opus");
  g_autoptr (TestPeer) line = fake_producer_new (src, "video");
  g_autoptr (RwOrdinary) peer = NULL;
  RwOrdinaryWant want = {src, NULL, 20};

  offer (line, video_only);
  rw_side_wait_type (src, GST_MESSAGE_WARNING, 1);
  want.peer = peer = rw_ordinary_new_producer (src);
  test_wait_until (rw_ordinary_has_come_out, &want, "audio of the better one");
  g_assert_cmpuint (rw_side_count_type (src, GST_MESSAGE_WARNING), ==, 1);
  g_assert_cmpuint (rw_side_count_type (src, GST_MESSAGE_ERROR), ==, 0);
}

int
main (int argc, char **argv)
{
  rw_side_init (&argc, &argv);
  g_test_add_func ("/gst/elements/ordinary-consumer-hears-the-sink",
                   test_ordinary_consumer_hears_the_sink);
  g_test_add_func ("/gst/elements/source-hears-an-ordinary-producer",
                   test_source_hears_an_ordinary_producer);
  g_test_add_func ("/gst/elements/ordinary-audio-is-on-time-after-a-pause",
                   test_ordinary_audio_is_on_time_after_a_pause);
  g_test_add_func ("/gst/elements/loss-of-an-ordinary-producer-is-concealed",
                   test_loss_of_an_ordinary_producer_is_concealed);
  g_test_add_func ("/gst/elements/producer-that-cannot-be-played-is-an-error",
                   test_producer_that_cannot_be_played_is_an_error);
  g_test_add_func (
      "/gst/elements/source-without-a-name-waits-for-a-better-producer",
      test_source_without_a_name_waits_for_a_better_producer);
  return rw_process_run_tests ();
}

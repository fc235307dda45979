/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-ordinary.h"
#include "test-process.h"

#include <string.h>

/* The elements against ordinary peers, made of a plain webrtcbin. */

static void
test_ordinary_consumer_hears_the_sink (void)
{
  g_autoptr (TestSide) sink = test_ordinary_new_sink ();

  for (guint i = 0; i < 2; i++) { /* one leaves, another one comes */
    g_autoptr (TestOrdinary) peer = test_ordinary_new_consumer (sink);
    TestOrdinaryWant want = {NULL, peer, 30};

    test_wait_until (test_ordinary_has_come_in, &want, "RTP of the sink");
  }
  test_side_assert_quiet (sink);
}

static void
check_ordinary_producer (const char *tail)
{
  g_autoptr (TestSide) src =
      test_ordinary_new_source ("producer-name=studio", tail);

  for (guint i = 0; i < 2; i++) {
    g_autoptr (TestOrdinary) peer = test_ordinary_new_producer (src);
    TestOrdinaryWant want = {src, peer, 0};

    want.n = src->buffers->len + 50;
    test_wait_until (test_ordinary_has_come_out, &want,
                     "audio of an ordinary producer");
  }
  g_assert_cmpuint (test_side_count_type (src, GST_MESSAGE_ERROR), ==, 0);
  g_assert_cmpuint (src->segments->len, ==, 1);
}

static void
test_source_hears_an_ordinary_producer (void)
{
  check_ordinary_producer ("audio/x-opus");
  check_ordinary_producer ("audioconvert");
}

/* A pause moves the base time; what comes after it is timed by the new one. */
static void
test_ordinary_audio_is_on_time_after_a_pause (void)
{
  g_autoptr (TestSide) src =
      test_ordinary_new_source ("producer-name=studio", "audio/x-opus");
  g_autoptr (TestOrdinary) peer = test_ordinary_new_producer (src);
  TestOrdinaryWant want = {src, peer, 20};

  test_wait_until (test_ordinary_has_come_out, &want, "audio before the pause");
  gst_element_set_state (src->pipeline, GST_STATE_PAUSED);
  want.n = (guint) g_atomic_int_get (&peer->n_sent) + 150;
  test_wait_until (test_ordinary_has_sent, &want, "three seconds of audio");
  test_side_play (src);
  want.n = src->buffers->len + 250;
  test_wait_until (test_ordinary_has_come_out, &want, "audio after the pause");
  g_assert_cmpint (ABS (test_side_measure_early (src, 50)), <, GST_SECOND);
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

/* Lost packets are concealed: no hole in the samples, no stall, and a sine is
 * heard all the time. */
static void
test_loss_of_an_ordinary_producer_is_concealed (void)
{
  g_autoptr (TestSide) src =
      test_ordinary_new_source ("producer-name=studio", "audioconvert");
  g_autoptr (TestOrdinary) peer = test_ordinary_new_producer (src);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (peer->webrtc, "sink_0");
  TestOrdinaryWant want = {src, peer, 400};
  GstClockTime sum = 0, end = 0, begin;
  Loss loss = {0};
  guint n_silent = 0, n_holes = 0;

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, lose, &loss, NULL);
  test_wait_until (test_ordinary_has_come_out, &want, "concealed audio");

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
  g_assert_cmpuint (test_side_get_stat (src, "dropped"), ==, 0);
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
fake_producer_new (TestSide *src, const char *name)
{
  TestPeer *line = test_peer_new (test_side_get_port (src));
  g_autofree char *welcome = test_peer_expect_type (line, "welcome");

  test_peer_send_json (line,
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

  test_ordinary_send_description (line, session_id, "offer", sdp);
}

/* With the name given there is no other to wait for: one error says why. */
static void
check_unusable_producer (const char *sdp, const char *says)
{
  g_autoptr (TestSide) src =
      test_ordinary_new_source ("producer-name=studio", "audio/x-opus");
  g_autoptr (TestPeer) line = fake_producer_new (src, "studio");
  GError *error = NULL;

  offer (line, sdp);
  gst_message_parse_error (test_side_wait_type (src, GST_MESSAGE_ERROR, 1),
                           &error, NULL);
  g_test_message ("%s", error->message);
  if (strstr (error->message, says) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, says);
  g_error_free (error);
  test_side_wait_state (src, "failed");
  g_assert_cmpuint (test_side_count_type (src, GST_MESSAGE_ERROR), ==, 1);
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
  g_autoptr (TestSide) src = test_ordinary_new_source ("", "audio/x-opus");
  g_autoptr (TestPeer) line = fake_producer_new (src, "video");
  g_autoptr (TestOrdinary) peer = NULL;
  TestOrdinaryWant want = {src, NULL, 20};

  offer (line, video_only);
  test_side_wait_type (src, GST_MESSAGE_WARNING, 1);
  want.peer = peer = test_ordinary_new_producer (src);
  test_wait_until (test_ordinary_has_come_out, &want,
                   "audio of the better one");
  g_assert_cmpuint (test_side_count_type (src, GST_MESSAGE_WARNING), ==, 1);
  g_assert_cmpuint (test_side_count_type (src, GST_MESSAGE_ERROR), ==, 0);
}

/* ---- One that another stands in for ---- */

/* The same, but for the first byte of the certificate's digest. */
static char *
forge_fingerprint (const char *sdp)
{
  char *forged = g_strdup (sdp);
  char *digest = strstr (forged, "a=fingerprint:sha-256 ");

  g_assert_nonnull (digest);
  digest += strlen ("a=fingerprint:sha-256 ");
  *digest = *digest == '0' ? '1' : '0';
  return forged;
}

typedef struct {
  TestSide *src;
  TestOrdinary *peer;
  gint64 until_us; /* 0: until it is warned of */
} Distrust;

static gboolean
has_been_seen (gpointer data)
{
  Distrust *distrust = data;

  test_ordinary_take_messages (distrust->peer);
  if (distrust->until_us == 0)
    return test_side_count_type (distrust->src, GST_MESSAGE_WARNING) > 0;
  return g_get_monotonic_time () > distrust->until_us;
}

/* A warning that says so, and not one session after another: before it took
 * the time of the back-off, a quarter of a second and so on. */
static void
test_forged_certificate_is_warned_of (void)
{
  g_autoptr (TestSide) src =
      test_ordinary_new_source ("producer-name=studio", "audio/x-opus");
  g_autoptr (TestOrdinary) peer = test_ordinary_new_producer (src);
  Distrust distrust = {src, peer, 0};
  guint n_asked;
  GError *error = NULL;

  peer->rewrite = forge_fingerprint;
  test_wait_until (has_been_seen, &distrust, "a warning");
  n_asked = peer->n_asked;
  gst_message_parse_warning (test_side_wait_type (src, GST_MESSAGE_WARNING, 1),
                             &error, NULL);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "certificate"));
  g_error_free (error);

  distrust.until_us = g_get_monotonic_time () + 3 * G_USEC_PER_SEC;
  test_wait_until (has_been_seen, &distrust, "three seconds");
  g_assert_cmpuint (peer->n_asked, ==, n_asked);
  g_assert_cmpuint (test_side_count_type (src, GST_MESSAGE_WARNING), ==, 1);
}

/* ---- Signalling that is lost, and sessions that are closed ---- */

static void
lose_signalling (TestOrdinary *peer)
{
  g_io_stream_close (
      soup_websocket_connection_get_io_stream (peer->line->connection), NULL,
      NULL);
}

/* Three seconds of audio come after the loss. */
static void
test_ordinary_consumer_hears_on_without_signalling (void)
{
  g_autoptr (TestSide) sink = test_ordinary_new_sink ();
  g_autoptr (TestOrdinary) peer = test_ordinary_new_consumer (sink);
  TestOrdinaryWant want = {NULL, peer, 30};

  test_wait_until (test_ordinary_has_come_in, &want, "RTP of the sink");
  lose_signalling (peer);
  want.n = (guint) g_atomic_int_get (&peer->n_buffers) + 150;
  test_wait_until (test_ordinary_has_come_in, &want,
                   "RTP after the loss of signalling");
  test_side_assert_quiet (sink);
}

static void
test_ordinary_producer_is_heard_on_without_signalling (void)
{
  g_autoptr (TestSide) src =
      test_ordinary_new_source ("producer-name=studio", "audio/x-opus");
  g_autoptr (TestOrdinary) peer = test_ordinary_new_producer (src);
  TestOrdinaryWant want = {src, peer, 30};

  test_wait_until (test_ordinary_has_come_out, &want, "audio");
  lose_signalling (peer);
  want.n = src->buffers->len + 150;
  test_wait_until (test_ordinary_has_come_out, &want,
                   "audio after the loss of signalling");
}

typedef struct {
  TestOrdinary *peer;
  guint n_asked;
  gint64 until_us;
} Asked;

static gboolean
is_asked_or_late (gpointer data)
{
  Asked *asked = data;

  test_ordinary_take_messages (asked->peer);
  return asked->peer->n_asked >= asked->n_asked ||
         (asked->until_us != 0 && g_get_monotonic_time () > asked->until_us);
}

/* A page whose user has closed a session would send again in another one. It is
 * asked when it announces itself again. */
static void
test_closed_session_is_not_asked_for_again (void)
{
  g_autoptr (TestSide) src =
      test_ordinary_new_source ("producer-name=studio", "audio/x-opus");
  g_autoptr (TestOrdinary) peer = test_ordinary_new_producer (src);
  TestOrdinaryWant want = {src, peer, 30};
  Asked asked = {peer};

  test_wait_until (test_ordinary_has_come_out, &want, "audio");
  asked.n_asked = peer->n_asked + 1;
  asked.until_us = g_get_monotonic_time () + 3 * G_USEC_PER_SEC;
  test_peer_send_json (peer->line, "{'type':'endSession','sessionId':'%s'}",
                       peer->session_id);
  test_wait_until (is_asked_or_late, &asked, "three seconds");
  g_assert_cmpuint (peer->n_asked, <, asked.n_asked);

  asked.until_us = 0;
  test_peer_send_json (peer->line, "{'type':'setPeerStatus','roles':[]}");
  test_peer_send_json (peer->line,
                       "{'type':'setPeerStatus','roles':['producer'],"
                       "'meta':{'name':'studio'}}");
  test_wait_until (is_asked_or_late, &asked, "another request");
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  g_test_add_func ("/gst/elements/ordinary-consumer-hears-the-sink",
                   test_ordinary_consumer_hears_the_sink);
  g_test_add_func ("/gst/elements/source-hears-an-ordinary-producer",
                   test_source_hears_an_ordinary_producer);
  g_test_add_func ("/gst/elements/ordinary-audio-is-on-time-after-a-pause",
                   test_ordinary_audio_is_on_time_after_a_pause);
  g_test_add_func ("/gst/elements/loss-of-an-ordinary-producer-is-concealed",
                   test_loss_of_an_ordinary_producer_is_concealed);
  g_test_add_func ("/gst/elements/forged-certificate-is-warned-of",
                   test_forged_certificate_is_warned_of);
  g_test_add_func ("/gst/elements/producer-that-cannot-be-played-is-an-error",
                   test_producer_that_cannot_be_played_is_an_error);
  g_test_add_func (
      "/gst/elements/ordinary-consumer-hears-on-without-signalling",
      test_ordinary_consumer_hears_on_without_signalling);
  g_test_add_func (
      "/gst/elements/ordinary-producer-is-heard-on-without-signalling",
      test_ordinary_producer_is_heard_on_without_signalling);
  g_test_add_func ("/gst/elements/closed-session-is-not-asked-for-again",
                   test_closed_session_is_not_asked_for_again);
  g_test_add_func (
      "/gst/elements/source-without-a-name-waits-for-a-better-producer",
      test_source_without_a_name_waits_for_a_better_producer);
  return test_process_run_tests ();
}

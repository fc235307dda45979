/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-ordinary.h"
#include "test-process.h"
#include "test-scripted.h"

#include <gst/app/app.h>
#include <gst/pbutils/pbutils.h>
#include <gst/tag/tag.h>
#include <gst/webrtc/webrtc.h>
#include <string.h>

/* The caps that Opus may have, from a sender and from an application. */

/* ---- Producers of our kind that send what nobody plays ---- */

typedef struct {
  TestSide *src;
  TestScripted *producer;
  guint n_welcomed;
  gint64 until_us; /* 0: no matter when */
  gboolean is_warned;
} Want;

static gboolean
has_happened (gpointer data)
{
  Want *want = data;

  if (test_scripted_get_n_welcomed (want->producer) < want->n_welcomed)
    return FALSE;
  if (want->is_warned &&
      test_side_count_type (want->src, GST_MESSAGE_WARNING) == 0)
    return FALSE;
  return g_get_monotonic_time () >= want->until_us;
}

static TestSide *
new_source (const char *tail)
{
  TestSide *src = test_side_new (
      "resilientwebrtcsrc name=it run-signalling-server=true "
      "signalling-server-host=127.0.0.1 signalling-server-port=0 "
      "producer-name=studio start-position=oldest ! %s ! fakesink async=false",
      tail);

  test_side_play (src);
  return src;
}

static void
check_warning (TestSide *src, const char *says)
{
  GError *error = NULL;
  char *debug = NULL;

  gst_message_parse_warning (test_side_wait_type (src, GST_MESSAGE_WARNING, 1),
                             &error, &debug);
  g_test_message ("%s (%s)", error->message, debug);
  g_assert_nonnull (strstr (error->message, says));
  g_assert_nonnull (strstr (debug, "incompatible"));
  g_error_free (error);
  g_free (debug);
}

static void
check_unusable_caps (const char *caps, const char *tail, const char *says)
{
  g_autoptr (TestSide) src = new_source (tail);
  TestScript script = {.caps = caps, .n_frames = 5, .beats = TRUE};
  g_autoptr (TestScripted) producer = test_scripted_new (src, &script);
  Want want = {src, producer, 1, 0, TRUE};

  test_wait_until (has_happened, &want, "a warning");
  check_warning (src, says);
  want.until_us = g_get_monotonic_time () + 2 * G_USEC_PER_SEC;
  test_wait_until (has_happened, &want, "two seconds");
  g_assert_cmpuint (test_scripted_get_n_asked (producer), <=, 2);
  g_assert_cmpuint (test_side_count_type (src, GST_MESSAGE_WARNING), ==, 1);
  g_assert_cmpuint (test_side_count_type (src, GST_MESSAGE_ERROR), ==, 0);
}

static void
test_unusable_caps_end_no_pipeline (void)
{
  check_unusable_caps ("audio/x-opus, channel-mapping-family=(int)255, "
                       "channels=(int)255, stream-count=(int)255, "
                       "coupled-count=(int)0",
                       "audioconvert", "255 channels");
  check_unusable_caps ("audio/x-opus, channel-mapping-family=(int)0, "
                       "channels=(int)255, rate=(int)48000",
                       "audio/x-opus", "255 channels");
}

/* One that has something better to offer is chosen then. */
static void
test_source_waits_for_usable_caps (void)
{
  g_autoptr (TestSide) src = new_source ("audioconvert");
  TestScript script = {
      .caps = "audio/x-opus, channel-mapping-family=(int)0, channels=(int)255",
      .n_frames = 5,
      .beats = TRUE};
  g_autoptr (TestScripted) producer = test_scripted_new (src, &script);
  g_autoptr (TestScripted) better = NULL;
  Want want = {src, producer, 1, 0, TRUE};

  test_wait_until (has_happened, &want, "a warning");
  script.caps = "audio/x-opus, channel-mapping-family=(int)0, channels=(int)1";
  better = test_scripted_new (src, &script);
  want = (Want){src, better, 1, 0, FALSE};
  test_wait_until (has_happened, &want, "a session with the better one");
  test_side_wait_buffers (src, 4);
  g_assert_cmpuint (test_side_count_type (src, GST_MESSAGE_ERROR), ==, 0);
}

/* Silence after the WELCOME was one new session for each suspicion, four a
 * second, for ever. */
static void
test_silence_after_welcome_backs_off (void)
{
  g_autoptr (TestSide) src = new_source ("audio/x-opus");
  TestScript script = {0};
  g_autoptr (TestScripted) producer = test_scripted_new (src, &script);
  Want want = {src, producer, 1, 0, FALSE};

  test_wait_until (has_happened, &want, "a session");
  want.until_us = g_get_monotonic_time () + 6 * G_USEC_PER_SEC;
  test_wait_until (has_happened, &want, "six seconds");
  g_test_message ("asked for %u sessions, %u of them open",
                  test_scripted_get_n_asked (producer),
                  test_scripted_get_n_welcomed (producer));
  g_assert_cmpuint (test_scripted_get_n_welcomed (producer), >=, 2);
  g_assert_cmpuint (test_scripted_get_n_asked (producer), <=, 8);
  g_assert_cmpuint (test_side_count_type (src, GST_MESSAGE_ERROR), ==, 0);
}

/* ---- An application whose caps change with each track ---- */

static GstBuffer *
make_header (guint16 pre_skip)
{
  guint8 mapping[2] = {0, 1};

  return gst_codec_utils_opus_create_header (48000, 2, 0, 1, 1, mapping,
                                             pre_skip, 0);
}

/* As an oggdemux makes them of a file with tags. */
static GstCaps *
make_tagged_caps (guint track, guint16 pre_skip)
{
  g_autoptr (GstBuffer) header = make_header (pre_skip);
  g_autofree char *title = g_strdup_printf ("Track %u", track);
  g_autoptr (GstTagList) tags = gst_tag_list_new (
      GST_TAG_TITLE, title, GST_TAG_TRACK_NUMBER, track, NULL);
  g_autoptr (GstBuffer) comments = gst_tag_list_to_vorbiscomment_buffer (
      tags, (const guint8 *) "OpusTags", 8, "a program of somebody's");

  return gst_codec_utils_opus_create_caps_from_header (header, comments);
}

static void
push_tracks (TestSide *sink, guint n, guint n_pre_skips)
{
  for (guint i = 0; i < n; i++) {
    g_autoptr (GstCaps) caps =
        make_tagged_caps (i, (guint16) (312 + i % n_pre_skips));

    g_object_set (sink->feed, "caps", caps, NULL);
    test_side_push (sink, i, 1);
  }
}

static void
check_tracks (guint n_pre_skips, guint most_formats)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (TestSide) src = NULL;

  test_side_play (sink);
  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  push_tracks (sink, 300, n_pre_skips);
  test_side_wait_buffers (src, 300);
  test_side_assert_numbers (src, 0, 300);
  g_test_message ("%u formats", src->caps->len);
  g_assert_cmpuint (src->caps->len, <=, most_formats);
  test_side_assert_quiet (sink);
}

static void
test_tags_make_no_format (void)
{
  check_tracks (1, 1);
}

static void
test_formats_never_run_out (void)
{
  check_tracks (300, 300);
}

/* ---- More than two channels ---- */

#define RAW_SINK                                                               \
  "! resilientwebrtcsink name=it run-signalling-server=true "                  \
  "signalling-server-host=127.0.0.1 signalling-server-port=0 "                 \
  "stream-name=studio"

static int
get_channels (TestSide *src)
{
  int channels = 0;

  g_mutex_lock (&src->lock);
  g_assert_cmpuint (src->caps->len, >, 0);
  gst_structure_get_int (
      gst_caps_get_structure (g_ptr_array_index (src->caps, 0), 0), "channels",
      &channels);
  g_mutex_unlock (&src->lock);
  return channels;
}

static void
test_raw_surround_is_folded_to_stereo_with_a_message (void)
{
  g_autoptr (TestSide) sink =
      test_side_new ("audiotestsrc is-live=true samplesperbuffer=960 "
                     "! audio/x-raw,rate=48000,channels=6 " RAW_SINK);
  g_autoptr (TestSide) src = NULL;
  GError *error = NULL;

  test_side_play (sink);
  gst_message_parse_info (test_side_wait_type (sink, GST_MESSAGE_INFO, 1),
                          &error, NULL);
  g_assert_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "stereo"));
  g_error_free (error);
  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  test_side_wait_buffers (src, 20);
  g_assert_cmpint (get_channels (src), ==, 2);
  g_assert_cmpuint (test_side_count_type (sink, GST_MESSAGE_INFO), ==, 1);
  test_side_assert_quiet (sink);
}

static void
test_channels_without_positions_are_refused_with_advice (void)
{
  g_autoptr (TestSide) sink = test_side_new (
      "audiotestsrc num-buffers=50 ! audio/x-raw,rate=48000,channels=6,"
      "channel-mask=(bitmask)0 " RAW_SINK);
  GError *error = NULL;

  test_side_play (sink);
  gst_message_parse_error (test_side_wait_type (sink, GST_MESSAGE_ERROR, 1),
                           &error, NULL);
  g_test_message ("%s", error->message);
  g_assert_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "channel-mask=(bitmask)0x3f"));
  g_error_free (error);
  test_side_stop (sink);
  g_assert_cmpuint (test_side_count_errors (sink), ==, 1);
}

/* All six channels come out, as Opus and decoded. */
static void
check_surround (const char *tail)
{
  g_autoptr (TestSide) sink =
      test_side_new ("audiotestsrc is-live=true samplesperbuffer=960 "
                     "! audio/x-raw,rate=48000,channels=6 ! opusenc " RAW_SINK);
  g_autoptr (TestSide) src = NULL;

  test_side_play (sink);
  src = test_side_new (
      "resilientwebrtcsrc name=it signaller-uri=ws://127.0.0.1:%u "
      "start-position=oldest ! %s ! fakesink async=false sync=false",
      test_side_get_port (sink), tail);
  test_side_play (src);
  test_side_wait_buffers (src, 20);
  g_assert_cmpint (get_channels (src), ==, 6);
  test_side_assert_quiet (sink);
  test_side_assert_quiet (src);
}

static void
test_surround_opus_keeps_its_channels (void)
{
  check_surround ("audio/x-opus");
  check_surround ("audio/x-raw");
}

/* ---- Packets of every length ---- */

/* The TOC byte of silence, and the samples that it stands for. */
static const struct {
  guint8 toc;
  guint samples;
} lengths[] = {
    {0xe0, 120}, {0xe8, 240}, {0x48, 960}, {0x18, 2880}, {0x19, 5760},
};

static GstBuffer *
make_packet (guint8 toc, guint samples, guint64 index)
{
  guint64 number = GUINT64_TO_BE (index);
  guint8 *data = g_malloc0 (17);
  GstBuffer *buffer;

  data[0] = toc;
  memcpy (data + 1, &number, sizeof number);
  buffer = gst_buffer_new_wrapped (data, 17);
  GST_BUFFER_PTS (buffer) = index * samples * GST_SECOND / 48000;
  GST_BUFFER_DURATION (buffer) = samples * GST_SECOND / 48000;
  return buffer;
}

static void
check_length (guint8 toc, guint samples)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (TestSide) src = NULL;

  test_side_play (sink);
  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  for (guint i = 0; i < 50; i++)
    g_assert_cmpint (gst_app_src_push_buffer (GST_APP_SRC (sink->feed),
                                              make_packet (toc, samples, i)),
                     ==, GST_FLOW_OK);
  test_side_wait_buffers (src, 50);
  test_side_assert_numbers (src, 0, 50);
  for (guint i = 1; i < 50; i++) {
    GstBuffer *before = g_ptr_array_index (src->buffers, i - 1);
    GstBuffer *buffer = g_ptr_array_index (src->buffers, i);

    g_assert_cmpint (ABS ((gint64) GST_BUFFER_DURATION (buffer) -
                          (gint64) (samples * GST_SECOND / 48000)),
                     <, GST_MSECOND / 10);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), >, GST_BUFFER_PTS (before));
  }
  test_side_assert_quiet (sink);
  test_side_assert_quiet (src);
}

static void
test_packets_of_every_length (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    check_length (lengths[i].toc, lengths[i].samples);
}

static void
check_length_of_an_ordinary_producer (const char *frame_size,
                                      GstClockTime duration)
{
  g_autoptr (TestSide) src =
      test_ordinary_new_source ("producer-name=studio", "audio/x-opus");
  g_autofree char *media = g_strdup_printf (
      "audiotestsrc is-live=true samplesperbuffer=960 "
      "! opusenc frame-size=%s ! rtpopuspay ! application/x-rtp,media=audio,"
      "encoding-name=OPUS,payload=96,clock-rate=48000 ! w. ",
      frame_size);
  g_autoptr (TestOrdinary) peer =
      test_ordinary_new (test_side_get_port (src), media);
  TestOrdinaryWant want = {src, peer, 20};

  test_peer_send_json (peer->line,
                       "{'type':'setPeerStatus','roles':['producer'],"
                       "'meta':{'name':'studio'}}");
  test_wait_until (test_ordinary_has_come_out, &want, frame_size);
  g_mutex_lock (&src->lock);
  g_assert_cmpuint (GST_BUFFER_DURATION (g_ptr_array_index (src->buffers, 19)),
                    ==, duration);
  g_mutex_unlock (&src->lock);
  test_side_assert_quiet (src);
}

static void
check_length_to_an_ordinary_consumer (const char *frame_size)
{
  g_autoptr (TestSide) sink = test_side_new (
      "audiotestsrc is-live=true samplesperbuffer=960 "
      "! audio/x-raw,rate=48000,channels=2 " RAW_SINK " frame-size=%s",
      frame_size);
  g_autoptr (TestOrdinary) peer = NULL;
  TestOrdinaryWant want = {NULL, NULL, 20};

  test_side_play (sink);
  peer = want.peer = test_ordinary_new_consumer (sink);
  test_wait_until (test_ordinary_has_come_in, &want, frame_size);
  test_side_assert_quiet (sink);
}

static void
test_ordinary_packets_of_every_length (void)
{
  check_length_of_an_ordinary_producer ("2.5", 2500 * GST_USECOND);
  check_length_of_an_ordinary_producer ("60", 60 * GST_MSECOND);
  check_length_to_an_ordinary_consumer ("2.5");
  check_length_to_an_ordinary_consumer ("60");
}

/* ---- What descriptions say ---- */

static char *
dup_remote_sdp (TestOrdinary *peer)
{
  GstWebRTCSessionDescription *description = NULL;
  char *text;

  g_object_get (peer->webrtc, "remote-description", &description, NULL);
  g_assert_nonnull (description);
  text = gst_sdp_message_as_text (description->sdp);
  gst_webrtc_session_description_free (description);
  return text;
}

static void
assert_says (const char *sdp, const char *text)
{
  if (strstr (sdp, text) == NULL)
    g_error ("\"%s\" is not in\n%s", text, sdp);
}

static void
check_offer (const char *raw, const char *properties, const char *const *says)
{
  g_autoptr (TestSide) sink =
      test_side_new ("audiotestsrc is-live=true samplesperbuffer=960 "
                     "! audio/x-raw,rate=48000,%s " RAW_SINK " %s",
                     raw, properties);
  g_autoptr (TestOrdinary) peer = NULL;
  g_autofree char *sdp = NULL;
  TestOrdinaryWant want = {NULL, NULL, 20};

  test_side_play (sink);
  test_side_wait_stat_at_least (sink, "frames", 1);
  peer = want.peer = test_ordinary_new_consumer (sink);
  test_wait_until (test_ordinary_has_come_in, &want, "RTP of the sink");
  sdp = dup_remote_sdp (peer);
  for (guint i = 0; says[i]; i++)
    assert_says (sdp, says[i]);
}

static void
test_offer_says_how_the_encoder_is_set (void)
{
  static const char *const as_set[] = {
      "a=ptime:10\r\n", "a=maxptime:60\r\n", "maxaveragebitrate=24000",
      ";usedtx=1",      "96 minptime=10",    NULL};
  static const char *const short_ones[] = {
      "a=ptime:2.5\r\n", "sprop-stereo=1;stereo=1;minptime=3", NULL};

  check_offer ("channels=1", "bitrate=24000 frame-size=10 dtx=true", as_set);
  check_offer ("channels=2", "frame-size=2.5", short_ones);
}

static void
check_request (const char *properties, const char *const *says)
{
  g_autofree char *all =
      g_strdup_printf ("producer-name=studio %s", properties);
  g_autoptr (TestSide) src = test_ordinary_new_source (all, "audio/x-opus");
  g_autoptr (TestOrdinary) peer = test_ordinary_new_producer (src);
  TestOrdinaryWant want = {src, peer, 20};
  g_autofree char *sdp = NULL;

  test_wait_until (test_ordinary_has_come_out, &want, "audio");
  sdp = dup_remote_sdp (peer);
  for (guint i = 0; says[i]; i++)
    assert_says (sdp, says[i]);
}

static void
test_source_asks_for_what_it_is_set_to (void)
{
  static const char *const by_default[] = {"useinbandfec=1",
                                           "a=maxptime:120\r\n", NULL};
  static const char *const as_set[] = {"stereo=0", "maxaveragebitrate=20000",
                                       ";usedtx=1", "a=ptime:40\r\n", NULL};

  check_request ("", by_default);
  check_request ("stereo=false dtx=true ptime=40 max-average-bitrate=20000",
                 as_set);
}

/* ---- Forward error correction ---- */

static gboolean
uses_fec (TestSide *src)
{
  g_autoptr (GstElement) decoder =
      gst_bin_get_by_name (GST_BIN (src->element), "decoder");
  gboolean fec;

  g_object_get (decoder, "use-inband-fec", &fec, NULL);
  return fec;
}

static void
test_decoder_uses_fec_where_packets_are_lost (void)
{
  g_autoptr (TestSide) sink = test_ordinary_new_sink ();
  g_autoptr (TestSide) resilient = test_side_new (
      "resilientwebrtcsrc name=it signaller-uri=ws://127.0.0.1:%u "
      "! audioconvert ! fakesink async=false",
      test_side_get_port (sink));
  g_autoptr (TestSide) src =
      test_ordinary_new_source ("producer-name=studio", "audioconvert");
  g_autoptr (TestOrdinary) peer = test_ordinary_new_producer (src);
  TestOrdinaryWant want = {src, peer, 20};

  test_side_play (resilient);
  test_side_wait_buffers (resilient, 20);
  test_wait_until (test_ordinary_has_come_out, &want, "audio");
  g_assert_true (uses_fec (src));
  g_assert_false (uses_fec (resilient));
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  g_test_add_func ("/gst/elements/unusable-caps-end-no-pipeline",
                   test_unusable_caps_end_no_pipeline);
  g_test_add_func ("/gst/elements/source-waits-for-usable-caps",
                   test_source_waits_for_usable_caps);
  g_test_add_func ("/gst/elements/silence-after-welcome-backs-off",
                   test_silence_after_welcome_backs_off);
  g_test_add_func ("/gst/elements/tags-make-no-format",
                   test_tags_make_no_format);
  g_test_add_func ("/gst/elements/formats-never-run-out",
                   test_formats_never_run_out);
  g_test_add_func (
      "/gst/elements/raw-surround-is-folded-to-stereo-with-a-message",
      test_raw_surround_is_folded_to_stereo_with_a_message);
  g_test_add_func (
      "/gst/elements/channels-without-positions-are-refused-with-advice",
      test_channels_without_positions_are_refused_with_advice);
  g_test_add_func ("/gst/elements/surround-opus-keeps-its-channels",
                   test_surround_opus_keeps_its_channels);
  g_test_add_func ("/gst/elements/packets-of-every-length",
                   test_packets_of_every_length);
  g_test_add_func ("/gst/elements/ordinary-packets-of-every-length",
                   test_ordinary_packets_of_every_length);
  g_test_add_func ("/gst/elements/offer-says-how-the-encoder-is-set",
                   test_offer_says_how_the_encoder_is_set);
  g_test_add_func ("/gst/elements/source-asks-for-what-it-is-set-to",
                   test_source_asks_for_what_it_is_set_to);
  g_test_add_func ("/gst/elements/decoder-uses-fec-where-packets-are-lost",
                   test_decoder_uses_fec_where_packets_are_lost);
  return test_process_run_tests ();
}

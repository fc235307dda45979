/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "peer-side.h"

#include <string.h>

/* Two of our sessions: the frames and messages they carry, and how one of them
 * ends. */

#define N_FRAMES 200

static void
check_frame (PeerSide *side, guint nth, guint64 index)
{
  guint8 data[16];
  RwFrame expected = peer_side_make_frame (index, data);
  RwFrame *got = &g_array_index (side->frames, RwFrame, nth);
  gsize size;
  const guint8 *payload =
      g_bytes_get_data (g_ptr_array_index (side->payloads, nth), &size);

  g_assert_cmpuint (got->index, ==, expected.index);
  g_assert_cmpuint (got->running_time_ns, ==, expected.running_time_ns);
  g_assert_cmpint (got->capture_time_ns, ==, expected.capture_time_ns);
  g_assert_cmpuint (got->duration, ==, expected.duration);
  g_assert_cmpuint (got->format, ==, expected.format);
  g_assert_cmpuint (got->flags, ==, expected.flags);
  g_assert_cmpmem (payload, size, data, expected.size);
}

/* The first ones may be lost: the consumer may still lack the key that opens
 * them. From the first that arrives none is missing. */
static void
test_frames_arrive (void)
{
  g_autoptr (PeerSide) producer = NULL;
  g_autoptr (PeerSide) consumer = NULL;
  guint64 i, first;

  peer_side_make_pair (&producer, &consumer);
  peer_side_wait_until (producer->connected && consumer->connected);
  g_assert_true (rw_webrtc_peer_is_resilient (producer->peer));
  g_assert_true (rw_webrtc_peer_is_resilient (consumer->peer));

  i = peer_side_push_until_one_arrives (producer, consumer, 0);
  first = g_array_index (consumer->frames, RwFrame, 0).index;
  for (; i < first + N_FRAMES; i++) {
    peer_side_push (producer, i);
    peer_side_wait_until (consumer->frames->len > i - first);
  }

  for (i = 0; i < N_FRAMES; i++)
    check_frame (consumer, i, first + i);
  g_assert_cmpuint (consumer->n_buffers, ==, 0);
  peer_side_close (producer);
  peer_side_close (consumer);
}

static void
check_message (PeerSide *side, const char *text)
{
  gsize size;
  const void *data =
      g_bytes_get_data (g_ptr_array_index (side->messages, 0), &size);

  g_assert_cmpmem (data, size, text, strlen (text));
}

static void
test_messages_both_ways (void)
{
  g_autoptr (PeerSide) producer = NULL;
  g_autoptr (PeerSide) consumer = NULL;

  peer_side_make_pair (&producer, &consumer);
  g_assert_false (peer_side_send_text (producer, "too early"));
  peer_side_wait_until (producer->open && consumer->open);

  g_assert_true (peer_side_send_text (producer, "to the consumer"));
  g_assert_true (peer_side_send_text (consumer, "to the producer"));
  peer_side_wait_until (producer->messages->len == 1 &&
                        consumer->messages->len == 1);
  check_message (consumer, "to the consumer");
  check_message (producer, "to the producer");

  peer_side_close (producer);
  peer_side_close (consumer);
  g_assert_false (peer_side_send_text (producer, "too late"));
}

static void
test_large_messages_are_bounded (void)
{
  g_autoptr (PeerSide) producer = NULL;
  g_autoptr (PeerSide) consumer = NULL;
  g_autofree char *largest = g_malloc (65536 + 2);

  peer_side_make_pair (&producer, &consumer);
  peer_side_wait_until (producer->open && consumer->open);

  memset (largest, 'x', 65537);
  largest[65537] = '\0';
  g_assert_false (peer_side_send_text (producer, largest));
  largest[65536] = '\0';
  g_assert_true (peer_side_send_text (producer, largest));
  peer_side_wait_until (consumer->messages->len == 1);
  g_assert_cmpuint (g_bytes_get_size (consumer->messages->pdata[0]), ==, 65536);

  peer_side_close (producer);
  peer_side_close (consumer);
}

/* The goodbye of the other peer is seen at once, and nothing but "closed" comes
 * from the one that closes. */
static void
check_goodbye (gboolean by_producer)
{
  g_autoptr (PeerSide) producer = NULL;
  g_autoptr (PeerSide) consumer = NULL;
  PeerSide *leaving, *staying;
  gint64 start_us;

  peer_side_make_pair (&producer, &consumer);
  peer_side_wait_until (producer->open && consumer->open);
  leaving = by_producer ? producer : consumer;
  staying = by_producer ? consumer : producer;

  start_us = g_get_monotonic_time ();
  rw_loop_call (peer_side_loop, peer_side_do_close_gracefully, leaving);
  peer_side_wait_until (staying->channel_closed);
  g_test_message ("goodbye seen after %.1f ms",
                  (staying->channel_closed_us - start_us) / 1000.0);
  /* Without a goodbye SCTP gives up after four minutes, and RTCP never. */
  g_assert_cmpint (staying->channel_closed_us - start_us, <,
                   10 * G_TIME_SPAN_SECOND);
  peer_side_wait_until (leaving->closed);
  g_assert_false (leaving->channel_closed);
  g_assert_no_error (leaving->error);
  peer_side_close (staying);
}

static void
test_goodbye_of_producer (void)
{
  check_goodbye (TRUE);
}

static void
test_goodbye_of_consumer (void)
{
  check_goodbye (FALSE);
}

static void
test_goodbye_is_bounded (void)
{
  g_autoptr (PeerSide) producer = NULL;
  g_autoptr (PeerSide) consumer = NULL;
  gint64 start_us;

  /* The other side is torn down without a word, so nobody answers. */
  peer_side_make_pair (&producer, &consumer);
  peer_side_wait_until (producer->open && consumer->open);
  peer_side_close (consumer);

  start_us = g_get_monotonic_time ();
  rw_loop_call (peer_side_loop, peer_side_do_close_gracefully, producer);
  peer_side_wait_until (producer->closed);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <,
                   10 * G_TIME_SPAN_SECOND);
}

static void
test_consumer_offers (void)
{
  g_autoptr (PeerSide) producer = peer_side_new (RW_WEBRTC_PEER_PRODUCER);
  RwWebrtcPeerConfig config =
      peer_side_get_default_config (RW_WEBRTC_PEER_CONSUMER);
  g_autoptr (PeerSide) consumer = NULL;
  guint64 i;

  config.offers = TRUE;
  consumer = peer_side_new_full (&config);
  consumer->other = producer;
  producer->other = consumer;

  /* The offer is there before the producer starts, as with signalling. */
  peer_side_start (consumer);
  peer_side_wait_until (consumer->described);
  peer_side_start (producer);
  peer_side_wait_until (producer->open && consumer->open &&
                        producer->connected && consumer->connected);
  g_assert_true (rw_webrtc_peer_is_resilient (producer->peer));
  g_assert_true (rw_webrtc_peer_is_resilient (consumer->peer));
  for (i = 0; i < 10;)
    i = peer_side_push_until_one_arrives (producer, consumer, i);
  g_assert_true (peer_side_send_text (producer, "hello"));
  peer_side_wait_until (consumer->messages->len == 1);
  peer_side_close (producer);
  peer_side_close (consumer);
}

/* Even the held frame may be lost: the consumer may still lack the key that
 * opens it. So more frames follow, until one arrives. */
static void
test_newest_early_frame_goes_first (void)
{
  g_autoptr (PeerSide) producer = peer_side_new (RW_WEBRTC_PEER_PRODUCER);
  g_autoptr (PeerSide) consumer = peer_side_new (RW_WEBRTC_PEER_CONSUMER);
  guint64 i;

  for (i = 0; i < 5; i++)
    peer_side_push (producer, i);
  peer_side_start_pair (producer, consumer);
  peer_side_wait_until (producer->connected && consumer->connected);
  peer_side_wait_for_change (20000);
  if (peer_side_count_frames (consumer) == 0)
    peer_side_push_until_one_arrives (producer, consumer, i);
  g_assert_cmpuint (g_array_index (consumer->frames, RwFrame, 0).index, >=, 4);
  peer_side_close (producer);
  peer_side_close (consumer);
}

static void
test_close_before_start (void)
{
  g_autoptr (PeerSide) side = peer_side_new (RW_WEBRTC_PEER_PRODUCER);

  peer_side_close (side);
}

typedef struct {
  gboolean has_asked;
  gboolean has_report;
} ReportLog;

static void
on_log (GstDebugCategory *category, GstDebugLevel level, const char *file,
        const char *function, int line, GObject *object,
        GstDebugMessage *message, gpointer user_data)
{
  ReportLog *log = user_data;
  const char *text = gst_debug_message_get (message);

  if (strstr (text, "no clock-rate") != NULL)
    peer_side_set_flag (&log->has_asked, NULL);
  if (strstr (text, "got SR packet") != NULL)
    peer_side_set_flag (&log->has_report, NULL);
}

/* GStreamer before 1.26 lets its lock go to ask, in the middle of a walk. */
static void
test_clock_rate_is_known_before_the_first_report (void)
{
  g_autoptr (PeerSide) producer = NULL;
  g_autoptr (PeerSide) consumer = NULL;
  /* A thread may still be in the function after it was removed. */
  static ReportLog log;
  guint64 i = 0;

  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (on_log, &log, NULL);
  gst_debug_set_threshold_for_name ("rtpsource", GST_LEVEL_DEBUG);
  peer_side_make_pair (&producer, &consumer);
  peer_side_wait_until (producer->connected && consumer->connected);
  while (!log.has_report && i < 1000) {
    peer_side_push (producer, i++);
    peer_side_wait_for_change (20000);
  }
  peer_side_wait_until (log.has_report);
  peer_side_close (producer);
  peer_side_close (consumer);
  gst_debug_unset_threshold_for_name ("rtpsource");
  gst_debug_remove_log_function (on_log);
  gst_debug_add_log_function (gst_debug_log_default, NULL, NULL);
  g_assert_false (log.has_asked);
}

/* Of two sides, one of which takes no messages in RTCP. */
static void
make_mixed_pair (PeerSide **producer, PeerSide **consumer, gboolean by_producer)
{
  PeerSide *pair[2];
  RwWebrtcPeerConfig config =
      peer_side_get_default_config (RW_WEBRTC_PEER_PRODUCER);

  config.takes_rtcp = by_producer;
  pair[0] = *producer = peer_side_new_full (&config);
  config = peer_side_get_default_config (RW_WEBRTC_PEER_CONSUMER);
  config.takes_rtcp = !by_producer;
  pair[1] = *consumer = peer_side_new_full (&config);
  rw_loop_call (peer_side_loop, peer_side_tie, pair);
  peer_side_start (*consumer);
  peer_side_start (*producer);
}

static gboolean
has_channel (const char *description)
{
  return strstr (description, "m=application") != NULL;
}

/* An older producer. */
static void
test_producer_without_rtcp (void)
{
  g_autoptr (PeerSide) producer = NULL;
  g_autoptr (PeerSide) consumer = NULL;

  make_mixed_pair (&producer, &consumer, FALSE);
  peer_side_wait_until (producer->open && consumer->open);
  g_assert_true (has_channel (producer->description));
  g_assert_null (strstr (consumer->description, "resilient-rtcp"));
  g_assert_true (peer_side_send_text (consumer, "by the channel"));
  peer_side_wait_until (producer->messages->len == 1);
  check_message (producer, "by the channel");
  peer_side_close (producer);
  peer_side_close (consumer);
}

/* A producer offers RTCP only on request; a description that lost the
 * attribute on its way leaves a session that is connected, without messages. */
static void
test_consumer_without_rtcp (void)
{
  g_autoptr (PeerSide) producer = NULL;
  g_autoptr (PeerSide) consumer = NULL;

  make_mixed_pair (&producer, &consumer, TRUE);
  peer_side_wait_until (producer->connected && consumer->connected);
  g_assert_false (has_channel (producer->description));
  g_assert_nonnull (strstr (producer->description, "a=resilient-rtcp\r\n"));
  g_assert_false (peer_side_send_text (producer, "nowhere"));
  g_assert_false (peer_side_send_text (consumer, "nowhere"));
  peer_side_push_until_one_arrives (producer, consumer, 0);
  peer_side_close (producer);
  peer_side_close (consumer);
}

static void
add_tests (void)
{
  peer_side_add_both ("/webrtc-peer/frames-arrive", test_frames_arrive);
  peer_side_add_both ("/webrtc-peer/messages-both-ways",
                      test_messages_both_ways);
  peer_side_add_both ("/webrtc-peer/large-messages-are-bounded",
                      test_large_messages_are_bounded);
  peer_side_add_both ("/webrtc-peer/goodbye/of-producer",
                      test_goodbye_of_producer);
  peer_side_add_both ("/webrtc-peer/goodbye/of-consumer",
                      test_goodbye_of_consumer);
  peer_side_add_both ("/webrtc-peer/goodbye/is-bounded",
                      test_goodbye_is_bounded);
  peer_side_add_both ("/webrtc-peer/consumer-offers", test_consumer_offers);
  g_test_add_func ("/webrtc-peer/newest-early-frame-goes-first",
                   test_newest_early_frame_goes_first);
  g_test_add_func ("/webrtc-peer/producer-without-rtcp",
                   test_producer_without_rtcp);
  g_test_add_func ("/webrtc-peer/consumer-without-rtcp",
                   test_consumer_without_rtcp);
  g_test_add_func ("/webrtc-peer/clock-rate-is-known-before-the-first-report",
                   test_clock_rate_is_known_before_the_first_report);
  g_test_add_func ("/webrtc-peer/close-before-start", test_close_before_start);
}

int
main (int argc, char **argv)
{
  return peer_side_run (argc, argv, add_tests);
}

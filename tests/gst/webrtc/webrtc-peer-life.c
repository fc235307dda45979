/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "peer-side.h"
#include "test-process.h"

#include <stdlib.h>

/* Sessions that are begun, ended and cut off, at any moment: nothing of them
 * stays, and nothing waits for long. */

static void
check_no_growth (guint n_threads, guint n_files)
{
  if (!test_process_wait_usage (n_threads, n_files))
    g_error ("grown to %u threads and %u files from %u and %u",
             test_process_count_threads (), test_process_count_files (),
             n_threads, n_files);
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *) a, second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

static void
connect_and_close (gint64 *connect_us, gint64 *open_us, gint64 *close_us)
{
  g_autoptr (PeerSide) producer = NULL;
  g_autoptr (PeerSide) consumer = NULL;
  gint64 start_us = g_get_monotonic_time ();

  peer_side_make_pair (&producer, &consumer);
  peer_side_wait_until (producer->connected && consumer->connected &&
                        producer->open && consumer->open);
  *connect_us = MAX (producer->connected_us, consumer->connected_us) - start_us;
  *open_us = MAX (producer->open_us, consumer->open_us) - start_us;
  peer_side_push_until_one_arrives (producer, consumer, 1);
  start_us = g_get_monotonic_time ();
  peer_side_close (producer);
  peer_side_close (consumer);
  *close_us = (g_get_monotonic_time () - start_us) / 2;
}

static void
test_cycles (void)
{
  g_autofree gint64 *connect_us = g_new0 (gint64, peer_side_get_n_cycles ());
  g_autofree gint64 *open_us = g_new0 (gint64, peer_side_get_n_cycles ());
  g_autofree gint64 *close_us = g_new0 (gint64, peer_side_get_n_cycles ());
  guint n_threads, n_files, i, n = peer_side_get_n_cycles ();

  /* The first ones make what the process keeps. */
  connect_and_close (connect_us, open_us, close_us);
  connect_and_close (connect_us, open_us, close_us);
  n_threads = test_process_count_threads ();
  n_files = test_process_count_files ();

  for (i = 0; i < n; i++)
    connect_and_close (connect_us + i, open_us + i, close_us + i);

  qsort (connect_us, n, sizeof (gint64), compare_times);
  qsort (open_us, n, sizeof (gint64), compare_times);
  qsort (close_us, n, sizeof (gint64), compare_times);
  g_test_message ("connected after %.1f ms (median), %.1f (95%%); data channel "
                  "%.1f, %.1f; closed in %.1f, %.1f",
                  connect_us[n / 2] / 1e3, connect_us[n * 95 / 100] / 1e3,
                  open_us[n / 2] / 1e3, open_us[n * 95 / 100] / 1e3,
                  close_us[n / 2] / 1e3, close_us[n * 95 / 100] / 1e3);
  check_no_growth (n_threads, n_files);
}

static void
close_at_random_moment (GRand *rand)
{
  g_autoptr (PeerSide) producer = NULL;
  g_autoptr (PeerSide) consumer = NULL;
  PeerSide *first;
  guint64 i;

  peer_side_make_pair (&producer, &consumer);
  for (i = 0; i < 4; i++)
    peer_side_push (producer, i);
  test_process_wait_moment (rand, 60000);
  first = g_rand_boolean (rand) ? producer : consumer;
  rw_loop_call (peer_side_loop,
                g_rand_boolean (rand) ? peer_side_do_close
                                      : peer_side_do_close_gracefully,
                first);
  if (g_rand_boolean (rand))
    test_process_wait_moment (rand, 10000);
  peer_side_close (first == producer ? consumer : producer);
  peer_side_wait_until (first->closed);
}

static void
test_close_at_random_moments (void)
{
  GRand *rand = g_rand_new_with_seed (g_test_rand_int ());
  guint n_threads, n_files, i;

  close_at_random_moment (rand);
  close_at_random_moment (rand);
  n_threads = test_process_count_threads ();
  n_files = test_process_count_files ();
  for (i = 0; i < peer_side_get_n_cycles (); i++)
    close_at_random_moment (rand);
  check_no_growth (n_threads, n_files);
  g_rand_free (rand);
}

/* A STUN server that never answers keeps ICE gathering for seconds. */
static void
close_while_gathering (void)
{
  RwWebrtcPeerConfig config =
      peer_side_get_default_config (RW_WEBRTC_PEER_PRODUCER);
  g_autoptr (PeerSide) side = NULL;

  config.stun_server = "stun://192.0.2.200:3478";
  side = peer_side_new_full (&config);
  peer_side_start (side);
  peer_side_wait_until (side->described);
  peer_side_close (side);
}

static void
test_close_while_gathering (void)
{
  gint64 start_us;
  guint n_threads, n_files, i;

  close_while_gathering ();
  n_threads = test_process_count_threads ();
  n_files = test_process_count_files ();
  start_us = g_get_monotonic_time ();
  for (i = 0; i < 5; i++)
    close_while_gathering ();
  g_test_message ("closed in %.1f ms",
                  (g_get_monotonic_time () - start_us) / 5e3);
  check_no_growth (n_threads, n_files);
}

static void
test_frames_pushed_while_closing (void)
{
  guint i;

  for (i = 0; i < 10; i++) {
    g_autoptr (PeerSide) producer = NULL;
    g_autoptr (PeerSide) consumer = NULL;
    guint8 data[16];
    guint64 index = 0;
    RwFrame frame;

    peer_side_make_pair (&producer, &consumer);
    peer_side_wait_until (producer->connected);
    rw_loop_invoke (peer_side_loop, peer_side_do_close, producer, NULL);
    do {
      frame = peer_side_make_frame (index++, data);
    } while (rw_webrtc_peer_push_frame (producer->peer, &frame));
    peer_side_wait_until (producer->closed);
    g_assert_false (rw_webrtc_peer_push_frame (producer->peer, &frame));
    peer_side_close (consumer);
  }
}

static void
check_blackout (gboolean of_producer)
{
  g_autoptr (PeerSide) producer = NULL;
  g_autoptr (PeerSide) consumer = NULL;
  RwWebrtcPeer *cut;
  gint64 deadline_us;
  guint64 i = 0;

  peer_side_make_pair (&producer, &consumer);
  peer_side_wait_until (producer->open && consumer->open);
  i = peer_side_push_until_one_arrives (producer, consumer, i);

  cut = of_producer ? producer->peer : consumer->peer;
  rw_webrtc_peer_set_blackout (cut, TRUE);
  deadline_us = g_get_monotonic_time () + G_TIME_SPAN_SECOND / 2;
  while (g_get_monotonic_time () < deadline_us) {
    peer_side_push (producer, i++);
    peer_side_send_text (producer, "lost");
    peer_side_wait_for_change (10000);
  }
  g_assert_cmpuint (peer_side_count_frames (consumer), <, i);
  g_assert_cmpuint (consumer->messages->len, <, 10);

  /* The session heals by itself, audio first. */
  rw_webrtc_peer_set_blackout (cut, FALSE);
  peer_side_push_until_one_arrives (producer, consumer, i);
  g_assert_no_error (producer->error);
  g_assert_no_error (consumer->error);
  g_assert_true (rw_webrtc_peer_is_resilient (consumer->peer));
  peer_side_close (producer);
  peer_side_close (consumer);
}

static void
test_blackout_of_producer (void)
{
  check_blackout (TRUE);
}

static void
test_blackout_of_consumer (void)
{
  check_blackout (FALSE);
}

/* However much is sent into a blackout, sending stays quick, the memory stays
 * bounded, and closing does not wait. */
static void
test_full_channel (void)
{
  g_autoptr (PeerSide) producer = NULL;
  g_autoptr (PeerSide) consumer = NULL;
  g_autofree char *text = g_strnfill (16000, 'x');
  gint64 start_us, longest_us = 0;
  guint n_refused = 0;
  guint i;

  peer_side_make_pair (&producer, &consumer);
  peer_side_wait_until (producer->open && consumer->open);
  rw_webrtc_peer_set_blackout (producer->peer, TRUE);

  for (i = 0; i < 4000; i++) {
    start_us = g_get_monotonic_time ();
    n_refused += !peer_side_send_text (producer, text);
    longest_us = MAX (longest_us, g_get_monotonic_time () - start_us);
    if (i % 100 == 0)
      peer_side_wait_for_change (10000);
  }
  g_test_message ("64 MB sent into a blackout: %u of 4000 refused, longest "
                  "call %.1f ms",
                  n_refused, longest_us / 1000.0);
  g_assert_cmpuint (n_refused, >, 2000);
  g_assert_cmpint (longest_us, <, 10 * G_TIME_SPAN_SECOND);

  start_us = g_get_monotonic_time ();
  peer_side_close (producer);
  g_test_message ("closed in %.1f ms",
                  (g_get_monotonic_time () - start_us) / 1000.0);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <,
                   20 * G_TIME_SPAN_SECOND);
  peer_side_close (consumer);
}

static void
add_tests (void)
{
  peer_side_add_both ("/webrtc-peer-life/cycles", test_cycles);
  peer_side_add_both ("/webrtc-peer-life/close-at-random-moments",
                      test_close_at_random_moments);
  peer_side_add_both ("/webrtc-peer-life/close-while-gathering",
                      test_close_while_gathering);
  peer_side_add_both ("/webrtc-peer-life/frames-pushed-while-closing",
                      test_frames_pushed_while_closing);
  peer_side_add_both ("/webrtc-peer-life/outage/of-producer",
                      test_blackout_of_producer);
  peer_side_add_both ("/webrtc-peer-life/outage/of-consumer",
                      test_blackout_of_consumer);
  g_test_add_func ("/webrtc-peer-life/outage/full-channel", test_full_channel);
}

int
main (int argc, char **argv)
{
  return peer_side_run (argc, argv, add_tests);
}

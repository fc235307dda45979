/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-process.h"
#include "test-talker.h"

#include <gst/controller/gstdirectcontrolbinding.h>
#include <gst/controller/gstinterpolationcontrolsource.h>

/* Push to talk: sinks that ask for the floor of a room. */

static void
test_only_what_is_said_on_air_is_recorded (void)
{
  TestHost host;
  TestSide *sink, *src;
  guint64 recorded;

  test_talker_start_host (&host, 5000);
  sink = test_talker_new (host.port, "one", "");
  src = test_talker_new_listener (host.port, "one");
  test_talker_wait_events (sink, TEST_ROOM, "joined", 1);
  test_talker_pass_input (sink, 25);
  g_assert_cmpuint (test_talker_count_recorded (sink), ==, 0);
  test_talker_press (sink, TRUE);
  test_talker_wait_on_air (sink, TRUE);
  test_side_wait_buffers (src, 20);
  test_talker_press (sink, FALSE);
  recorded = test_talker_count_recorded (sink);
  test_talker_check_silent (sink, recorded);
  test_talker_wait_on_air (sink, FALSE);
  test_talker_wait_events (sink, TEST_FLOOR, "granted", 1);
  test_talker_wait_events (sink, TEST_FLOOR, "released", 1);
  test_side_free (src);
  test_side_free (sink);
  test_host_stop (&host);
}

/* Three seconds of silence are no outage: one session, and a GAP event. */
static void
test_a_pause_is_no_outage (void)
{
  TestHost host;
  TestSide *sink, *src;
  guint n;

  test_talker_start_host (&host, 5000);
  sink = test_talker_new (host.port, "one", "talk=true");
  src = test_talker_new_listener (host.port, "one");
  test_side_wait_buffers (src, 10);
  test_talker_press (sink, FALSE);
  test_talker_pass_input (sink, 150);
  g_assert_cmpuint (test_side_get_stat (sink, "sessions"), ==, 1);
  n = test_talker_count_input (src);
  test_talker_press (sink, TRUE);
  test_side_wait_buffers (src, n + 10);
  g_assert_cmpuint (test_talker_count_states (src, "suspect"), ==, 0);
  g_assert_cmpuint (test_talker_count_states (src, "reconnecting"), ==, 0);
  g_assert_cmpuint (test_side_get_stat (src, "gaps"), ==, 0);
  g_assert_cmpuint (test_talker_get_longest_hole (src), >, 2 * GST_SECOND);
  g_mutex_lock (&src->lock);
  g_assert_cmpuint (src->gaps->len, ==, 1);
  g_mutex_unlock (&src->lock);
  test_side_free (src);
  test_side_free (sink);
  test_host_stop (&host);
}

/* A consumer that comes while nobody talks has one session, too. */
static void
test_a_silent_sink_can_be_waited_for (void)
{
  TestHost host;
  TestSide *sink, *src;

  test_talker_start_host (&host, 5000);
  sink = test_talker_new (host.port, "one", "");
  src = test_talker_new_listener (host.port, "one");
  test_side_wait_stat_at_least (sink, "sessions", 1);
  test_talker_pass_input (sink, 150);
  g_assert_cmpuint (test_side_get_stat (sink, "sessions"), ==, 1);
  test_talker_press (sink, TRUE);
  test_side_wait_buffers (src, 10);
  g_assert_cmpuint (test_side_get_stat (sink, "sessions"), ==, 1);
  g_assert_cmpuint (test_talker_count_states (src, "reconnecting"), ==, 0);
  test_side_free (src);
  test_side_free (sink);
  test_host_stop (&host);
}

static void
test_the_second_waits_for_the_first (void)
{
  TestHost host;
  TestSide *one, *two;
  const GstStructure *queued;
  guint position = 0;

  test_talker_start_host (&host, 5000);
  one = test_talker_new (host.port, "one", "talk=true");
  test_talker_wait_on_air (one, TRUE);
  two = test_talker_new (host.port, "two", "");
  test_talker_press (two, TRUE);
  queued = test_side_wait_message (two, TEST_FLOOR, "event", "queued");
  g_assert_true (gst_structure_get_uint (queued, "position", &position));
  g_assert_cmpuint (position, ==, 1);
  test_talker_pass_input (two, 10);
  g_assert_cmpuint (test_talker_count_recorded (two), ==, 0);
  g_assert_true (test_talker_is_on_air (one, GINT_TO_POINTER (TRUE)));
  test_talker_press (one, FALSE);
  test_talker_wait_on_air (two, TRUE);
  test_side_wait_stat_at_least (two, "frames", 5);
  test_side_wait_message (one, TEST_FLOOR, "event", "taken");
  g_assert_true (test_talker_is_on_air (one, GINT_TO_POINTER (FALSE)));
  test_side_free (two);
  test_side_free (one);
  test_host_stop (&host);
}

static void
test_the_higher_priority_is_served_first (void)
{
  TestHost host;
  TestSide *one, *two, *three;

  test_talker_start_host (&host, 5000);
  one = test_talker_new (host.port, "one", "talk=true");
  test_talker_wait_on_air (one, TRUE);
  two = test_talker_new (host.port, "two", "talk=true");
  test_talker_wait_events (two, TEST_FLOOR, "queued", 1);
  three = test_talker_new (host.port, "three", "talk=true");
  test_talker_wait_events (three, TEST_FLOOR, "queued", 1);
  g_object_set (three->element, "priority", 9, NULL);
  test_talker_wait_events (three, TEST_FLOOR, "queued", 2);
  test_talker_press (one, FALSE);
  test_talker_wait_on_air (three, TRUE);
  g_assert_cmpuint (test_talker_count_recorded (two), ==, 0);
  test_talker_press (three, FALSE);
  test_talker_wait_on_air (two, TRUE);
  test_side_free (three);
  test_side_free (two);
  test_side_free (one);
  test_host_stop (&host);
}

/* Stopped while it talks, and started again. */
static void
test_a_stop_ends_the_talk (void)
{
  TestHost host;
  TestSide *sink;

  test_talker_start_host (&host, 5000);
  sink = test_talker_new (host.port, "one", "talk=true");
  test_talker_wait_on_air (sink, TRUE);
  test_side_stop (sink);
  g_assert_true (test_talker_is_on_air (sink, GINT_TO_POINTER (FALSE)));
  test_talker_press (sink, FALSE);
  test_side_play (sink);
  test_talker_wait_events (sink, TEST_ROOM, "joined", 2);
  test_talker_check_silent (sink, 0);
  test_talker_press (sink, TRUE);
  test_talker_wait_on_air (sink, TRUE);
  test_side_wait_stat_at_least (sink, "frames", 5);
  test_side_free (sink);
  test_host_stop (&host);
}

/* ---- GstController ---- */

static void
hold_from_to (GstElement *element, GstClockTime from, GstClockTime to)
{
  GstControlSource *source = gst_interpolation_control_source_new ();
  GstTimedValueControlSource *values = GST_TIMED_VALUE_CONTROL_SOURCE (source);

  g_object_set (source, "mode", GST_INTERPOLATION_MODE_NONE, NULL);
  gst_timed_value_control_source_set (values, 0, 0);
  gst_timed_value_control_source_set (values, from, 1);
  gst_timed_value_control_source_set (values, to, 0);
  gst_object_add_control_binding (
      GST_OBJECT (element),
      gst_direct_control_binding_new (GST_OBJECT (element), "talk", source));
  gst_object_unref (source);
}

/* The key is pressed for three seconds of the input. */
static void
test_a_controller_presses_the_key (void)
{
  TestHost host;
  TestSide *sink;
  gboolean talk;

  test_talker_start_host (&host, 5000);
  sink = test_talker_new (host.port, "one", "");
  test_talker_wait_events (sink, TEST_ROOM, "joined", 1);
  g_assert_cmpuint (test_talker_count_recorded (sink), ==, 0);
  test_side_stop (sink);
  hold_from_to (sink->element, 1 * GST_SECOND, 4 * GST_SECOND);
  test_side_play (sink);
  test_talker_wait_events (sink, TEST_FLOOR, "released", 1);
  test_talker_wait_on_air (sink, FALSE);
  g_object_get (sink->element, "talk", &talk, NULL);
  g_assert_false (talk);
  g_assert_cmpuint (test_talker_count_events (sink, "granted"), ==, 1);
  g_assert_cmpuint (test_talker_count_recorded (sink), >, 0);
  /* A frame before it and one after it may be in the encoder. */
  g_assert_cmpuint (test_talker_count_recorded (sink), <=, 152);
  test_side_free (sink);
  test_host_stop (&host);
}

static GstPadProbeReturn
on_block (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  return GST_PAD_PROBE_OK;
}

/* It waits for a listener that takes nothing; the others do not. */
static void
test_the_end_of_the_input_gives_the_floor_back (void)
{
  TestHost host;
  TestSide *one, *two, *src;
  gulong id;

  test_talker_start_host (&host, 5000);
  one =
      test_talker_new (host.port, "one", "talk=true eos-timeout=600000000000");
  test_talker_wait_on_air (one, TRUE);
  two = test_talker_new (host.port, "two", "talk=true");
  test_talker_wait_events (two, TEST_FLOOR, "queued", 1);
  src = test_talker_new_listener (host.port, "one");
  test_side_wait_buffers (src, 5);
  id = gst_pad_add_probe (src->pad,
                          GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER,
                          on_block, NULL, NULL);
  test_talker_pass_input (one, 25);
  test_side_end (one);
  test_talker_wait_on_air (two, TRUE);
  g_assert_true (test_talker_is_on_air (one, GINT_TO_POINTER (FALSE)));
  g_assert_cmpuint (test_side_count_type (one, GST_MESSAGE_EOS), ==, 0);
  gst_pad_remove_probe (src->pad, id);
  test_side_wait_eos_message (one);
  test_side_wait_eos (src);
  g_assert_cmpuint (test_talker_count_input (src), ==,
                    test_talker_count_recorded (one));
  test_side_free (src);
  test_side_free (two);
  test_side_free (one);
  test_host_stop (&host);
}

/* After a flush there is input again, and the key is still pressed. */
static void
test_new_input_asks_for_the_floor_again (void)
{
  TestHost host;
  TestSide *sink;
  guint64 recorded;

  test_talker_start_host (&host, 5000);
  sink = test_talker_new (host.port, "one", "talk=true");
  test_talker_wait_on_air (sink, TRUE);
  test_side_wait_stat_at_least (sink, "frames", 5);
  test_side_end (sink);
  test_talker_wait_on_air (sink, FALSE);
  test_side_wait_eos_message (sink);
  recorded = test_talker_count_recorded (sink);
  g_assert_true (gst_element_seek_simple (sink->pipeline, GST_FORMAT_TIME,
                                          GST_SEEK_FLAG_FLUSH, 0));
  test_talker_wait_on_air (sink, TRUE);
  test_side_wait_stat_at_least (sink, "frames", recorded + 5);
  test_side_free (sink);
  test_host_stop (&host);
}

static void
test_the_floor_needs_a_room (void)
{
  TestSide *side = test_side_new ("audiotestsrc is-live=true "
                                  "! resilientwebrtcsink name=it "
                                  "signaller-uri=ws://127.0.0.1:1 "
                                  "floor=request");

  g_assert_cmpint (gst_element_set_state (side->pipeline, GST_STATE_PLAYING),
                   ==, GST_STATE_CHANGE_FAILURE);
  test_side_wait_type (side, GST_MESSAGE_ERROR, 1);
  test_side_free (side);
}

int
main (int argc, char *argv[])
{
  test_side_init (&argc, &argv);

#define ADD(name, func) g_test_add_func ("/gst/elements-talk/" name, func)
  ADD ("only-what-is-said-on-air-is-recorded",
       test_only_what_is_said_on_air_is_recorded);
  ADD ("a-pause-is-no-outage", test_a_pause_is_no_outage);
  ADD ("a-silent-sink-can-be-waited-for", test_a_silent_sink_can_be_waited_for);
  ADD ("the-second-waits-for-the-first", test_the_second_waits_for_the_first);
  ADD ("the-higher-priority-is-served-first",
       test_the_higher_priority_is_served_first);
  ADD ("a-controller-presses-the-key", test_a_controller_presses_the_key);
  ADD ("a-stop-ends-the-talk", test_a_stop_ends_the_talk);
  ADD ("the-end-of-the-input-gives-the-floor-back",
       test_the_end_of_the_input_gives_the_floor_back);
  ADD ("new-input-asks-for-the-floor-again",
       test_new_input_asks_for_the_floor_again);
  ADD ("the-floor-needs-a-room", test_the_floor_needs_a_room);
#undef ADD

  return test_process_run_tests ();
}

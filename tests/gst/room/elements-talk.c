/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-host.h"
#include "test-process.h"
#include "test-side.h"

/* Push to talk: sinks that ask for the floor of a room. Recorded frames are
 * those that the journal counts. */

#define FLOOR "resilient-webrtc-floor"
#define ROOM  "resilient-webrtc-room"

#define OUTAGE_SIGNALLING 1

static TestSide *
talker_new (guint port, const char *name, const char *properties)
{
  TestSide *side = test_side_new (
      "audiotestsrc is-live=true samplesperbuffer=960 "
      "! audio/x-raw,rate=48000,channels=1 "
      "! resilientwebrtcsink name=it signaller-uri=ws://127.0.0.1:%u "
      "stream-name=%s room=stage floor=request %s",
      port, name, properties);

  test_side_play (side);
  return side;
}

static TestSide *
listener_new (guint port, const char *producer)
{
  TestSide *side = test_side_new (
      "resilientwebrtcsrc name=it signaller-uri=ws://127.0.0.1:%u "
      "producer-name=%s start-position=oldest ! audio/x-opus "
      "! fakesink sync=false async=false",
      port, producer);

  test_side_play (side);
  return side;
}

static void
start_host (TestHost *host, guint grace_ms)
{
  RwServerConfig *config = rw_server_config_new ();

  config->floor_grace_ms = grace_ms;
  test_host_start (host, config);
}

static void
press (TestSide *side, gboolean pressed)
{
  g_object_set (side->element, "talk", pressed, NULL);
}

static gboolean
is_on_air (TestSide *side, gpointer wanted)
{
  gboolean on_air;

  g_object_get (side->element, "on-air", &on_air, NULL);
  return on_air == GPOINTER_TO_INT (wanted);
}

static void
wait_on_air (TestSide *side, gboolean on_air)
{
  test_side_wait (side, is_on_air, GINT_TO_POINTER (on_air), "on-air");
}

typedef struct {
  const char *name;
  const char *event;
  guint n;
} Wanted;

static guint
count_events_locked (TestSide *side, const char *name, const char *event)
{
  guint n = 0;

  for (guint i = 0; i < side->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (side->messages, i);

    n += gst_message_has_name (message, name) &&
         g_strcmp0 (gst_structure_get_string (
                        gst_message_get_structure (message), "event"),
                    event) == 0;
  }
  return n;
}

static gboolean
has_events (TestSide *side, gpointer data)
{
  Wanted *wanted = data;

  return count_events_locked (side, wanted->name, wanted->event) >= wanted->n;
}

static void
wait_events (TestSide *side, const char *name, const char *event, guint n)
{
  Wanted wanted = {name, event, n};

  test_side_wait (side, has_events, &wanted, event);
}

static guint
count_events (TestSide *side, const char *event)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&side->lock);

  return count_events_locked (side, FLOOR, event);
}

static guint
count_input (TestSide *side)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&side->lock);

  return side->buffers->len;
}

/* Lets @n more buffers of the input pass. */
static void
pass_input (TestSide *side, guint n)
{
  test_side_wait_buffers (side, count_input (side) + n);
}

static guint64
count_recorded (TestSide *side)
{
  return test_side_get_stat (side, "frames");
}

/* But for one frame that was on its way to the journal. */
static void
check_silent (TestSide *side, guint64 recorded)
{
  pass_input (side, 25);
  g_assert_cmpuint (count_recorded (side), <=, recorded + 1);
}

static void
cut_signalling (TestSide *side, guint ms)
{
  g_signal_emit_by_name (side->element, "simulate-outage", OUTAGE_SIGNALLING,
                         ms);
}

static guint
count_states (TestSide *side, const char *state)
{
  guint n = 0;

  g_mutex_lock (&side->lock);
  for (guint i = 0; i < side->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (side->messages, i);

    n += gst_message_has_name (message, "resilient-webrtc-state") &&
         g_strcmp0 (gst_structure_get_string (
                        gst_message_get_structure (message), "state"),
                    state) == 0;
  }
  g_mutex_unlock (&side->lock);
  return n;
}

/* The audio has no hole: each buffer begins where the one before ends. */
static GstClockTime
get_longest_hole (TestSide *side)
{
  GstClockTime longest = 0;

  g_mutex_lock (&side->lock);
  for (guint i = 1; i < side->buffers->len; i++) {
    GstBuffer *last = g_ptr_array_index (side->buffers, i - 1);
    GstBuffer *buffer = g_ptr_array_index (side->buffers, i);
    GstClockTime end = GST_BUFFER_PTS (last) + GST_BUFFER_DURATION (last);

    if (GST_BUFFER_PTS (buffer) > end)
      longest = MAX (longest, GST_BUFFER_PTS (buffer) - end);
  }
  g_mutex_unlock (&side->lock);
  return longest;
}

static void
test_only_what_is_said_on_air_is_recorded (void)
{
  TestHost host;
  TestSide *sink, *src;
  guint64 recorded;

  start_host (&host, 5000);
  sink = talker_new (host.port, "one", "");
  src = listener_new (host.port, "one");
  wait_events (sink, ROOM, "joined", 1);
  pass_input (sink, 25);
  g_assert_cmpuint (count_recorded (sink), ==, 0);
  press (sink, TRUE);
  wait_on_air (sink, TRUE);
  test_side_wait_buffers (src, 20);
  press (sink, FALSE);
  recorded = count_recorded (sink);
  check_silent (sink, recorded);
  wait_on_air (sink, FALSE);
  wait_events (sink, FLOOR, "granted", 1);
  wait_events (sink, FLOOR, "released", 1);
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

  start_host (&host, 5000);
  sink = talker_new (host.port, "one", "talk=true");
  src = listener_new (host.port, "one");
  test_side_wait_buffers (src, 10);
  press (sink, FALSE);
  pass_input (sink, 150);
  g_assert_cmpuint (test_side_get_stat (sink, "sessions"), ==, 1);
  n = count_input (src);
  press (sink, TRUE);
  test_side_wait_buffers (src, n + 10);
  g_assert_cmpuint (count_states (src, "suspect"), ==, 0);
  g_assert_cmpuint (count_states (src, "reconnecting"), ==, 0);
  g_assert_cmpuint (test_side_get_stat (src, "gaps"), ==, 0);
  g_assert_cmpuint (get_longest_hole (src), >, 2 * GST_SECOND);
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

  start_host (&host, 5000);
  sink = talker_new (host.port, "one", "");
  src = listener_new (host.port, "one");
  test_side_wait_stat_at_least (sink, "sessions", 1);
  pass_input (sink, 150);
  g_assert_cmpuint (test_side_get_stat (sink, "sessions"), ==, 1);
  press (sink, TRUE);
  test_side_wait_buffers (src, 10);
  g_assert_cmpuint (test_side_get_stat (sink, "sessions"), ==, 1);
  g_assert_cmpuint (count_states (src, "reconnecting"), ==, 0);
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

  start_host (&host, 5000);
  one = talker_new (host.port, "one", "talk=true");
  wait_on_air (one, TRUE);
  two = talker_new (host.port, "two", "");
  press (two, TRUE);
  queued = test_side_wait_message (two, FLOOR, "event", "queued");
  g_assert_true (gst_structure_get_uint (queued, "position", &position));
  g_assert_cmpuint (position, ==, 1);
  pass_input (two, 10);
  g_assert_cmpuint (count_recorded (two), ==, 0);
  g_assert_true (is_on_air (one, GINT_TO_POINTER (TRUE)));
  press (one, FALSE);
  wait_on_air (two, TRUE);
  test_side_wait_stat_at_least (two, "frames", 5);
  test_side_wait_message (one, FLOOR, "event", "taken");
  g_assert_true (is_on_air (one, GINT_TO_POINTER (FALSE)));
  test_side_free (two);
  test_side_free (one);
  test_host_stop (&host);
}

static void
test_the_higher_priority_is_served_first (void)
{
  TestHost host;
  TestSide *one, *two, *three;

  start_host (&host, 5000);
  one = talker_new (host.port, "one", "talk=true");
  wait_on_air (one, TRUE);
  two = talker_new (host.port, "two", "talk=true");
  wait_events (two, FLOOR, "queued", 1);
  three = talker_new (host.port, "three", "talk=true");
  wait_events (three, FLOOR, "queued", 1);
  g_object_set (three->element, "priority", 9, NULL);
  wait_events (three, FLOOR, "queued", 2);
  press (one, FALSE);
  wait_on_air (three, TRUE);
  g_assert_cmpuint (count_recorded (two), ==, 0);
  press (three, FALSE);
  wait_on_air (two, TRUE);
  test_side_free (three);
  test_side_free (two);
  test_side_free (one);
  test_host_stop (&host);
}

static void
test_a_short_outage_is_not_heard (void)
{
  TestHost host;
  TestSide *sink, *src;
  guint n;

  start_host (&host, 5000);
  sink = talker_new (host.port, "one", "talk=true");
  src = listener_new (host.port, "one");
  test_side_wait_buffers (src, 10);
  cut_signalling (sink, 1000);
  n = count_input (src);
  test_side_wait_buffers (src, n + 100);
  wait_events (sink, ROOM, "returned", 1);
  g_assert_cmpuint (count_events (sink, "released"), ==, 0);
  g_assert_cmpuint (get_longest_hole (src), ==, 0);
  test_side_free (src);
  test_side_free (sink);
  test_host_stop (&host);
}

/* Longer than the lease, within the server's grace. */
static void
check_long_outage (const char *properties, gboolean is_complete)
{
  TestHost host;
  TestSide *sink, *src;
  guint n;

  start_host (&host, 60000);
  sink = talker_new (host.port, "one", properties);
  src = listener_new (host.port, "one");
  test_side_wait_buffers (src, 10);
  cut_signalling (sink, 6000);
  wait_on_air (sink, FALSE);
  wait_events (sink, FLOOR, "released", 1);
  n = count_input (src);
  check_silent (sink, count_recorded (sink));
  wait_on_air (sink, TRUE);
  test_side_wait_buffers (src, n + (is_complete ? 150 : 70));
  if (is_complete)
    g_assert_cmpuint (get_longest_hole (src), ==, 0);
  else
    g_assert_cmpuint (get_longest_hole (src), >, 500 * GST_MSECOND);
  test_side_free (src);
  test_side_free (sink);
  test_host_stop (&host);
}

static void
test_what_is_said_in_a_long_outage_comes_late (void)
{
  check_long_outage ("talk=true", TRUE);
}

static void
test_what_is_too_late_is_dropped (void)
{
  check_long_outage ("talk=true max-late=1000000000", FALSE);
}

static void
test_who_lets_go_in_an_outage_is_silent_afterwards (void)
{
  TestHost host;
  TestSide *one, *two;
  guint64 recorded;

  start_host (&host, 60000);
  one = talker_new (host.port, "one", "talk=true");
  wait_on_air (one, TRUE);
  two = talker_new (host.port, "two", "talk=true");
  wait_events (two, FLOOR, "queued", 1);
  cut_signalling (one, 1500);
  pass_input (one, 10);
  press (one, FALSE);
  recorded = count_recorded (one);
  wait_on_air (two, TRUE);
  wait_events (one, FLOOR, "taken", 1);
  check_silent (one, recorded);
  g_assert_true (is_on_air (one, GINT_TO_POINTER (FALSE)));
  g_assert_cmpuint (count_events (one, "granted"), <=, 1);
  test_side_free (two);
  test_side_free (one);
  test_host_stop (&host);
}

/* Pressed and released again in it: the server hears of neither. */
static void
test_who_pressed_in_an_outage_only_is_silent_afterwards (void)
{
  TestHost host;
  TestSide *sink;

  start_host (&host, 5000);
  sink = talker_new (host.port, "one", "");
  wait_events (sink, ROOM, "joined", 1);
  cut_signalling (sink, 1000);
  press (sink, TRUE);
  pass_input (sink, 10);
  press (sink, FALSE);
  wait_events (sink, ROOM, "returned", 1);
  check_silent (sink, 0);
  g_assert_cmpuint (count_recorded (sink), ==, 0);
  g_assert_true (is_on_air (sink, GINT_TO_POINTER (FALSE)));
  test_side_free (sink);
  test_host_stop (&host);
}

static void
test_an_old_press_is_dropped (void)
{
  TestHost host;
  TestSide *sink;

  start_host (&host, 5000);
  sink = talker_new (host.port, "one", "");
  wait_events (sink, ROOM, "joined", 1);
  cut_signalling (sink, 3000);
  press (sink, TRUE);
  wait_events (sink, FLOOR, "denied", 1);
  wait_events (sink, ROOM, "returned", 1);
  check_silent (sink, 0);
  g_assert_cmpuint (count_recorded (sink), ==, 0);
  press (sink, FALSE);
  press (sink, TRUE);
  wait_on_air (sink, TRUE);
  test_side_free (sink);
  test_host_stop (&host);
}

/* The other one has the floor when the grace is over; who still presses gets
 * it back after it. */
static void
test_a_floor_that_was_lost_is_asked_for_again (void)
{
  TestHost host;
  TestSide *one, *two;
  guint64 recorded;

  start_host (&host, 0);
  one = talker_new (host.port, "one", "talk=true");
  wait_on_air (one, TRUE);
  two = talker_new (host.port, "two", "talk=true");
  wait_events (two, FLOOR, "queued", 1);
  cut_signalling (one, 1000);
  wait_on_air (two, TRUE);
  wait_events (one, FLOOR, "queued", 1);
  g_assert_true (is_on_air (one, GINT_TO_POINTER (FALSE)));
  recorded = count_recorded (one);
  check_silent (one, recorded);
  press (two, FALSE);
  wait_on_air (one, TRUE);
  test_side_wait_stat_at_least (one, "frames", recorded + 10);
  test_side_free (two);
  test_side_free (one);
  test_host_stop (&host);
}

/* The server restarts without a memory: who presses is on air again, who has
 * let go is not, and there is one at a time. */
static void
test_a_restart_of_the_server_restores_the_floor (void)
{
  TestHost host;
  TestSide *one, *two;
  guint64 recorded;

  start_host (&host, 5000);
  one = talker_new (host.port, "one", "talk=true");
  wait_on_air (one, TRUE);
  two = talker_new (host.port, "two", "");
  wait_events (two, ROOM, "joined", 1);
  test_host_stop (&host);
  pass_input (one, 10);
  test_host_start_again (&host, rw_server_config_new ());
  wait_events (one, ROOM, "joined", 2);
  wait_events (two, ROOM, "joined", 2);
  /* The first to ask a server without a memory gets the floor. */
  wait_events (one, FLOOR, "granted", 2);
  press (two, TRUE);
  wait_events (two, FLOOR, "queued", 1);
  test_host_stop (&host);
  press (one, FALSE);
  recorded = count_recorded (one);
  test_host_start_again (&host, rw_server_config_new ());
  wait_on_air (two, TRUE);
  wait_events (one, ROOM, "joined", 3);
  check_silent (one, recorded);
  g_assert_true (is_on_air (one, GINT_TO_POINTER (FALSE)));
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

  start_host (&host, 5000);
  sink = talker_new (host.port, "one", "talk=true");
  wait_on_air (sink, TRUE);
  test_side_stop (sink);
  g_assert_true (is_on_air (sink, GINT_TO_POINTER (FALSE)));
  press (sink, FALSE);
  test_side_play (sink);
  wait_events (sink, ROOM, "joined", 2);
  check_silent (sink, 0);
  press (sink, TRUE);
  wait_on_air (sink, TRUE);
  test_side_wait_stat_at_least (sink, "frames", 5);
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

  start_host (&host, 5000);
  one = talker_new (host.port, "one", "talk=true eos-timeout=600000000000");
  wait_on_air (one, TRUE);
  two = talker_new (host.port, "two", "talk=true");
  wait_events (two, FLOOR, "queued", 1);
  src = listener_new (host.port, "one");
  test_side_wait_buffers (src, 5);
  id = gst_pad_add_probe (src->pad,
                          GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER,
                          on_block, NULL, NULL);
  pass_input (one, 25);
  test_side_end (one);
  wait_on_air (two, TRUE);
  g_assert_true (is_on_air (one, GINT_TO_POINTER (FALSE)));
  g_assert_cmpuint (test_side_count_type (one, GST_MESSAGE_EOS), ==, 0);
  gst_pad_remove_probe (src->pad, id);
  test_side_wait_eos_message (one);
  test_side_wait_eos (src);
  g_assert_cmpuint (count_input (src), ==, count_recorded (one));
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

  start_host (&host, 5000);
  sink = talker_new (host.port, "one", "talk=true");
  wait_on_air (sink, TRUE);
  test_side_wait_stat_at_least (sink, "frames", 5);
  test_side_end (sink);
  wait_on_air (sink, FALSE);
  test_side_wait_eos_message (sink);
  recorded = count_recorded (sink);
  g_assert_true (gst_element_seek_simple (sink->pipeline, GST_FORMAT_TIME,
                                          GST_SEEK_FLAG_FLUSH, 0));
  wait_on_air (sink, TRUE);
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
  ADD ("a-short-outage-is-not-heard", test_a_short_outage_is_not_heard);
  ADD ("what-is-said-in-a-long-outage-comes-late",
       test_what_is_said_in_a_long_outage_comes_late);
  ADD ("what-is-too-late-is-dropped", test_what_is_too_late_is_dropped);
  ADD ("who-lets-go-in-an-outage-is-silent-afterwards",
       test_who_lets_go_in_an_outage_is_silent_afterwards);
  ADD ("who-pressed-in-an-outage-only-is-silent-afterwards",
       test_who_pressed_in_an_outage_only_is_silent_afterwards);
  ADD ("an-old-press-is-dropped", test_an_old_press_is_dropped);
  ADD ("a-floor-that-was-lost-is-asked-for-again",
       test_a_floor_that_was_lost_is_asked_for_again);
  ADD ("a-restart-of-the-server-restores-the-floor",
       test_a_restart_of_the_server_restores_the_floor);
  ADD ("a-stop-ends-the-talk", test_a_stop_ends_the_talk);
  ADD ("the-end-of-the-input-gives-the-floor-back",
       test_the_end_of_the_input_gives_the_floor_back);
  ADD ("new-input-asks-for-the-floor-again",
       test_new_input_asks_for_the_floor_again);
  ADD ("the-floor-needs-a-room", test_the_floor_needs_a_room);
#undef ADD

  return test_process_run_tests ();
}

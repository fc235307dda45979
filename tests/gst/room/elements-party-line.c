/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-host.h"
#include "test-process.h"
#include "test-side.h"
#include "test-tones.h"

/* Party lines over real sockets: each member sends a tone of its own. */

#define OUTAGE_MEDIA 0
#define N_MAX        6

typedef struct {
  TestSide *side;
  TestTones *ears;
  guint number;
} Desk;

static void
desk_init (Desk *self, guint port, guint number, const char *properties)
{
  g_autoptr (GstPad) src = NULL;

  self->number = number;
  self->side = test_side_new (
      "audiotestsrc is-live=true samplesperbuffer=480 freq=%u "
      "volume=" TEST_TONES_VOLUME " ! audio/x-raw,rate=48000,channels=1 "
      "! resilientwebrtcroom name=it signaller-uri=ws://127.0.0.1:%u "
      "room=stage member=desk%u %s ! fakesink name=out sync=true async=false",
      test_tones_get_hz (number), port, number, properties);
  src = gst_element_get_static_pad (self->side->element, "src");
  self->ears = test_tones_new (src);
  test_side_play (self->side);
}

static void
desk_clear (Desk *self)
{
  test_side_stop (self->side);
  test_tones_free (self->ears);
  test_side_free (self->side);
}

/* Everybody but this one, of @n. */
static guint
others (guint number, guint n)
{
  return ((1u << n) - 1) & ~(1u << number);
}

static void
wait_all_hear_each_other (Desk *desks, guint n)
{
  for (guint i = 0; i < n; i++)
    test_tones_wait (desks[i].ears, others (i, n));
}

static void
check_nobody_hears_itself (Desk *desks, guint n)
{
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (test_tones_count (desks[i].ears, i), ==, 0);
}

static void
start (TestHost *host, Desk *desks, guint n)
{
  test_host_start (host, rw_server_config_new ());
  for (guint i = 0; i < n; i++)
    desk_init (&desks[i], host->port, i, "");
  wait_all_hear_each_other (desks, n);
}

static void
stop (TestHost *host, Desk *desks, guint n)
{
  check_nobody_hears_itself (desks, n);
  for (guint i = 0; i < n; i++)
    desk_clear (&desks[i]);
  test_host_stop (host);
}

static void
check_everybody_is_heard (guint n)
{
  TestHost host;
  Desk desks[N_MAX];

  start (&host, desks, n);
  for (guint i = 0; i < n; i++) {
    test_side_assert_quiet (desks[i].side);
    test_side_wait_message (desks[i].side, "resilient-webrtc-room", "event",
                            "joined");
    test_side_wait_state (desks[i].side, "connected");
  }
  stop (&host, desks, n);
}

static void
test_three_hear_each_other (void)
{
  check_everybody_is_heard (3);
}

static void
test_six_hear_each_other (void)
{
  check_everybody_is_heard (6);
}

static void
test_who_leaves_and_returns_is_heard_again (void)
{
  TestHost host;
  Desk desks[3];

  start (&host, desks, 3);
  test_side_stop (desks[2].side);
  test_tones_wait (desks[0].ears, 1u << 1);
  test_tones_wait (desks[1].ears, 1u << 0);
  test_side_play (desks[2].side);
  wait_all_hear_each_other (desks, 3);
  stop (&host, desks, 3);
}

static void
set_child (Desk *desk, const char *property, gdouble volume, gboolean mute)
{
  if (g_str_has_suffix (property, "volume"))
    gst_child_proxy_set (GST_CHILD_PROXY (desk->side->element), property,
                         volume, NULL);
  else
    gst_child_proxy_set (GST_CHILD_PROXY (desk->side->element), property, mute,
                         NULL);
}

static void
test_each_member_has_a_volume_and_a_mute (void)
{
  TestHost host;
  Desk desks[3];

  start (&host, desks, 3);
  test_tones_wait_amplitude (desks[0].ears, 1, 0.1);
  set_child (&desks[0], "desk1::volume", 0.3, FALSE);
  test_tones_wait_amplitude (desks[0].ears, 1, 0.03);
  test_tones_wait_amplitude (desks[0].ears, 2, 0.1);
  set_child (&desks[0], "desk2::mute", 0, TRUE);
  test_tones_wait (desks[0].ears, 1u << 1);
  test_tones_wait (desks[1].ears, others (1, 3));
  /* It stays when the member goes and comes. */
  test_side_stop (desks[2].side);
  test_side_play (desks[2].side);
  test_tones_wait (desks[1].ears, others (1, 3));
  test_tones_wait (desks[0].ears, 1u << 1);
  set_child (&desks[0], "desk2::mute", 0, FALSE);
  test_tones_wait (desks[0].ears, others (0, 3));
  /* The microphone. */
  set_child (&desks[0], "desk0::mute", 0, TRUE);
  test_tones_wait (desks[1].ears, 1u << 2);
  stop (&host, desks, 3);
}

static void
test_an_urgent_call_lowers_the_others (void)
{
  TestHost host;
  Desk desks[3];

  start (&host, desks, 3);
  g_object_set (desks[2].side->element, "priority", 200, NULL);
  test_tones_wait_amplitude (desks[0].ears, 1, 0.025);
  test_tones_wait_amplitude (desks[0].ears, 2, 0.1);
  g_object_set (desks[0].side->element, "ducking", 6.0, NULL);
  test_tones_wait_amplitude (desks[0].ears, 1, 0.05);
  g_object_set (desks[2].side->element, "priority", 0, NULL);
  test_tones_wait_amplitude (desks[0].ears, 1, 0.1);
  stop (&host, desks, 3);
}

/* Also to those who come when it is announced. */
static void
test_who_comes_later_knows_of_the_priority (void)
{
  TestHost host;
  Desk desks[3];

  start (&host, desks, 2);
  g_object_set (desks[1].side->element, "priority", 200, NULL);
  test_tones_wait_amplitude (desks[0].ears, 1, 0.1);
  desk_init (&desks[2], host.port, 2, "");
  test_tones_wait_amplitude (desks[2].ears, 0, 0.025);
  test_tones_wait_amplitude (desks[2].ears, 1, 0.1);
  stop (&host, desks, 3);
}

/* Of @more windows three quarters and more have the tone. */
static void
check_goes_on (Desk *desk, guint tone, guint heard_before, guint windows_before)
{
  guint heard = test_tones_count (desk->ears, tone) - heard_before;
  guint windows = test_tones_count_windows (desk->ears) - windows_before;

  g_test_message ("desk%u: tone %u in %u of %u windows", desk->number, tone,
                  heard, windows);
  g_assert_cmpuint (heard * 4, >=, windows * 3);
}

static void
test_an_outage_of_one_disturbs_nobody (void)
{
  TestHost host;
  Desk desks[3];
  guint heard[2], windows[2];

  start (&host, desks, 3);
  for (guint i = 0; i < 2; i++) {
    heard[i] = test_tones_count (desks[i].ears, 1 - i);
    windows[i] = test_tones_count_windows (desks[i].ears);
  }
  g_signal_emit_by_name (desks[2].side->element, "simulate-outage",
                         OUTAGE_MEDIA, 3000);
  test_tones_wait (desks[0].ears, 1u << 1);
  test_tones_wait_windows (desks[0].ears, 25);
  wait_all_hear_each_other (desks, 3);
  for (guint i = 0; i < 2; i++)
    check_goes_on (&desks[i], 1 - i, heard[i], windows[i]);
  stop (&host, desks, 3);
}

/* Who does not have the floor is not heard, and holds nobody up. */
static void
test_with_a_floor_one_is_heard (void)
{
  TestHost host;
  Desk desks[3];

  test_host_start (&host, rw_server_config_new ());
  for (guint i = 0; i < 3; i++)
    desk_init (&desks[i], host.port, i, "floor=request");
  test_side_wait_stat_at_least (desks[0].side, "speakers", 2);
  g_object_set (desks[1].side->element, "talk", TRUE, NULL);
  test_side_wait_message (desks[1].side, "resilient-webrtc-floor", "event",
                          "granted");
  test_tones_wait (desks[0].ears, 1u << 1);
  test_tones_wait (desks[2].ears, 1u << 1);
  test_tones_wait (desks[1].ears, 0);
  g_object_set (desks[2].side->element, "talk", TRUE, NULL);
  test_side_wait_message (desks[2].side, "resilient-webrtc-floor", "event",
                          "queued");
  g_object_set (desks[1].side->element, "talk", FALSE, NULL);
  test_tones_wait (desks[0].ears, 1u << 2);
  test_tones_wait (desks[1].ears, 1u << 2);
  stop (&host, desks, 3);
}

static void
check_latency (Desk *desk)
{
  g_autoptr (GstPad) src =
      gst_element_get_static_pad (desk->side->element, "src");
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  GstClockTime min_ns;
  gboolean is_live;

  g_assert_true (gst_pad_query (src, query));
  gst_query_parse_latency (query, &is_live, &min_ns, NULL);
  g_assert_true (is_live);
  g_assert_cmpuint (min_ns, ==, 70 * GST_MSECOND);
}

static void
test_alone_it_plays_silence (void)
{
  TestHost host;
  Desk desk;

  test_host_start (&host, rw_server_config_new ());
  desk_init (&desk, host.port, 0, "");
  check_latency (&desk);
  test_tones_wait_windows (desk.ears, 5);
  test_tones_wait (desk.ears, 0);
  check_latency (&desk);
  test_side_assert_quiet (desk.side);
  gst_element_send_event (desk.side->pipeline, gst_event_new_eos ());
  test_side_wait_eos_message (desk.side);
  desk_clear (&desk);
  test_host_stop (&host);
}

/* Members come, go, and are heard, while the server is away and after. */
static void
test_without_a_server_it_plays_on (void)
{
  TestHost host;
  Desk desks[2];

  start (&host, desks, 2);
  test_host_stop (&host);
  test_tones_wait_windows (desks[0].ears, 10);
  test_tones_wait (desks[0].ears, 1u << 1);
  test_side_stop (desks[1].side);
  test_tones_wait (desks[0].ears, 0);
  test_side_play (desks[1].side);
  test_tones_wait_windows (desks[1].ears, 5);
  test_host_start_again (&host, rw_server_config_new ());
  wait_all_hear_each_other (desks, 2);
  for (guint i = 0; i < 2; i++)
    g_assert_cmpuint (test_side_count_errors (desks[i].side), ==, 0);
  stop (&host, desks, 2);
}

static void
test_it_stops_while_it_joins (void)
{
  TestHost host;
  Desk desks[3];

  start (&host, desks, 2);
  desk_init (&desks[2], host.port, 2, "");
  for (guint i = 0; i < 12; i++) {
    test_tones_wait_windows (desks[0].ears, 1 + i % 4);
    test_side_stop (desks[2].side);
    g_assert_cmpuint (gst_child_proxy_get_children_count (
                          GST_CHILD_PROXY (desks[2].side->element)),
                      ==, 0);
    test_side_play (desks[2].side);
  }
  wait_all_hear_each_other (desks, 3);
  stop (&host, desks, 3);
}

/* Both are heard, and have one volume. */
static void
test_two_members_may_have_one_name (void)
{
  TestHost host;
  Desk desks[3];

  test_host_start (&host, rw_server_config_new ());
  desk_init (&desks[0], host.port, 0, "");
  desk_init (&desks[1], host.port, 1, "member=the-same");
  desk_init (&desks[2], host.port, 2, "member=the-same");
  wait_all_hear_each_other (desks, 3);
  set_child (&desks[0], "the-same::mute", 0, TRUE);
  test_tones_wait (desks[0].ears, 0);
  stop (&host, desks, 3);
}

static gboolean
is_loud (const GstStructure *level, const char *name)
{
  gdouble peak, rms;

  g_assert_true (gst_structure_get_double (level, "peak", &peak));
  g_assert_true (gst_structure_get_double (level, "rms", &rms));
  return g_strcmp0 (gst_structure_get_string (level, "name"), name) == 0 &&
         peak > -23.0 && peak < -17.0 && rms > -26.0 && rms < -20.0;
}

static gboolean
has_level (TestSide *side, gpointer name)
{
  for (guint i = 0; i < side->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (side->messages, i);

    if (gst_message_has_name (message, "resilient-webrtc-level") &&
        is_loud (gst_message_get_structure (message), name))
      return TRUE;
  }
  return FALSE;
}

static void
test_levels_are_reported (void)
{
  TestHost host;
  Desk desks[2];

  start (&host, desks, 2);
  g_assert_cmpuint (
      test_side_count_messages (desks[0].side, "resilient-webrtc-level"), ==,
      0);
  g_object_set (desks[0].side->element, "level-interval", 50, NULL);
  test_side_wait (desks[0].side, has_level, (char *) "desk0", "its own level");
  test_side_wait (desks[0].side, has_level, (char *) "desk1",
                  "the other's level");
  stop (&host, desks, 2);
}

/* What it puts out belongs to the time at which it came. */
static void
test_it_joins_a_pipeline_that_has_played_for_long (void)
{
  TestHost host;
  Desk desk = {0};
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  /* The clock begins with the machine. */
  GstClockTime hour_ns =
      MIN (3600 * GST_SECOND, gst_clock_get_time (clock) / 2);
  g_autoptr (GstPad) src = NULL;

  test_host_start (&host, rw_server_config_new ());
  desk.side = test_side_new (
      "audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=2 "
      "! resilientwebrtcroom name=it signaller-uri=ws://127.0.0.1:%u "
      "room=stage ! fakesink sync=true async=false",
      host.port);
  src = gst_element_get_static_pad (desk.side->element, "src");
  desk.ears = test_tones_new (src);
  gst_pipeline_use_clock (GST_PIPELINE (desk.side->pipeline), clock);
  gst_element_set_start_time (desk.side->pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time (desk.side->pipeline,
                             gst_clock_get_time (clock) - hour_ns);
  test_side_play (desk.side);
  test_tones_wait_windows (desk.ears, 5);
  g_assert_cmpuint (test_tones_get_end (desk.ears), >, hour_ns);
  g_assert_cmpuint (test_tones_count_windows (desk.ears), <, 1000);
  desk_clear (&desk);
  test_host_stop (&host);
}

static void
test_it_needs_a_room (void)
{
  TestSide *side = test_side_new (
      "audiotestsrc is-live=true ! audio/x-raw,rate=48000 "
      "! resilientwebrtcroom name=it signaller-uri=ws://127.0.0.1:1 "
      "! fakesink");

  g_assert_cmpint (gst_element_set_state (side->pipeline, GST_STATE_PLAYING),
                   ==, GST_STATE_CHANGE_FAILURE);
  test_side_wait_type (side, GST_MESSAGE_ERROR, 1);
  test_side_free (side);
}

/* The source in @desk that receives a stream whose name begins so. */
static GstElement *
dup_speaker (Desk *desk, const char *prefix)
{
  g_autofree char *name = g_strconcat ("speaker-", prefix, NULL);
  GstElement *found = NULL;

  GST_OBJECT_LOCK (desk->side->element);
  for (GList *l = GST_BIN_CHILDREN (desk->side->element); l; l = l->next)
    if (g_str_has_prefix (GST_OBJECT_NAME (l->data), name))
      found = gst_object_ref (l->data);
  GST_OBJECT_UNLOCK (desk->side->element);
  g_assert_nonnull (found);
  return found;
}

/* As with a producer that sends no Opus. */
static void
test_a_member_that_cannot_be_played_is_left_out (void)
{
  TestHost host;
  Desk desks[3];
  g_autoptr (GstElement) speaker = NULL;

  start (&host, desks, 3);
  speaker = dup_speaker (&desks[0], "desk1-");
  GST_ELEMENT_ERROR (speaker, STREAM, FORMAT, ("It cannot be played."), (NULL));
  test_side_wait_type (desks[0].side, GST_MESSAGE_WARNING, 1);
  test_tones_wait (desks[0].ears, 1u << 2);
  test_tones_wait (desks[1].ears, others (1, 3));
  g_assert_cmpuint (test_side_count_type (desks[0].side, GST_MESSAGE_ERROR), ==,
                    0);
  test_side_stop (desks[1].side);
  test_tones_wait (desks[2].ears, 1u << 0);
  test_side_play (desks[1].side);
  wait_all_hear_each_other (desks, 3);
  stop (&host, desks, 3);
}

/* ---- The careless application ---- */

/* Properties of all kinds, with other values and back. */
static void
set_everything (Desk *desk, guint round)
{
  /* clang-format off */
  g_object_set (desk->side->element,
      "talk", round % 2 == 0,
      "priority", round * 40 % 256,
      "ducking", (gdouble) (round % 3) * 10.0,
      "latency", 40 + round % 3 * 30,
      "level-interval", round % 2 * 20,
      "bitrate", 32000 + (gint) round * 4000,
      "auth-token", round % 2 ? "a-token" : NULL,
      NULL);
  /* clang-format on */
  g_signal_emit_by_name (desk->side->element, "reconnect");
}

static void
test_properties_may_be_set_in_every_state (void)
{
  const GstState states[] = {GST_STATE_READY,   GST_STATE_PAUSED,
                             GST_STATE_PLAYING, GST_STATE_PAUSED,
                             GST_STATE_READY,   GST_STATE_NULL};
  TestHost host;
  Desk desks[2];

  start (&host, desks, 2);
  for (guint i = 0; i < G_N_ELEMENTS (states); i++) {
    set_everything (&desks[0], i);
    set_everything (&desks[1], i + 1);
    g_assert_cmpint (gst_element_set_state (desks[1].side->pipeline, states[i]),
                     !=, GST_STATE_CHANGE_FAILURE);
  }
  for (guint i = 0; i < 2; i++) {
    set_everything (&desks[i], 0);
    test_side_play (desks[i].side);
  }
  wait_all_hear_each_other (desks, 2);
  stop (&host, desks, 2);
}

/* It has two pads, no more. */
static void
test_no_pad_can_be_requested (void)
{
  g_autoptr (GstElement) element = gst_object_ref_sink (
      gst_element_factory_make ("resilientwebrtcroom", NULL));

  g_assert_null (gst_element_request_pad_simple (element, "sink_%u"));
  g_assert_null (gst_element_get_static_pad (element, "complete"));
  g_assert_null (
      gst_child_proxy_get_child_by_name (GST_CHILD_PROXY (element), "nobody"));
}

/* A name that another producer has: the server gives it to one of them. */
static void
test_a_stream_name_that_is_taken_is_a_warning (void)
{
  TestHost host;
  Desk desks[2];

  test_host_start (&host, rw_server_config_new ());
  desk_init (&desks[0], host.port, 0, "stream-name=taken");
  test_side_wait_message (desks[0].side, "resilient-webrtc-room", "event",
                          "joined");
  desk_init (&desks[1], host.port, 1, "stream-name=taken");
  test_side_wait_type (desks[1].side, GST_MESSAGE_WARNING, 1);
  test_tones_wait_windows (desks[1].ears, 3);
  g_assert_cmpuint (test_side_count_errors (desks[1].side), ==, 0);
  stop (&host, desks, 2);
}

static guint
count_threads (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

/* Threads of pools may stay a while; those of fifty starts would show. */
static void
test_fifty_starts_leave_nothing (void)
{
  TestHost host;
  Desk desks[2];
  guint before;

  start (&host, desks, 2);
  test_side_stop (desks[1].side);
  test_side_play (desks[1].side);
  wait_all_hear_each_other (desks, 2);
  test_side_stop (desks[1].side);
  before = count_threads ();
  for (guint i = 0; i < 50; i++) {
    test_side_play (desks[1].side);
    if (i % 10 == 0)
      test_tones_wait (desks[1].ears, 1u << 0);
    test_side_stop (desks[1].side);
  }
  g_test_message ("%u threads before, %u after", before, count_threads ());
  g_assert_cmpuint (count_threads (), <, before + 50);
  test_side_play (desks[1].side);
  wait_all_hear_each_other (desks, 2);
  stop (&host, desks, 2);
}

int
main (int argc, char *argv[])
{
  test_side_init (&argc, &argv);

#define ADD(name, func) g_test_add_func ("/gst/elements-party-line/" name, func)
  ADD ("three-hear-each-other", test_three_hear_each_other);
  ADD ("six-hear-each-other", test_six_hear_each_other);
  ADD ("who-leaves-and-returns-is-heard-again",
       test_who_leaves_and_returns_is_heard_again);
  ADD ("each-member-has-a-volume-and-a-mute",
       test_each_member_has_a_volume_and_a_mute);
  ADD ("an-urgent-call-lowers-the-others",
       test_an_urgent_call_lowers_the_others);
  ADD ("who-comes-later-knows-of-the-priority",
       test_who_comes_later_knows_of_the_priority);
  ADD ("an-outage-of-one-disturbs-nobody",
       test_an_outage_of_one_disturbs_nobody);
  ADD ("with-a-floor-one-is-heard", test_with_a_floor_one_is_heard);
  ADD ("alone-it-plays-silence", test_alone_it_plays_silence);
  ADD ("without-a-server-it-plays-on", test_without_a_server_it_plays_on);
  ADD ("it-stops-while-it-joins", test_it_stops_while_it_joins);
  ADD ("two-members-may-have-one-name", test_two_members_may_have_one_name);
  ADD ("levels-are-reported", test_levels_are_reported);
  ADD ("it-joins-a-pipeline-that-has-played-for-long",
       test_it_joins_a_pipeline_that_has_played_for_long);
  ADD ("it-needs-a-room", test_it_needs_a_room);
  ADD ("a-member-that-cannot-be-played-is-left-out",
       test_a_member_that_cannot_be_played_is_left_out);
  ADD ("properties-may-be-set-in-every-state",
       test_properties_may_be_set_in_every_state);
  ADD ("no-pad-can-be-requested", test_no_pad_can_be_requested);
  ADD ("a-stream-name-that-is-taken-is-a-warning",
       test_a_stream_name_that_is_taken_is_a_warning);
  ADD ("fifty-starts-leave-nothing", test_fifty_starts_leave_nothing);
#undef ADD

  return test_process_run_tests ();
}

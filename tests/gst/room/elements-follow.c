/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-frame-meta.h"
#include "test-host.h"
#include "test-ordinary.h"
#include "test-process.h"
#include "test-side.h"

/* A source that receives a room: whoever talks, one after the other. */

#define OUTAGE_MEDIA 0

static TestSide *
talker_new (TestHost *host, const char *name, const char *properties)
{
  TestSide *side = test_side_new (
      "audiotestsrc is-live=true samplesperbuffer=960 "
      "! audio/x-raw,rate=48000,channels=1 "
      "! resilientwebrtcsink name=it signaller-uri=ws://127.0.0.1:%u "
      "stream-name=%s room=stage %s",
      host->port, name, properties);

  test_side_play (side);
  return side;
}

static TestSide *
listener_new (TestHost *host, const char *caps)
{
  TestSide *side = test_side_new (
      "resilientwebrtcsrc name=it signaller-uri=ws://127.0.0.1:%u room=stage "
      "! %s ! fakesink sync=false async=false",
      host->port, caps);

  test_side_play (side);
  test_side_wait_message (side, "resilient-webrtc-room", "event", "joined");
  return side;
}

static void
press (TestSide *side, gboolean pressed)
{
  g_object_set (side->element, "talk", pressed, NULL);
}

static gboolean
is_off_air (TestSide *side, gpointer unused)
{
  gboolean on_air;

  g_object_get (side->element, "on-air", &on_air, NULL);
  return !on_air;
}

static guint
count_output (TestSide *side)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&side->lock);

  return side->buffers->len;
}

/* Until @frames more have been recorded. */
static void
talk (TestSide *side, guint frames)
{
  guint64 before = test_side_get_stat (side, "frames");

  press (side, TRUE);
  test_side_wait_stat_at_least (side, "frames", before + frames);
  press (side, FALSE);
  test_side_wait (side, is_off_air, NULL, "off air");
}

/* Each begins where the one before has ended, or later. */
static void
check_times (TestSide *side)
{
  GstClockTime end = 0;

  g_mutex_lock (&side->lock);
  for (guint i = 0; i < side->buffers->len; i++) {
    GstBuffer *buffer = g_ptr_array_index (side->buffers, i);

    g_assert_cmpuint (GST_BUFFER_PTS (buffer), >=, end);
    end = GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
  }
  g_mutex_unlock (&side->lock);
}

static void
wait_session (TestSide *sink)
{
  test_side_wait_stat_at_least (sink, "sessions", 1);
}

static void
test_speakers_are_heard_in_turn (void)
{
  TestHost host;
  TestSide *one, *two, *src;
  guint64 said;

  test_host_start (&host, rw_server_config_new ());
  src = listener_new (&host, "audio/x-opus");
  one = talker_new (&host, "one", "floor=request");
  two = talker_new (&host, "two", "floor=request");
  wait_session (one);
  wait_session (two);
  for (guint i = 0; i < 3; i++) {
    talk (one, 10);
    talk (two, 10);
    test_side_wait_buffers (one, count_output (one) + 20); /* a pause */
  }
  said =
      test_side_get_stat (one, "frames") + test_side_get_stat (two, "frames");
  test_side_wait_buffers (src, (guint) said);
  g_assert_cmpuint (count_output (src), ==, said);
  check_times (src);
  g_mutex_lock (&src->lock);
  g_assert_cmpuint (src->segments->len, ==, 1);
  g_assert_cmpuint (src->gaps->len, >, 0);
  g_mutex_unlock (&src->lock);
  g_assert_cmpuint (test_side_get_stat (one, "sessions"), ==, 1);
  test_side_free (two);
  test_side_free (one);
  test_side_free (src);
  test_host_stop (&host);
}

static void
test_who_comes_and_talks_at_once_is_heard_from_the_start (void)
{
  TestHost host;
  TestSide *one, *two, *src;
  guint64 said;

  test_host_start (&host, rw_server_config_new ());
  src = listener_new (&host, "audio/x-opus");
  one = talker_new (&host, "one", "floor=request");
  wait_session (one);
  talk (one, 10);
  two = talker_new (&host, "two", "floor=request talk=true");
  test_side_wait_stat_at_least (two, "frames", 30);
  press (two, FALSE);
  test_side_wait (two, is_off_air, NULL, "off air");
  said =
      test_side_get_stat (one, "frames") + test_side_get_stat (two, "frames");
  test_side_wait_buffers (src, (guint) said);
  g_assert_cmpuint (count_output (src), ==, said);
  check_times (src);
  test_side_free (one);
  talk (two, 10);
  test_side_wait_buffers (src, (guint) said + 10);
  test_side_free (two);
  test_side_free (src);
  test_host_stop (&host);
}

/* The speech of an outage comes afterwards, every frame. */
static void
test_an_outage_of_a_speaker_loses_nothing (void)
{
  TestHost host;
  TestSide *one, *two, *src;
  guint64 said;

  test_host_start (&host, rw_server_config_new ());
  src = listener_new (&host, "audio/x-opus");
  one = talker_new (&host, "one", "floor=request");
  two = talker_new (&host, "two", "floor=request");
  wait_session (one);
  wait_session (two);
  press (one, TRUE);
  test_side_wait_buffers (src, 10);
  g_signal_emit_by_name (one->element, "simulate-outage", OUTAGE_MEDIA, 1000);
  test_side_wait_stat_at_least (one, "frames", 40);
  press (one, FALSE);
  test_side_wait (one, is_off_air, NULL, "off air");
  talk (two, 20);
  said =
      test_side_get_stat (one, "frames") + test_side_get_stat (two, "frames");
  test_side_wait_buffers (src, (guint) said);
  g_assert_cmpuint (count_output (src), ==, said);
  check_times (src);
  test_side_free (two);
  test_side_free (one);
  test_side_free (src);
  test_host_stop (&host);
}

/* The outage is each speaker's. */
static void
test_the_actions_of_the_source_reach_the_speakers (void)
{
  TestHost host;
  TestSide *one, *src;

  test_host_start (&host, rw_server_config_new ());
  src = listener_new (&host, "audio/x-opus");
  one = talker_new (&host, "one", "floor=request");
  wait_session (one);
  press (one, TRUE);
  test_side_wait_buffers (src, 10);
  g_signal_emit_by_name (src->element, "simulate-outage", OUTAGE_MEDIA, 4000);
  test_side_wait_state (src, "suspect");
  g_signal_emit_by_name (src->element, "reconnect");
  g_signal_emit_by_name (src->element, "jump-to-live");
  test_side_wait_buffers (src, count_output (src) + 20);
  check_times (src);
  test_side_free (one);
  test_side_free (src);
  test_host_stop (&host);
}

static gboolean
is_over_100 (TestSide *side, gpointer unused)
{
  return side->buffers->len > 100;
}

/* A speaker that needs no floor is heard while nobody has it. */
static void
test_the_floor_goes_before_the_background (void)
{
  TestHost host;
  TestSide *music, *one, *src;
  guint n;

  test_host_start (&host, rw_server_config_new ());
  src = listener_new (&host, "audio/x-raw");
  music = talker_new (&host, "music", "");
  test_side_wait (src, is_over_100, NULL, "the background");
  one = talker_new (&host, "one", "floor=request");
  wait_session (one);
  talk (one, 25);
  n = count_output (src);
  test_side_wait_buffers (src, n + 50);
  check_times (src);
  test_side_free (one);
  test_side_free (music);
  test_side_free (src);
  test_host_stop (&host);
}

/* ---- Ordinary producers ---- */

#define CLOSED_MEDIA                                                           \
  "audiotestsrc is-live=true samplesperbuffer=960 ! opusenc ! rtpopuspay "     \
  "! application/x-rtp,media=audio,encoding-name=OPUS,payload=96,"             \
  "clock-rate=48000 "                                                          \
  "! valve name=valve drop=true drop-mode=forward-sticky-events ! w. "

typedef struct {
  TestOrdinary *peer;
  TestPeer *member; /* of the room: one with resumption */
} Page;

static void
page_init (Page *page, TestHost *host, const char *name)
{
  page->peer = test_ordinary_new (host->port, CLOSED_MEDIA);
  test_peer_send_json (page->peer->line,
                       "{'type':'setPeerStatus','roles':['producer'],"
                       "'meta':{'name':'%s'}}",
                       name);
  page->member = test_peer_new (host->port);
  g_free (test_peer_expect_type (page->member, "welcome"));
  test_peer_send_json (page->member,
                       "{'type':'setProtocolVersion','version':'v1_1',"
                       "'resilient':{'version':1,'clientId':'%s'}}",
                       name);
  g_free (test_peer_expect_type (page->member, "resilientWelcome"));
  test_peer_send_json (page->member,
                       "{'type':'joinRoom','roomId':'stage','seq':1,"
                       "'meta':{'name':'%s','stream':'%s'}}",
                       name, name);
  g_free (test_peer_expect_type (page->member, "roomJoined"));
}

static void
page_clear (Page *page)
{
  test_ordinary_free (page->peer);
  test_peer_free (page->member);
}

static void
page_set_open (Page *page, gboolean is_open)
{
  g_autoptr (GstElement) valve =
      gst_bin_get_by_name (GST_BIN (page->peer->pipeline), "valve");

  g_object_set (valve, "drop", !is_open, NULL);
}

typedef struct {
  TestSide *src;
  Page *pages; /* two */
  guint n;
} PagesWant;

static gboolean
has_come_out (gpointer data)
{
  PagesWant *want = data;

  test_ordinary_take_messages (want->pages[0].peer);
  test_ordinary_take_messages (want->pages[1].peer);
  return count_output (want->src) >= want->n;
}

/* No buffer is timed for later than it was received. */
static void
check_no_delay (TestSide *side)
{
  GstClockTime now = gst_element_get_current_running_time (side->pipeline);
  GstBuffer *last;

  g_mutex_lock (&side->lock);
  last = g_ptr_array_index (side->buffers, side->buffers->len - 1);
  g_assert_cmpuint (GST_BUFFER_PTS (last), <, now + GST_SECOND);
  g_mutex_unlock (&side->lock);
}

static void
check_pages (const char *caps)
{
  TestHost host;
  Page pages[2];
  PagesWant want = {.pages = pages};

  test_host_start (&host, rw_server_config_new ());
  want.src = listener_new (&host, caps);
  page_init (&pages[0], &host, "one");
  page_init (&pages[1], &host, "two");
  for (guint i = 0; i < 4; i++) {
    page_set_open (&pages[i % 2], TRUE);
    want.n = count_output (want.src) + 30;
    test_wait_until (has_come_out, &want, "a page's audio");
    page_set_open (&pages[i % 2], FALSE);
    check_no_delay (want.src);
  }
  check_times (want.src);
  page_clear (&pages[1]);
  page_clear (&pages[0]);
  test_side_free (want.src);
  test_host_stop (&host);
}

/* Members that announce no floor, but use it. */
static void
test_ordinary_speakers_are_heard_in_turn (void)
{
  check_pages ("audio/x-opus");
}

static void
test_decoded_speakers_are_heard_in_turn (void)
{
  check_pages ("audio/x-raw");
}

static guint
count_ordinary (TestSide *side)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&side->lock);
  guint n = 0;

  for (guint i = 0; i < side->buffers->len; i++) {
    GstCustomMeta *meta = gst_buffer_get_custom_meta (
        g_ptr_array_index (side->buffers, i), RW_FRAME_META_NAME);

    n += g_strcmp0 (gst_structure_get_string (
                        gst_custom_meta_get_structure (meta), "lane"),
                    "rtp") == 0;
  }
  return n;
}

static gboolean
has_ordinary_come_out (gpointer data)
{
  PagesWant *want = data;

  test_ordinary_take_messages (want->pages[0].peer);
  return count_ordinary (want->src) >= want->n;
}

/* A member that announces no floor, and has it. */
static void
test_the_holder_of_the_floor_goes_before_the_background (void)
{
  TestHost host;
  Page page;
  PagesWant want = {.pages = &page, .n = 30};
  TestSide *music;

  test_host_start (&host, rw_server_config_new ());
  want.src = listener_new (&host, "audio/x-opus");
  music = talker_new (&host, "music", "");
  test_side_wait_buffers (want.src, 10);
  page_init (&page, &host, "page");
  test_peer_send_json (page.member, "{'type':'requestFloor','roomId':'stage',"
                                    "'seq':2}");
  g_free (test_peer_expect_type (page.member, "floorGranted"));
  page_set_open (&page, TRUE);
  test_wait_until (has_ordinary_come_out, &want, "the page's audio");
  page_set_open (&page, FALSE);
  test_side_wait_buffers (want.src, count_output (want.src) + 50);
  check_times (want.src);
  page_clear (&page);
  test_side_free (music);
  test_side_free (want.src);
  test_host_stop (&host);
}

/* The room survives the server, and so do the speakers. */
static void
test_a_restart_of_the_server_keeps_the_speakers (void)
{
  TestHost host;
  TestSide *one, *src;
  guint64 said;

  test_host_start (&host, rw_server_config_new ());
  src = listener_new (&host, "audio/x-opus");
  one = talker_new (&host, "one", "floor=request");
  wait_session (one);
  talk (one, 10);
  test_side_wait_buffers (src, 10);
  test_host_stop (&host);
  test_host_start_again (&host, rw_server_config_new ());
  test_side_wait_message (src, "resilient-webrtc-room", "event",
                          "member-joined");
  talk (one, 10);
  said = test_side_get_stat (one, "frames");
  test_side_wait_buffers (src, (guint) said);
  g_assert_cmpuint (count_output (src), ==, said);
  g_assert_cmpuint (test_side_get_stat (one, "sessions"), ==, 1);
  test_side_free (one);
  test_side_free (src);
  test_host_stop (&host);
}

/* Also while nobody has spoken. */
static void
test_the_application_ends_it (void)
{
  TestHost host;
  TestSide *src;

  test_host_start (&host, rw_server_config_new ());
  src = listener_new (&host, "audio/x-opus");
  gst_element_send_event (src->pipeline, gst_event_new_eos ());
  test_side_wait_eos (src);
  test_side_free (src);
  test_host_stop (&host);
}

int
main (int argc, char *argv[])
{
  test_side_init (&argc, &argv);

#define ADD(name, func) g_test_add_func ("/gst/elements-follow/" name, func)
  ADD ("speakers-are-heard-in-turn", test_speakers_are_heard_in_turn);
  ADD ("who-comes-and-talks-at-once-is-heard-from-the-start",
       test_who_comes_and_talks_at_once_is_heard_from_the_start);
  ADD ("an-outage-of-a-speaker-loses-nothing",
       test_an_outage_of_a_speaker_loses_nothing);
  ADD ("the-actions-of-the-source-reach-the-speakers",
       test_the_actions_of_the_source_reach_the_speakers);
  ADD ("the-floor-goes-before-the-background",
       test_the_floor_goes_before_the_background);
  ADD ("ordinary-speakers-are-heard-in-turn",
       test_ordinary_speakers_are_heard_in_turn);
  ADD ("decoded-speakers-are-heard-in-turn",
       test_decoded_speakers_are_heard_in_turn);
  ADD ("the-holder-of-the-floor-goes-before-the-background",
       test_the_holder_of_the_floor_goes_before_the_background);
  ADD ("a-restart-of-the-server-keeps-the-speakers",
       test_a_restart_of_the_server_keeps_the_speakers);
  ADD ("the-application-ends-it", test_the_application_ends_it);
#undef ADD

  return test_process_run_tests ();
}

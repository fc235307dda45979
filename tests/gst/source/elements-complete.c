/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-host.h"
#include "test-process.h"
#include "test-side.h"

/* Two outputs of one session: the always pad is live, the pad "complete" has
 * every frame. */

#define OUTAGE_MEDIA 0

/* A buffer that is later than this was held up; the latency is 200 ms. A thread
 * of a busy machine that stops for a while makes one buffer late. */
#define LATE        (600 * GST_MSECOND)
#define MOST_STALLS 10

typedef struct {
  TestHost host;
  TestSide *sink;
  TestSide *src;
  GstPad *pad;
  gulong block;

  GMutex lock;
  guint n;          /* through the pad */
  GstClockTime end; /* of them */
  GstClockTime hole;
  guint n_late; /* of the buffers of the always pad */
} Fixture;

static GstPadProbeReturn
on_complete_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Fixture *f = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstClockTime pts = GST_BUFFER_PTS (buffer);

  g_mutex_lock (&f->lock);
  /* A decoder leaves out the beginning of its first buffer. */
  g_assert_cmpuint (pts + 10 * GST_MSECOND, >=, f->end);
  if (f->n > 0 && pts > f->end)
    f->hole = MAX (f->hole, pts - f->end);
  f->end = pts + GST_BUFFER_DURATION (buffer);
  f->n++;
  g_mutex_unlock (&f->lock);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_live_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Fixture *f = data;
  g_autoptr (GstClock) clock = gst_element_get_clock (f->src->pipeline);
  GstClockTime now =
      gst_clock_get_time (clock) - gst_element_get_base_time (f->src->pipeline);
  GstClockTime pts = GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info));

  g_mutex_lock (&f->lock);
  f->n_late += now > pts + LATE;
  g_mutex_unlock (&f->lock);
  return GST_PAD_PROBE_OK;
}

static void
set_up (Fixture *f, gconstpointer caps)
{
  g_mutex_init (&f->lock);
  test_host_start (&f->host, rw_server_config_new ());
  f->src = test_side_new (
      "resilientwebrtcsrc name=it signaller-uri=ws://127.0.0.1:%u "
      "producer-name=one start-position=oldest "
      "it.src ! %s ! fakesink sync=false async=false "
      "it.complete ! %s ! fakesink sync=false async=false",
      f->host.port, (const char *) caps, (const char *) caps);
  f->pad = gst_element_get_static_pad (f->src->element, "complete");
  gst_pad_add_probe (f->pad, GST_PAD_PROBE_TYPE_BUFFER, on_complete_buffer, f,
                     NULL);
  gst_pad_add_probe (f->src->pad, GST_PAD_PROBE_TYPE_BUFFER, on_live_buffer, f,
                     NULL);
  test_side_play (f->src);
  f->sink = test_side_new (
      "audiotestsrc is-live=true samplesperbuffer=960 "
      "! audio/x-raw,rate=48000,channels=1 "
      "! resilientwebrtcsink name=it signaller-uri=ws://127.0.0.1:%u "
      "stream-name=one",
      f->host.port);
  test_side_play (f->sink);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  test_side_free (f->sink);
  gst_object_unref (f->pad);
  test_side_free (f->src);
  test_host_stop (&f->host);
  g_mutex_clear (&f->lock);
}

static guint
count_complete (Fixture *f)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&f->lock);

  return f->n;
}

/* The sink holds its EOS back until all is acknowledged. */
static void
check_complete (Fixture *f)
{
  test_side_end (f->sink);
  test_side_wait_eos_message (f->sink);
  test_side_wait_eos (f->src);
  g_assert_cmpuint (count_complete (f), ==,
                    test_side_get_stat (f->sink, "frames"));
  g_assert_cmpuint (f->hole, ==, 0);
  g_assert_cmpuint (test_side_get_stat (f->src, "gaps"), ==, 0);
  g_assert_cmpuint (test_side_count_messages (f->src, "resilient-webrtc-gap"),
                    ==, 0);
  g_assert_cmpuint (
      test_side_count_messages (f->src, "resilient-webrtc-stream"), ==, 1);
}

static guint
count_live (Fixture *f)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&f->src->lock);

  return f->src->buffers->len;
}

static void
test_an_outage_is_left_out_live_and_complete_later (Fixture *f,
                                                    gconstpointer unused)
{
  test_side_wait_buffers (f->src, 25);
  g_signal_emit_by_name (f->sink->element, "simulate-outage", OUTAGE_MEDIA,
                         1500);
  test_side_wait_state (f->src, "suspect");
  test_side_wait_buffers (f->src, count_live (f) + 75);
  check_complete (f);
  g_assert_cmpuint (count_live (f), <, count_complete (f) - 25);
  g_assert_cmpuint (f->n_late, <, MOST_STALLS);
}

static GstPadProbeReturn
on_block (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  return GST_PAD_PROBE_OK;
}

/* Frames that have not left by the pad "complete" are not acknowledged. */
static void
test_a_blocked_pad_holds_up_its_own_frames_only (Fixture *f,
                                                 gconstpointer unused)
{
  guint64 acknowledged;

  test_side_wait_buffers (f->src, 10);
  f->block = gst_pad_add_probe (f->pad, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM,
                                on_block, NULL, NULL);
  test_side_wait_buffers (f->src, count_live (f) + 5);
  acknowledged = test_side_get_stat (f->src, "acknowledged");
  test_side_wait_buffers (f->src, count_live (f) + 75);
  g_assert_cmpuint (test_side_get_stat (f->src, "acknowledged"), ==,
                    acknowledged);
  gst_pad_remove_probe (f->pad, f->block);
  check_complete (f);
  g_assert_cmpuint (f->n_late, <, MOST_STALLS);
}

static void
test_both_may_be_decoded (Fixture *f, gconstpointer unused)
{
  test_side_wait_buffers (f->src, 101);
  test_side_wait_stat_at_least (f->sink, "frames", 201);
  test_side_end (f->sink);
  test_side_wait_eos_message (f->sink);
  test_side_wait_eos (f->src);
  g_assert_cmpuint (count_complete (f), >, 200);
}

static void
test_the_pad_is_requested_early (void)
{
  TestSide *src = test_side_new (
      "resilientwebrtcsrc name=it run-signalling-server=true "
      "signalling-server-host=127.0.0.1 signalling-server-port=0 "
      "! audio/x-opus ! fakesink sync=false async=false");
  GstPad *pad = gst_element_request_pad_simple (src->element, "complete");

  g_assert_nonnull (pad);
  gst_element_release_request_pad (src->element, pad);
  gst_object_unref (pad);
  test_side_play (src);
  g_assert_null (gst_element_request_pad_simple (src->element, "complete"));
  test_side_free (src);
}

int
main (int argc, char *argv[])
{
  test_side_init (&argc, &argv);

#define ADD(name, caps, func)                                                  \
  g_test_add ("/gst/elements-complete/" name, Fixture, caps, set_up, func,     \
              tear_down)
  ADD ("an-outage-is-left-out-live-and-complete-later", "audio/x-opus",
       test_an_outage_is_left_out_live_and_complete_later);
  ADD ("a-blocked-pad-holds-up-its-own-frames-only", "audio/x-opus",
       test_a_blocked_pad_holds_up_its_own_frames_only);
  ADD ("both-may-be-decoded", "audio/x-raw", test_both_may_be_decoded);
#undef ADD
  g_test_add_func ("/gst/elements-complete/the-pad-is-requested-early",
                   test_the_pad_is_requested_early);

  return test_process_run_tests ();
}

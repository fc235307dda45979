/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-speaker-merge.h"

#include "rw-frame-meta.h"

/* Buffers of speakers, pushed by hand, and when they come out. */

#define FRAME_NS (20 * GST_MSECOND)

/* The clock of this program, in place of GLib's. */
static gint64 now_us = G_USEC_PER_SEC;

gint64
g_get_monotonic_time (void)
{
  return now_us;
}

/* So long that a turn is over. */
static void
pass_pause (void)
{
  now_us += 200 * 1000;
}

typedef struct {
  GstElement *merge;
  GstPad *out;
  GstPad *speakers[2];
  GArray *times; /* GstClockTime of what came out */
} Case;

static GstFlowReturn
on_output (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  Case *self = gst_pad_get_element_private (pad);

  g_array_append_val (self->times, GST_BUFFER_PTS (buffer));
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static gboolean
on_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  gst_event_unref (event);
  return TRUE;
}

static void
begin_speaker (GstPad *pad)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (
      "audio/x-raw,format=S16LE,rate=48000,channels=1,layout=interleaved");
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_send_event (pad, gst_event_new_stream_start ("speaker"));
  gst_pad_send_event (pad, gst_event_new_caps (caps));
  gst_pad_send_event (pad, gst_event_new_segment (&segment));
}

static void
case_init (Case *self)
{
  g_autoptr (GstPad) src = NULL;

  self->merge = gst_object_ref_sink (rw_speaker_merge_new ());
  self->times = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  self->out = gst_object_ref_sink (gst_pad_new ("out", GST_PAD_SINK));
  gst_pad_set_element_private (self->out, self);
  gst_pad_set_chain_function (self->out, on_output);
  gst_pad_set_event_function (self->out, on_event);
  gst_pad_set_active (self->out, TRUE);
  src = gst_element_get_static_pad (self->merge, "src");
  g_assert_cmpint (gst_pad_link (src, self->out), ==, GST_PAD_LINK_OK);
  gst_element_set_state (self->merge, GST_STATE_PLAYING);
  for (guint i = 0; i < G_N_ELEMENTS (self->speakers); i++) {
    self->speakers[i] =
        rw_speaker_merge_add (RW_SPEAKER_MERGE (self->merge), FALSE);
    gst_pad_set_active (self->speakers[i], TRUE);
    begin_speaker (self->speakers[i]);
  }
}

static void
case_clear (Case *self)
{
  gst_element_set_state (self->merge, GST_STATE_NULL);
  gst_object_unref (self->merge);
  gst_object_unref (self->out);
  g_array_unref (self->times);
}

static GstBuffer *
make_buffer (GstClockTime time_ns)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 1920, NULL);

  GST_BUFFER_PTS (buffer) = time_ns;
  GST_BUFFER_DURATION (buffer) = FRAME_NS;
  return buffer;
}

static void
push (Case *self, guint speaker, GstClockTime time_ns)
{
  GstBuffer *buffer = make_buffer (time_ns);

  rw_frame_meta_add (buffer, NULL, 0, "live");
  g_assert_cmpint (gst_pad_chain (self->speakers[speaker], buffer), ==,
                   GST_FLOW_OK);
}

static void
push_made_up (Case *self, guint speaker, GstClockTime time_ns)
{
  g_assert_cmpint (
      gst_pad_chain (self->speakers[speaker], make_buffer (time_ns)), ==,
      GST_FLOW_OK);
}

static void
check_times (Case *self, const GstClockTime *times, guint n)
{
  g_assert_cmpuint (self->times->len, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (g_array_index (self->times, GstClockTime, i), ==,
                      times[i]);
}

/* One speaker has paused while another one spoke. What its decoder makes up for
 * the pause is timed for when that began, and delays nothing. */
static void
test_made_up_audio_is_no_turn (void)
{
  static const GstClockTime times[] = {GST_SECOND, 2 * GST_SECOND,
                                       2 * GST_SECOND + FRAME_NS};
  Case self;

  case_init (&self);
  push (&self, 0, GST_SECOND);
  pass_pause ();
  push (&self, 1, 2 * GST_SECOND);
  pass_pause ();
  for (guint i = 0; i < 6; i++)
    push_made_up (&self, 0, GST_SECOND + (i + 1) * FRAME_NS);
  push (&self, 0, 2 * GST_SECOND + FRAME_NS);
  check_times (&self, times, G_N_ELEMENTS (times));
  case_clear (&self);
}

/* Within what a speaker says it stands for a lost frame. */
static void
test_made_up_audio_passes_within_a_turn (void)
{
  static const GstClockTime times[] = {GST_SECOND, GST_SECOND + FRAME_NS,
                                       GST_SECOND + 2 * FRAME_NS};
  Case self;

  case_init (&self);
  push (&self, 0, GST_SECOND);
  push_made_up (&self, 0, GST_SECOND + FRAME_NS);
  push (&self, 0, GST_SECOND + 2 * FRAME_NS);
  check_times (&self, times, G_N_ELEMENTS (times));
  case_clear (&self);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  rw_frame_meta_register ();
  g_test_add_func ("/gst/speaker-merge/made-up-audio-is-no-turn",
                   test_made_up_audio_is_no_turn);
  g_test_add_func ("/gst/speaker-merge/made-up-audio-passes-within-a-turn",
                   test_made_up_audio_passes_within_a_turn);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-catch-up.h"

#include <math.h>
#include <string.h>

/* The element behind the decoder with delivery=catch-up: tones in, at times of
 * the test's choice, and the output listened to. The clock is a variable. */

#define RATE      48000
#define FREQUENCY 997
#define LEVEL     0.5
#define FRAME     (20 * GST_MSECOND)
#define LATENCY   (200 * GST_MSECOND)

typedef struct {
  GstElement *element;
  GstPad *feed;
  GstPad *drain;
  GstClock *clock;
  guint channels;
  GArray *samples;      /* gint16, of the first channel */
  GArray *times;        /* GstClockTime of each buffer */
  GstClockTime end;     /* of the output; NONE before it begins */
  GstClockTime silence; /* between buffers, in all */
  GstClockTime gaps;    /* of GAP events, in all */
  guint n_same;         /* buffers that came out as they were put in */
  GstBuffer *in;
  gboolean is_eos;
} Fixture;

/* A clock whose time is set. */
typedef struct {
  GstClock parent;
  GstClockTime time;
} TestTime;
typedef GstClockClass TestTimeClass;
GType test_time_get_type (void);
G_DEFINE_TYPE (TestTime, test_time, GST_TYPE_CLOCK)

static GstClockTime
test_time_get (GstClock *clock)
{
  return ((TestTime *) clock)->time;
}

static void
test_time_class_init (TestTimeClass *klass)
{
  klass->get_internal_time = test_time_get;
}

static void
test_time_init (TestTime *self)
{
}

static void
set_time (Fixture *f, GstClockTime time)
{
  ((TestTime *) f->clock)->time = time;
}

static GstFlowReturn
on_output (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  Fixture *f = gst_pad_get_element_private (pad);
  GstClockTime pts = GST_BUFFER_PTS (buffer);
  GstMapInfo map;
  gsize i;

  if (GST_CLOCK_TIME_IS_VALID (f->end)) {
    g_assert_cmpuint (pts + 5 * GST_MSECOND, >=, f->end);
    f->silence += pts > f->end ? pts - f->end : 0;
  }
  f->n_same += buffer == f->in;
  f->end = pts + GST_BUFFER_DURATION (buffer);
  g_array_append_val (f->times, pts);
  gst_buffer_map (buffer, &map, GST_MAP_READ);
  g_assert_cmpuint (map.size / 2 / f->channels, ==,
                    gst_util_uint64_scale_round (GST_BUFFER_DURATION (buffer),
                                                 RATE, GST_SECOND));
  for (i = 0; i < map.size / 2; i += f->channels)
    g_array_append_vals (f->samples, map.data + 2 * i, 1);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static gboolean
on_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  Fixture *f = gst_pad_get_element_private (pad);
  GstClockTime start, duration;

  if (GST_EVENT_TYPE (event) == GST_EVENT_GAP) {
    gst_event_parse_gap (event, &start, &duration);
    g_assert_cmpuint (start, ==, f->end);
    f->end += duration;
    f->gaps += duration;
  }
  f->is_eos |= GST_EVENT_TYPE (event) == GST_EVENT_EOS;
  gst_event_unref (event);
  return TRUE;
}

static void
push_caps (Fixture *f)
{
  g_autoptr (GstCaps) caps = NULL;
  GstAudioInfo info;

  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_S16, RATE,
                             (gint) f->channels, NULL);
  caps = gst_audio_info_to_caps (&info);
  g_assert_true (gst_pad_push_event (f->feed, gst_event_new_caps (caps)));
}

static void
push_segment (Fixture *f)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  g_assert_true (
      gst_pad_push_event (f->feed, gst_event_new_segment (&segment)));
}

static void
set_up (Fixture *f, double rate, guint channels)
{
  g_autoptr (GstPad) sink = NULL;
  g_autoptr (GstPad) src = NULL;

  *f = (Fixture){.channels = channels, .end = GST_CLOCK_TIME_NONE};
  f->samples = g_array_new (FALSE, FALSE, sizeof (gint16));
  f->times = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  f->element = gst_object_ref_sink (rw_catch_up_new (rate));
  f->clock = gst_object_ref_sink (g_object_new (test_time_get_type (), NULL));
  f->feed = gst_pad_new ("feed", GST_PAD_SRC);
  f->drain = gst_pad_new ("drain", GST_PAD_SINK);
  gst_pad_set_element_private (f->drain, f);
  gst_pad_set_chain_function (f->drain, on_output);
  gst_pad_set_event_function (f->drain, on_event);
  sink = gst_element_get_static_pad (f->element, "sink");
  src = gst_element_get_static_pad (f->element, "src");
  gst_pad_link (f->feed, sink);
  gst_pad_link (src, f->drain);
  gst_pad_set_active (f->feed, TRUE);
  gst_pad_set_active (f->drain, TRUE);
  gst_element_set_clock (f->element, f->clock);
  gst_element_set_base_time (f->element, 0);
  gst_element_set_state (f->element, GST_STATE_PLAYING);
  gst_pad_push_event (f->feed, gst_event_new_stream_start ("test"));
  push_caps (f);
  push_segment (f);
  rw_catch_up_set_latency (RW_CATCH_UP (f->element), LATENCY);
}

static void
tear_down (Fixture *f)
{
  gst_pad_set_active (f->drain, FALSE);
  gst_element_set_state (f->element, GST_STATE_NULL);
  gst_pad_set_active (f->feed, FALSE);
  gst_object_unref (f->feed);
  gst_object_unref (f->drain);
  gst_object_unref (f->element);
  gst_object_unref (f->clock);
  g_array_unref (f->samples);
  g_array_unref (f->times);
}

/* 20 ms that begin at @pts, of a tone or of silence. */
static void
push_frame (Fixture *f, GstClockTime pts, double level)
{
  gsize n = RATE / 50, i, c;
  guint64 first = gst_util_uint64_scale_round (pts, RATE, GST_SECOND);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, n * 2 * f->channels, NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (i = 0; i < n; i++) {
    double phase = 2 * G_PI * FREQUENCY * (double) (first + i) / RATE;

    for (c = 0; c < f->channels; c++)
      ((gint16 *) (gpointer) map.data)[i * f->channels + c] =
          (gint16) (32767 * level * sin (phase));
  }
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = FRAME;
  f->in = buffer;
  g_assert_cmpint (gst_pad_push (f->feed, buffer), ==, GST_FLOW_OK);
}

/* Audio of the times from @start to @end. */
static void
push_tone (Fixture *f, GstClockTime start, GstClockTime end)
{
  for (; start < end; start += FRAME)
    push_frame (f, start, LEVEL);
}

/* The same as it is recorded: the clock goes with it. */
static void
push_live (Fixture *f, GstClockTime start, GstClockTime end)
{
  for (; start < end; start += FRAME) {
    set_time (f, MAX (start + FRAME, ((TestTime *) f->clock)->time));
    push_frame (f, start, LEVEL);
  }
}

static double
get_sample (Fixture *f, guint i)
{
  return g_array_index (f->samples, gint16, i) / 32767.0;
}

/* A tone x keeps x[i+1] + x[i-1] = 2 cos(w) x[i]; a click does not. */
static double
get_worst_click (Fixture *f, guint from)
{
  double factor = 2 * cos (2 * G_PI * FREQUENCY / RATE), worst = 0;
  guint i;

  for (i = from + 1; i + 1 < f->samples->len; i++)
    worst = MAX (worst, fabs (get_sample (f, i + 1) + get_sample (f, i - 1) -
                              factor * get_sample (f, i)));
  return worst;
}

static double
get_frequency (Fixture *f, guint from)
{
  guint i, n_crossings = 0;

  for (i = from + 1; i < f->samples->len; i++)
    n_crossings += get_sample (f, i - 1) < 0 && get_sample (f, i) >= 0;
  return (double) n_crossings * RATE / (f->samples->len - from);
}

static void
check_tone (Fixture *f, guint from)
{
  g_test_message ("%.1f Hz, worst click %.1f dB", get_frequency (f, from),
                  20 * log10 (get_worst_click (f, from) / LEVEL));
  g_assert_cmpfloat (fabs (get_frequency (f, from) - FREQUENCY), <,
                     FREQUENCY * 0.01);
  g_assert_cmpfloat (get_worst_click (f, from), <, LEVEL * 0.01);
}

static void
test_on_time_passes_as_it_is (void)
{
  Fixture f;
  guint i;

  set_up (&f, 1.25, 2);
  push_live (&f, 0, 2 * GST_SECOND);
  g_assert_cmpuint (f.n_same, ==, 100);
  for (i = 0; i < f.times->len; i++)
    g_assert_cmpuint (g_array_index (f.times, GstClockTime, i), ==, i * FRAME);
  tear_down (&f);
}

/* 20 s were missed; they come at once, and audio goes on live. */
static void
check_catching_up (double rate, guint channels)
{
  Fixture f;
  GstClockTime missed = 20 * GST_SECOND, begin = missed - LATENCY, took;

  set_up (&f, rate, channels);
  set_time (&f, missed);
  push_tone (&f, 0, missed);
  g_assert_cmpuint (g_array_index (f.times, GstClockTime, 0), >=, begin);
  g_assert_cmpuint (g_array_index (f.times, GstClockTime, 0), <=,
                    begin + 20 * GST_MSECOND);
  took = (GstClockTime) ((double) missed / (rate - 1)) + GST_SECOND;
  push_live (&f, missed, missed + took);
  g_assert_cmpuint (rw_catch_up_get_behind (RW_CATCH_UP (f.element)), <,
                    40 * GST_MSECOND);
  g_assert_cmpuint (f.silence, ==, 0);
  g_assert_cmpuint (f.end, >=, missed + took - 40 * GST_MSECOND);
  g_assert_cmpuint (f.end, <=, missed + took + 40 * GST_MSECOND);
  check_tone (&f, 0);
  tear_down (&f);
}

static void
test_catches_up (void)
{
  check_catching_up (1.25, 1);
  check_catching_up (1.25, 2);
  check_catching_up (1.1, 1);
  check_catching_up (2, 2);
}

/* With a sink that plays at its times the same frames arrive later. */
static void
test_pauses_are_shortened (void)
{
  Fixture f;
  GstClockTime time;
  guint i;

  set_up (&f, 1, 1);
  set_time (&f, 10 * GST_SECOND);
  for (time = 0; time < 10 * GST_SECOND; time += 2 * GST_SECOND) {
    push_tone (&f, time, time + GST_SECOND);
    for (i = 0; i < 50; i++)
      push_frame (&f, time + GST_SECOND + i * FRAME, 0);
  }
  /* 5 s of tone and five pauses, of which 200 ms stay. */
  g_assert_cmpuint (f.samples->len, ==, RATE * 6);
  g_assert_cmpuint (f.silence, ==, 0);
  tear_down (&f);
}

/* The hole makes good what it can; the rest stays a hole. */
static void
check_hole (GstClockTime hole, gboolean is_told)
{
  Fixture f;
  GstClockTime late = 2 * GST_SECOND, resumed = late + hole;

  set_up (&f, 1.25, 1);
  set_time (&f, late);
  push_tone (&f, 0, late);
  if (is_told)
    gst_pad_push_event (f.feed, gst_event_new_gap (late, hole));
  push_live (&f, resumed, resumed + GST_SECOND);
  gst_pad_push_event (f.feed, gst_event_new_eos ());
  if (hole >= 3 * GST_SECOND) {
    g_assert_cmpuint (f.end, ==, resumed + GST_SECOND);
    g_assert_cmpuint (f.silence + f.gaps, >, GST_SECOND);
  } else {
    g_assert_cmpuint (f.silence + f.gaps, <, 40 * GST_MSECOND);
    g_assert_cmpuint (f.end, >, resumed + GST_SECOND);
  }
  tear_down (&f);
}

static void
test_holes (void)
{
  check_hole (500 * GST_MSECOND, FALSE);
  check_hole (500 * GST_MSECOND, TRUE);
  check_hole (3 * GST_SECOND, FALSE);
  check_hole (3 * GST_SECOND, TRUE);
}

/* An outage while it catches up from another: nothing is left out. */
static void
test_outage_in_the_middle (void)
{
  Fixture f;
  double n_expected;

  set_up (&f, 1.25, 1);
  set_time (&f, 4 * GST_SECOND);
  push_tone (&f, 0, 4 * GST_SECOND);
  set_time (&f, 12 * GST_SECOND);
  push_tone (&f, 4 * GST_SECOND, 12 * GST_SECOND);
  gst_pad_push_event (f.feed, gst_event_new_eos ());
  g_assert_true (f.is_eos);
  n_expected = 12 * RATE / 1.25;
  g_assert_cmpfloat (fabs (f.samples->len - n_expected), <, RATE * 0.2);
  g_assert_cmpuint (f.silence, >, 3 * GST_SECOND);
  check_tone (&f, 0);
  tear_down (&f);
}

/* The shortest passages come out whole. */
static void
test_ends (void)
{
  guint n;

  for (n = 1; n <= 30; n++) {
    Fixture f;

    set_up (&f, 1.25, 1);
    set_time (&f, 5 * GST_SECOND);
    push_tone (&f, 0, n * FRAME);
    if (n % 2 == 0)
      gst_pad_push_event (f.feed, gst_event_new_eos ());
    else
      push_caps (&f);
    g_assert_cmpuint (f.samples->len, <=, n * RATE / 50);
    g_assert_cmpfloat (f.samples->len, >=, n * RATE / 50 / 1.25 - RATE * 0.02);
    g_assert_cmpfloat (get_worst_click (&f, 0), <, LEVEL * 0.01);
    tear_down (&f);
  }
}

static void
test_flush_forgets (void)
{
  Fixture f;

  set_up (&f, 1.25, 1);
  set_time (&f, 5 * GST_SECOND);
  push_tone (&f, 0, GST_SECOND);
  gst_pad_push_event (f.feed, gst_event_new_flush_start ());
  gst_pad_push_event (f.feed, gst_event_new_flush_stop (FALSE));
  push_segment (&f);
  f.end = GST_CLOCK_TIME_NONE;
  g_assert_cmpuint (rw_catch_up_get_behind (RW_CATCH_UP (f.element)), ==, 0);
  f.n_same = 0;
  push_live (&f, 5 * GST_SECOND, 6 * GST_SECOND);
  g_assert_cmpuint (f.n_same, ==, 50);
  tear_down (&f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/catch-up/on-time-passes-as-it-is",
                   test_on_time_passes_as_it_is);
  g_test_add_func ("/catch-up/catches-up", test_catches_up);
  g_test_add_func ("/catch-up/pauses-are-shortened", test_pauses_are_shortened);
  g_test_add_func ("/catch-up/holes", test_holes);
  g_test_add_func ("/catch-up/outage-in-the-middle", test_outage_in_the_middle);
  g_test_add_func ("/catch-up/ends", test_ends);
  g_test_add_func ("/catch-up/flush-forgets", test_flush_forgets);
  return g_test_run ();
}

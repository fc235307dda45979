/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-click-log.h"

#include <gst/base/base.h>

#define LOUD          (G_MAXINT16 / 4)
#define QUIET_SAMPLES (TEST_CLICK_RATE / 10)
/* A tone of F Hz has 2 F crossings a second. */
#define WINDOW_SAMPLES    (TEST_CLICK_RATE * 8 / 1000)
#define get_crossings(hz) (2.0 * (hz) *WINDOW_SAMPLES / TEST_CLICK_RATE)

typedef struct {
  FILE *file;
  guint quiet;  /* samples of silence so far */
  guint window; /* samples of the click still to be looked at */
  guint crossings;
  gboolean positive;
  gint64 wall_us; /* of the click that is looked at */
  guint64 time_ns;
} Log;

/* Two clocks are read at one moment; a thread that was interrupted between them
 * tries again. */
#define MAX_READ_NS (100 * 1000u)
#define MAX_READS   20u

static gint64
read_clocks (GstClock *clock, gint64 *now_ns)
{
  GstClockTime before, after;
  guint n = 0;
  gint64 now_us;

  do {
    before = gst_clock_get_time (clock);
    now_us = g_get_real_time ();
    after = gst_clock_get_time (clock);
  } while (after - before > MAX_READ_NS && ++n < MAX_READS);
  *now_ns = (gint64) (before + (after - before) / 2);
  return now_us;
}

/* When the first sample of @buffer is due, on the wall clock. */
static gint64
get_due_us (GstPad *pad, GstBuffer *buffer)
{
  g_autoptr (GstElement) element = gst_pad_get_parent_element (pad);
  g_autoptr (GstClock) clock = gst_element_get_clock (element);
  g_autoptr (GstEvent) event =
      gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;
  gint64 due_ns, now_ns, now_us;

  if (!clock || !event)
    return g_get_real_time ();
  gst_event_parse_segment (event, &segment);
  due_ns = (gint64) (gst_element_get_base_time (element) +
                     gst_segment_to_running_time (segment, GST_FORMAT_TIME,
                                                  GST_BUFFER_PTS (buffer)));
  now_us = read_clocks (clock, &now_ns);
  if (GST_IS_BASE_SINK (element)) {
    due_ns += (gint64) gst_base_sink_get_latency (GST_BASE_SINK (element));
    due_ns = MAX (due_ns, now_ns);
  }
  return now_us + (due_ns - now_ns) / 1000;
}

static void
end_click (Log *log)
{
  double number =
      (log->crossings - get_crossings (test_click_hz (0))) /
      (get_crossings (test_click_hz (1)) - get_crossings (test_click_hz (0)));

  fprintf (log->file, "C %" G_GINT64_FORMAT " %d %" G_GUINT64_FORMAT "\n",
           log->wall_us, CLAMP ((int) (number + 0.5), 0, TEST_CLICK_TONES - 1),
           log->time_ns);
  log->quiet = 0;
}

static void
take_sample (Log *log, gint16 sample, gint64 wall_us, guint64 time_ns)
{
  gboolean is_loud = ABS ((int) sample) > LOUD;

  if (log->window > 0) {
    if (sample != 0 && (sample > 0) != log->positive) {
      log->positive = !log->positive;
      log->crossings++;
    }
    if (--log->window == 0)
      end_click (log);
  } else if (is_loud && log->quiet >= QUIET_SAMPLES) {
    log->window = WINDOW_SAMPLES;
    log->crossings = 0;
    log->positive = sample > 0;
    log->wall_us = wall_us;
    log->time_ns = time_ns;
  } else {
    log->quiet = is_loud ? 0 : log->quiet + 1;
  }
}

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Log *log = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  gint64 due_us = get_due_us (pad, buffer);
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return GST_PAD_PROBE_OK;
  for (gsize i = 0; i < map.size / 2; i++)
    take_sample (log, GST_READ_UINT16_LE (map.data + 2 * i),
                 due_us + (gint64) i * G_USEC_PER_SEC / TEST_CLICK_RATE,
                 GST_BUFFER_PTS (buffer) + i * GST_SECOND / TEST_CLICK_RATE);
  gst_buffer_unmap (buffer, &map);
  return GST_PAD_PROBE_OK;
}

void
test_click_log_attach (GstPad *pad, FILE *file)
{
  Log *log = g_new0 (Log, 1);

  log->file = file;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, log, g_free);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-tones.h"

#include <math.h>

#define RATE        48000
#define WINDOW      (RATE / 10)
#define HEARD       0.008
#define DEADLINE_US (60 * G_TIME_SPAN_SECOND)

struct _TestTones {
  GstPad *pad;
  gulong probe;

  GMutex lock;
  GCond changed;
  gint16 samples[WINDOW];
  guint n_samples;
  guint n_windows;
  guint n_heard[TEST_TONES_MAX];
  gdouble amplitude[TEST_TONES_MAX]; /* of the last window */
  guint mask;
  GstClockTime end_ns;
};

guint
test_tones_get_hz (guint i)
{
  static const guint hz[TEST_TONES_MAX] = {400,  700,  1100, 1500,
                                           2100, 2900, 3700, 4600};

  return hz[i];
}

static gdouble
measure (const gint16 *samples, guint hz)
{
  gdouble re = 0.0, im = 0.0;

  for (guint i = 0; i < WINDOW; i++) {
    gdouble angle = 2.0 * G_PI * hz * i / RATE;

    re += samples[i] * cos (angle);
    im += samples[i] * sin (angle);
  }
  return 2.0 * sqrt (re * re + im * im) / WINDOW / 32768.0;
}

static void
close_window_locked (TestTones *self)
{
  self->mask = 0;
  for (guint i = 0; i < TEST_TONES_MAX; i++) {
    self->amplitude[i] = measure (self->samples, test_tones_get_hz (i));
    if (self->amplitude[i] < HEARD)
      continue;
    self->mask |= 1u << i;
    self->n_heard[i]++;
  }
  self->n_windows++;
  self->n_samples = 0;
  g_cond_broadcast (&self->changed);
}

static guint
get_n_channels (GstPad *pad)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  gint n = 1, rate = 0;

  gst_structure_get_int (gst_caps_get_structure (caps, 0), "channels", &n);
  gst_structure_get_int (gst_caps_get_structure (caps, 0), "rate", &rate);
  g_assert_cmpint (rate, ==, RATE);
  return (guint) n;
}

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  TestTones *self = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  guint n_channels = get_n_channels (pad);
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_mutex_lock (&self->lock);
  for (gsize i = 0; i < map.size / 2; i += n_channels) {
    self->samples[self->n_samples++] = ((gint16 *) map.data)[i];
    if (self->n_samples == WINDOW)
      close_window_locked (self);
  }
  self->end_ns = GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
  g_mutex_unlock (&self->lock);
  gst_buffer_unmap (buffer, &map);
  return GST_PAD_PROBE_OK;
}

TestTones *
test_tones_new (GstPad *pad)
{
  TestTones *self = g_new0 (TestTones, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->pad = gst_object_ref (pad);
  self->probe =
      gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, self, NULL);
  return self;
}

void
test_tones_free (TestTones *self)
{
  gst_pad_remove_probe (self->pad, self->probe);
  gst_object_unref (self->pad);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

static void
wait_locked (TestTones *self, gint64 deadline_us, const char *what)
{
  if (!g_cond_wait_until (&self->changed, &self->lock, deadline_us))
    g_error ("timed out: %s; tones %x in window %u", what, self->mask,
             self->n_windows);
  if (g_get_monotonic_time () > deadline_us)
    g_error ("timed out: %s; tones %x in window %u", what, self->mask,
             self->n_windows);
}

void
test_tones_wait (TestTones *self, guint mask)
{
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;
  g_autofree char *what = g_strdup_printf ("tones %x", mask);
  guint first;

  g_mutex_lock (&self->lock);
  /* The window that is open now began before. */
  first = self->n_windows + 2;
  while (self->n_windows < first || self->mask != mask)
    wait_locked (self, deadline_us, what);
  g_mutex_unlock (&self->lock);
}

void
test_tones_wait_windows (TestTones *self, guint n)
{
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;

  g_mutex_lock (&self->lock);
  n += self->n_windows;
  while (self->n_windows < n)
    wait_locked (self, deadline_us, "windows");
  g_mutex_unlock (&self->lock);
}

void
test_tones_wait_amplitude (TestTones *self, guint i, gdouble amplitude)
{
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;
  g_autofree char *what =
      g_strdup_printf ("tone %u with amplitude %.4f", i, amplitude);

  g_mutex_lock (&self->lock);
  while (fabs (self->amplitude[i] - amplitude) > amplitude / 5)
    wait_locked (self, deadline_us, what);
  g_mutex_unlock (&self->lock);
}

guint
test_tones_count_windows (TestTones *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->n_windows;
}

guint
test_tones_count (TestTones *self, guint i)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->n_heard[i];
}

GstClockTime
test_tones_get_end (TestTones *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->end_ns;
}

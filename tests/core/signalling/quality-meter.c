/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-jitter.h"
#include "rw-quality-meter.h"

#define MS G_GINT64_CONSTANT (1000)
#define S  G_GINT64_CONSTANT (1000000)

/* A stream of 50 frames of 160 bytes a second. */
typedef struct {
  RwQualityMeter meter;
  RwQualitySample sample;
  gint64 now_us;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  rw_quality_meter_init (&f->meter);
  f->sample = (RwQualitySample){.rtt_us = 40 * MS, .jitter_us = 2 * MS};
  f->now_us = 7 * S;
}

/* A second passes in which @missed of the frames were missed. */
static gboolean
pass (Fixture *f, guint missed)
{
  f->now_us += 1 * S;
  f->sample.frames += 50;
  f->sample.missed += missed;
  f->sample.bytes += 50 * 160;
  return rw_quality_meter_add (&f->meter, &f->sample, f->now_us);
}

static void
test_says_what_the_connection_is_like (Fixture *f, gconstpointer data)
{
  const RwQualityReport *report = &f->meter.report;

  g_assert_false (pass (f, 0));
  g_assert_true (pass (f, 0));
  g_assert_cmpint (report->quality, ==, RW_QUALITY_GOOD);
  g_assert_cmpint (report->previous, ==, RW_QUALITY_UNKNOWN);
  g_assert_cmpfloat (report->metrics.latency_ms, ==, 40.0);
  g_assert_cmpfloat (report->metrics.jitter_ms, ==, 2.0);
  g_assert_cmpfloat (report->metrics.packet_loss_percent, ==, 0.0);
  g_assert_cmpfloat (report->rate_kbps, ==, 64.0);
}

static void
test_is_told_each_five_seconds_or_when_it_changes (Fixture *f,
                                                   gconstpointer data)
{
  pass (f, 0);
  g_assert_true (pass (f, 0));
  for (guint i = 0; i < 3; i++) {
    for (guint j = 0; j < 4; j++)
      g_assert_false (pass (f, 0));
    g_assert_true (pass (f, 0));
    g_assert_cmpint (f->meter.report.previous, ==, RW_QUALITY_GOOD);
  }
  g_assert_true (pass (f, 6));
  g_assert_cmpint (f->meter.report.previous, ==, RW_QUALITY_GOOD);
  g_assert_cmpint (f->meter.report.quality, ==, RW_QUALITY_FAIR);
}

/* Per cent of the frames, over the last five seconds. */
static void
test_loss_is_the_share_of_missed_frames (Fixture *f, gconstpointer data)
{
  static const struct {
    guint missed;
    double percent;
    RwQuality quality;
  } steps[] = {
      {1, 2.0, RW_QUALITY_FAIR},    {2, 4.0, RW_QUALITY_FAIR},
      {5, 10.0, RW_QUALITY_POOR},   {0, 0.0, RW_QUALITY_GOOD},
      {50, 100.0, RW_QUALITY_POOR},
  };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    for (guint j = 0; j < 5; j++)
      pass (f, steps[i].missed);
    pass (f, steps[i].missed);
    g_assert_cmpfloat (f->meter.report.metrics.packet_loss_percent, ==,
                       steps[i].percent);
    g_assert_cmpint (f->meter.report.quality, ==, steps[i].quality);
  }
}

static void
test_one_that_was_only_overtaken_is_no_loss (Fixture *f, gconstpointer data)
{
  pass (f, 1);
  f->sample.missed--;
  pass (f, 0);
  g_assert_cmpfloat (f->meter.report.metrics.packet_loss_percent, ==, 0.0);
}

static void
test_bandwidth_counts_where_it_is_too_little (Fixture *f, gconstpointer data)
{
  const RwQualityReport *report = &f->meter.report;

  pass (f, 0);
  pass (f, 0);
  g_assert_cmpfloat (report->metrics.bandwidth_kbps, ==, RW_QUALITY_UNLIMITED);
  f->sample.backlog_ns = 3 * S * 1000;
  for (guint i = 0; i < 6; i++)
    pass (f, 0);
  g_assert_cmpfloat (report->metrics.bandwidth_kbps, ==, 64.0);
  g_assert_cmpint (report->quality, ==, RW_QUALITY_FAIR);
}

static void
test_nothing_is_said_of_what_nobody_knows (Fixture *f, gconstpointer data)
{
  f->sample.rtt_us = 0;
  for (guint i = 0; i < 10; i++)
    g_assert_false (pass (f, 0));
}

static void
test_another_stream_begins_anew (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 6; i++)
    pass (f, 10);
  f->sample.frames = f->sample.missed = f->sample.bytes = 0;
  g_assert_false (pass (f, 0));
  g_assert_true (pass (f, 0));
  g_assert_cmpfloat (f->meter.report.metrics.packet_loss_percent, ==, 0.0);
}

static void
test_an_idle_sender_loses_nothing (Fixture *f, gconstpointer data)
{
  pass (f, 0);
  f->now_us += 1 * S;
  g_assert_true (rw_quality_meter_add (&f->meter, &f->sample, f->now_us));
  g_assert_cmpint (f->meter.report.quality, ==, RW_QUALITY_GOOD);
  /* The same moment twice is once. */
  g_assert_false (rw_quality_meter_add (&f->meter, &f->sample, f->now_us));
}

static void
test_jitter_is_the_mean_deviation (void)
{
  RwJitter jitter;

  rw_jitter_init (&jitter);
  for (gint64 i = 0; i < 400; i++)
    rw_jitter_note (&jitter, i * 20 * MS, 500 * S + i * 20 * MS);
  g_assert_cmpint (jitter.jitter_us, ==, 0);
  /* A pause of both is none. */
  rw_jitter_note (&jitter, 90 * S, 500 * S + 90 * S);
  g_assert_cmpint (jitter.jitter_us, ==, 0);
  /* Each second frame is 10 ms late. */
  for (gint64 i = 0; i < 400; i++)
    rw_jitter_note (&jitter, 91 * S + i * 20 * MS,
                    591 * S + i * 20 * MS + (i % 2) * 10 * MS);
  g_assert_cmpint (ABS (jitter.jitter_us - 10 * MS), <, 1 * MS);
}

#define ADD(name, func)                                                        \
  g_test_add ("/quality-meter/" name, Fixture, NULL, set_up, func, NULL)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("says-what-the-connection-is-like",
       test_says_what_the_connection_is_like);
  ADD ("is-told-each-five-seconds-or-when-it-changes",
       test_is_told_each_five_seconds_or_when_it_changes);
  ADD ("loss-is-the-share-of-missed-frames",
       test_loss_is_the_share_of_missed_frames);
  ADD ("one-that-was-only-overtaken-is-no-loss",
       test_one_that_was_only_overtaken_is_no_loss);
  ADD ("bandwidth-counts-where-it-is-too-little",
       test_bandwidth_counts_where_it_is_too_little);
  ADD ("nothing-is-said-of-what-nobody-knows",
       test_nothing_is_said_of_what_nobody_knows);
  ADD ("another-stream-begins-anew", test_another_stream_begins_anew);
  ADD ("an-idle-sender-loses-nothing", test_an_idle_sender_loses_nothing);
  g_test_add_func ("/quality-meter/jitter-is-the-mean-deviation",
                   test_jitter_is_the_mean_deviation);
  return g_test_run ();
}

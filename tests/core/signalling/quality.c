/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-quality.h"

#include <math.h>

static void
test_the_worst_of_four_decides (void)
{
  static const struct {
    RwQualityMetrics metrics;
    RwQuality quality;
  } cases[] = {
      {{150, 2.5, 30, 5000}, RW_QUALITY_FAIR},
      {{20, 0, 2, 1000}, RW_QUALITY_GOOD},
      {{100, 1, 20, 128}, RW_QUALITY_GOOD},
      {{101, 1, 20, 128}, RW_QUALITY_FAIR},
      {{20, 0, 2, 100}, RW_QUALITY_FAIR},
      {{301, 0, 2, 1000}, RW_QUALITY_POOR},
      {{20, 6, 2, 1000}, RW_QUALITY_POOR},
      {{20, 0, 51, 1000}, RW_QUALITY_POOR},
      {{20, 0, 2, 31}, RW_QUALITY_POOR},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (rw_quality_judge (&cases[i].metrics), ==,
                     cases[i].quality);
}

static void
test_nonsense_is_no_metrics (void)
{
  const RwQualityMetrics fine = {1, 2, 3, 4};
  const RwQualityMetrics bad[] = {
      {-1, 0, 0, 0},
      {0, 101, 0, 0},
      {0, 0, (double) NAN, 0},
      {0, 0, 0, -0.1},
      {(double) INFINITY, 0, 0, 0},
  };

  g_assert_true (rw_quality_metrics_are_valid (&fine));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (rw_quality_metrics_are_valid (&bad[i]));
}

static void
test_advice_fits_the_connection (void)
{
  const RwQualityMetrics fine = {20, 0, 2, 5000};
  const RwQualityMetrics lossy = {150, 2.5, 30, 5000};
  const RwQualityMetrics narrow = {400, 0, 500, 15};
  RwQualityAdvice advice;

  rw_quality_advise (&fine, &advice);
  g_assert_cmpuint (advice.bitrate, ==, 64000);
  g_assert_cmpuint (advice.frame_size_ms, ==, 20);
  g_assert_false (advice.inband_fec);
  g_assert_cmpuint (advice.latency_ms, ==, 40);

  rw_quality_advise (&lossy, &advice);
  g_assert_cmpuint (advice.bitrate, ==, 32000);
  g_assert_true (advice.inband_fec);
  g_assert_cmpuint (advice.packet_loss_percentage, ==, 3);
  g_assert_cmpuint (advice.latency_ms, ==, 140);

  rw_quality_advise (&narrow, &advice);
  g_assert_cmpuint (advice.bitrate, ==, 9000);
  g_assert_cmpuint (advice.frame_size_ms, ==, 60);
  g_assert_true (advice.dtx);
  g_assert_cmpuint (advice.latency_ms, ==, 1000);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/quality/the-worst-of-four-decides",
                   test_the_worst_of_four_decides);
  g_test_add_func ("/quality/nonsense-is-no-metrics",
                   test_nonsense_is_no_metrics);
  g_test_add_func ("/quality/advice-fits-the-connection",
                   test_advice_fits_the_connection);

  return g_test_run ();
}

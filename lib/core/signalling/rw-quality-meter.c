/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-quality-meter.h"

#include <string.h>

/* So much audio waits only where less comes through than is sent. */
#define LIMITED_NS (1000 * G_GUINT64_CONSTANT (1000000))

/* Timers are early and late; five seconds are not to become six. */
#define REPORT_SLACK_US (RW_QUALITY_SAMPLE_US / 2)

void
rw_quality_meter_init (RwQualityMeter *meter)
{
  memset (meter, 0, sizeof *meter);
}

static gboolean
goes_back (const RwQualitySample *from, const RwQualitySample *to)
{
  return to->frames < from->frames || to->bytes < from->bytes;
}

static void
keep (RwQualityMeter *meter, const RwQualitySample *sample, gint64 now_us)
{
  if (meter->n_samples > 0 &&
      goes_back (&meter->samples[meter->n_samples - 1], sample))
    meter->n_samples = 0;
  if (meter->n_samples == RW_QUALITY_N_SAMPLES) {
    meter->n_samples--;
    memmove (&meter->samples[0], &meter->samples[1],
             meter->n_samples * sizeof meter->samples[0]);
    memmove (&meter->times_us[0], &meter->times_us[1],
             meter->n_samples * sizeof meter->times_us[0]);
  }
  meter->samples[meter->n_samples] = *sample;
  meter->times_us[meter->n_samples++] = now_us;
}

static double
get_loss_percent (const RwQualitySample *from, const RwQualitySample *to)
{
  guint64 frames = to->frames - from->frames;
  gint64 missed = MAX (to->missed - from->missed, 0);

  return frames > 0 ? MIN (100.0 * (double) missed / (double) frames, 100.0)
                    : 0.0;
}

static gboolean
is_limited (const RwQualityMeter *meter)
{
  for (guint i = 0; i < meter->n_samples; i++)
    if (meter->samples[i].backlog_ns < LIMITED_NS)
      return FALSE;
  return TRUE;
}

static void
measure (RwQualityMeter *meter)
{
  const RwQualitySample *from = &meter->samples[0];
  const RwQualitySample *to = &meter->samples[meter->n_samples - 1];
  gint64 span_us = meter->times_us[meter->n_samples - 1] - meter->times_us[0];
  RwQualityReport *report = &meter->report;

  report->rate_kbps =
      8000.0 * (double) (to->bytes - from->bytes) / (double) span_us;
  report->metrics = (RwQualityMetrics){
      .latency_ms = (double) to->rtt_us / 1000.0,
      .packet_loss_percent = get_loss_percent (from, to),
      .jitter_ms = (double) to->jitter_us / 1000.0,
      .bandwidth_kbps =
          is_limited (meter) ? report->rate_kbps : RW_QUALITY_UNLIMITED,
  };
  report->quality = rw_quality_judge (&report->metrics);
}

gboolean
rw_quality_meter_add (RwQualityMeter *meter, const RwQualitySample *sample,
                      gint64 now_us)
{
  if (meter->n_samples > 0 && now_us <= meter->times_us[meter->n_samples - 1])
    return FALSE;
  keep (meter, sample, now_us);
  if (meter->n_samples < 2 || sample->rtt_us <= 0)
    return FALSE;

  measure (meter);
  if (meter->report.quality == meter->reported &&
      now_us - meter->reported_us < RW_QUALITY_REPORT_US - REPORT_SLACK_US)
    return FALSE;
  meter->report.previous = meter->reported;
  meter->reported = meter->report.quality;
  meter->reported_us = now_us;
  return TRUE;
}

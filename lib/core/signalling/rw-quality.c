/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-quality.h"

#include <math.h>
/* ITU-T G.114: below 150 ms one way nobody notices, above 400 ms talking is
 * hard; the round trips here are about twice that, less what the elements add.
 * Opus hides 1 % of loss, and with FEC some 5 %. */
static const RwQualityMetrics good = {100.0, 1.0, 20.0, 128.0};
static const RwQualityMetrics fair = {300.0, 5.0, 50.0, 32.0};

static gboolean
is_measure (double value)
{
  return isfinite (value) && value >= 0.0;
}

gboolean
rw_quality_metrics_are_valid (const RwQualityMetrics *metrics)
{
  return is_measure (metrics->latency_ms) &&
         is_measure (metrics->packet_loss_percent) &&
         metrics->packet_loss_percent <= 100.0 &&
         is_measure (metrics->jitter_ms) &&
         is_measure (metrics->bandwidth_kbps);
}

static gboolean
is_within (const RwQualityMetrics *metrics, const RwQualityMetrics *limits)
{
  return metrics->latency_ms <= limits->latency_ms &&
         metrics->packet_loss_percent <= limits->packet_loss_percent &&
         metrics->jitter_ms <= limits->jitter_ms &&
         metrics->bandwidth_kbps >= limits->bandwidth_kbps;
}

/** rw_quality_judge: as good as the worst of the four. */
RwQuality
rw_quality_judge (const RwQualityMetrics *metrics)
{
  if (is_within (metrics, &good))
    return RW_QUALITY_GOOD;
  if (is_within (metrics, &fair))
    return RW_QUALITY_FAIR;
  return RW_QUALITY_POOR;
}

static guint
get_bitrate (const RwQualityMetrics *metrics, RwQuality quality)
{
  double wanted = quality == RW_QUALITY_GOOD   ? 64000.0
                  : quality == RW_QUALITY_FAIR ? 32000.0
                                               : 16000.0;

  /* Headers and repair need their part; Opus is speech from 6 kbit/s on. */
  return (guint) CLAMP (metrics->bandwidth_kbps * 600.0, 6000.0, wanted);
}

/* ceil() would need libm. */
static guint
round_up (gdouble value)
{
  guint whole = (guint) value;

  return value > whole ? whole + 1 : whole;
}

/** rw_quality_advise: @metrics must be valid. */
void
rw_quality_advise (const RwQualityMetrics *metrics, RwQualityAdvice *advice)
{
  RwQuality quality = rw_quality_judge (metrics);

  advice->bitrate = get_bitrate (metrics, quality);
  /* Longer frames halve what headers cost: 40 bytes 50 times a second. */
  advice->frame_size_ms = metrics->bandwidth_kbps < 24.0 ? 60
                          : quality == RW_QUALITY_POOR   ? 40
                                                         : 20;
  advice->inband_fec = metrics->packet_loss_percent >= 1.0;
  advice->packet_loss_percentage =
      round_up ((gdouble) MIN (metrics->packet_loss_percent, 30.0));
  advice->dtx = metrics->bandwidth_kbps < 32.0;
  /* Four times the mean deviation holds nearly all packets. */
  advice->latency_ms =
      (guint) CLAMP (20.0 + 4.0 * metrics->jitter_ms, 40.0, 1000.0);
}

/** rw_quality_to_string: static. */
const char *
rw_quality_to_string (RwQuality quality)
{
  switch (quality) {
  case RW_QUALITY_GOOD:
    return "good";
  case RW_QUALITY_FAIR:
    return "fair";
  case RW_QUALITY_POOR:
    return "poor";
  case RW_QUALITY_UNKNOWN:
  default:
    return "unknown";
  }
}

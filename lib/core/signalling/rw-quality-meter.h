/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-quality.h"

G_BEGIN_DECLS

/*
 * RwQualityMeter: the quality of a connection over the last five seconds, from
 * samples that are taken once a second. A caller-owned struct; reads no clock.
 */

#define RW_QUALITY_SAMPLE_US (1 * G_USEC_PER_SEC)
#define RW_QUALITY_REPORT_US (5 * G_USEC_PER_SEC)

/**
 * RwQualitySample:
 * @frames: that were to come over the live lane, since any beginning
 * @missed: of those, that did not: they were repaired, or lost; may go down, as
 *   one that was only overtaken counts until it is there
 * @bytes: of audio that came, by either lane, since any beginning
 * @rtt_us: the smoothed round-trip time; 0 if unknown
 * @jitter_us
 * @backlog_ns: audio that waits at the sender
 */
typedef struct {
  guint64 frames;
  gint64 missed;
  guint64 bytes;
  gint64 rtt_us;
  gint64 jitter_us;
  guint64 backlog_ns;
} RwQualitySample;

/**
 * RwQualityReport:
 * @metrics: its bandwidth is %RW_QUALITY_UNLIMITED while all comes through that
 *   is sent
 * @rate_kbps: what came
 */
typedef struct {
  RwQuality quality;
  RwQuality previous; /* of the last report */
  RwQualityMetrics metrics;
  double rate_kbps;
} RwQualityReport;

/* Samples at the beginning and the end of five periods. */
#define RW_QUALITY_N_SAMPLES 6

typedef struct {
  RwQualityReport report;
  /*< private >*/
  RwQualitySample samples[RW_QUALITY_N_SAMPLES];
  gint64 times_us[RW_QUALITY_N_SAMPLES];
  guint n_samples;
  RwQuality reported;
  gint64 reported_us;
} RwQualityMeter;

void rw_quality_meter_init (RwQualityMeter *meter);

/**
 * rw_quality_meter_add:
 *
 * Takes a sample; counts that go back begin anew. Returns TRUE when @report is
 * due: the quality has changed, or the last report is five seconds old.
 */
gboolean rw_quality_meter_add (RwQualityMeter *meter,
                               const RwQualitySample *sample, gint64 now_us);

G_END_DECLS

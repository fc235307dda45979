/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** RwQuality: of a connection, for audio. */
typedef enum {
  RW_QUALITY_UNKNOWN,
  RW_QUALITY_GOOD,
  RW_QUALITY_FAIR,
  RW_QUALITY_POOR,
} RwQuality;

/* A bandwidth: nothing has shown where its limit is. */
#define RW_QUALITY_UNLIMITED G_MAXDOUBLE

/** RwQualityMetrics: round trip, loss, jitter and what the path can carry. */
typedef struct {
  double latency_ms;
  double packet_loss_percent;
  double jitter_ms;
  double bandwidth_kbps;
} RwQualityMetrics;

/** RwQualityAdvice: settings of the elements that fit such a connection. */
typedef struct {
  guint bitrate;
  guint frame_size_ms;
  gboolean inband_fec;
  guint packet_loss_percentage;
  gboolean dtx;
  guint latency_ms;
} RwQualityAdvice;

gboolean rw_quality_metrics_are_valid (const RwQualityMetrics *metrics);
RwQuality rw_quality_judge (const RwQualityMetrics *metrics);
void rw_quality_advise (const RwQualityMetrics *metrics,
                        RwQualityAdvice *advice);
const char *rw_quality_to_string (RwQuality quality);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-message.h"
#include "rw-opus-sdp.h"
#include "rw-playout.h"

G_BEGIN_DECLS

/*
 * RwSourceSettings: the properties that only the source has: their declaration
 * and their values. A plain struct; its owner locks.
 */

/* Property ids of GstResilientWebrtcSrc. */
enum {
  RW_SOURCE_PROP_0,
  RW_SOURCE_PROP_PRODUCER_NAME,
  RW_SOURCE_PROP_CONSUMER_ID,
  RW_SOURCE_PROP_START_POSITION,
  RW_SOURCE_PROP_DELIVERY,
  RW_SOURCE_PROP_CATCH_UP_RATE,
  RW_SOURCE_PROP_LATENCY,
  RW_SOURCE_PROP_RESUME_AT_LIVE,
  RW_SOURCE_PROP_TIMESTAMPS,
  RW_SOURCE_PROP_STEREO,
  RW_SOURCE_PROP_DTX,
  RW_SOURCE_PROP_PTIME,
  RW_SOURCE_PROP_MAX_AVERAGE_BITRATE,
  RW_SOURCE_N_PROPS
};

typedef enum {
  RW_TIMESTAMPS_ARRIVAL,
  RW_TIMESTAMPS_CAPTURE,
} RwTimestamps;

typedef struct {
  char *producer_name;
  char *consumer_id;
  RwStart start_position;
  RwDelivery delivery;
  double catch_up_rate;
  guint latency_ms;
  gboolean resumes_at_live;
  RwTimestamps timestamps;
  RwOpusTerms terms; /* that an ordinary producer is asked for */
} RwSourceSettings;

#define RW_TYPE_START_POSITION (rw_start_position_get_type ())
#define RW_TYPE_DELIVERY       (rw_delivery_get_type ())
#define RW_TYPE_TIMESTAMPS     (rw_timestamps_get_type ())
GType rw_start_position_get_type (void);
GType rw_delivery_get_type (void);
GType rw_timestamps_get_type (void);

void rw_source_install_properties (GObjectClass *klass);

void rw_source_settings_init (RwSourceSettings *self);
void rw_source_settings_clear (RwSourceSettings *self);

/* FALSE when @id is no setting. */
gboolean rw_source_settings_set (RwSourceSettings *self, guint id,
                                 const GValue *value);
gboolean rw_source_settings_get (const RwSourceSettings *self, guint id,
                                 GValue *value);

G_END_DECLS

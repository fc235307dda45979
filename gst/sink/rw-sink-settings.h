/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-encoder.h"
#include "rw-journal.h"

G_BEGIN_DECLS

#define RW_TYPE_FLOOR_MODE (rw_floor_mode_get_type ())
GType rw_floor_mode_get_type (void);

/*
 * RwSinkSettings: the properties that only the sink has: their declaration,
 * and the values that the element keeps. A plain struct; its owner locks.
 */

/* Property ids of GstResilientWebrtcSink. */
enum {
  RW_SINK_PROP_0,
  RW_SINK_PROP_STREAM_NAME,
  RW_SINK_PROP_MAX_SIZE_TIME,
  RW_SINK_PROP_MAX_SIZE_BYTES,
  RW_SINK_PROP_MAX_SIZE_BUFFERS,
  RW_SINK_PROP_BITRATE,
  RW_SINK_PROP_FRAME_SIZE,
  RW_SINK_PROP_DTX,
  RW_SINK_PROP_INBAND_FEC,
  RW_SINK_PROP_PACKET_LOSS_PERCENTAGE,
  RW_SINK_PROP_AUDIO_TYPE,
  RW_SINK_PROP_EOS_TIMEOUT,
  RW_SINK_PROP_DRAIN_RATE,
  RW_SINK_PROP_SYNC,
  RW_SINK_PROP_FLOOR,
  RW_SINK_PROP_TALK,
  RW_SINK_PROP_PRIORITY,
  RW_SINK_PROP_ON_AIR,
  RW_SINK_PROP_MAX_LATE,
  RW_SINK_N_PROPS
};

typedef struct {
  char *stream_name; /* never NULL */
  RwEncoderSettings encoder;
} RwSinkSettings;

void rw_sink_install_properties (GObjectClass *klass);

/* Fills @specs, RW_SINK_N_PROPS of them, for another class that has them. */
void rw_sink_declare_properties (GParamSpec **specs);

void rw_sink_settings_init (RwSinkSettings *self);
void rw_sink_settings_clear (RwSinkSettings *self);

/* An empty @name stands for the host's. */
void rw_sink_settings_set_stream_name (RwSinkSettings *self, const char *name);

/* FALSE when @id is no setting of the encoder. */
gboolean rw_sink_settings_set_encoder (RwSinkSettings *self, guint id,
                                       const GValue *value);
gboolean rw_sink_settings_get_encoder (const RwSinkSettings *self, guint id,
                                       GValue *value);

/* The journal's bounds, which the transmitter keeps; FALSE when @id is none. */
gboolean rw_sink_settings_set_bound (RwJournalLimits *limits, guint id,
                                     const GValue *value);
gboolean rw_sink_settings_get_bound (const RwJournalLimits *limits, guint id,
                                     GValue *value);

G_END_DECLS

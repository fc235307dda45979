/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-opus-sdp.h"

G_BEGIN_DECLS

/*
 * The sink's Opus encoder: audioconvert, audioresample and opusenc in one bin,
 * whose settings are properties of the sink. Settings may be set from any
 * thread, at any time; those that opusenc can change while playing take effect
 * at once, the others with the next stream.
 */

typedef struct {
  gint bitrate;    /* bit/s */
  gint frame_size; /* opusenc's enum value: ms, 2 is 2.5 */
  gboolean dtx;
  gboolean inband_fec;
  gint packet_loss_percentage; /* expected loss, for in-band FEC */
  gint audio_type;             /* opusenc's enum value */
} RwEncoderSettings;

#define RW_ENCODER_SETTINGS_INIT                                               \
  {                                                                            \
    .bitrate = 64000, .frame_size = 20, .audio_type = 2049                     \
  }

#define RW_TYPE_ENCODER_FRAME_SIZE (rw_encoder_frame_size_get_type ())
#define RW_TYPE_ENCODER_AUDIO_TYPE (rw_encoder_audio_type_get_type ())
GType rw_encoder_frame_size_get_type (void);
GType rw_encoder_audio_type_get_type (void);

/**
 * rw_encoder_new:
 * A floating bin with ghost pads "sink" (any audio/x-raw) and "src"
 * (audio/x-opus, one or two channels); NULL and @error when an element is not
 * installed (the text names the package).
 */
GstElement *rw_encoder_new (const RwEncoderSettings *settings, GError **error);

/* Whether @caps of raw audio can be encoded; the text names the remedy. */
gboolean rw_encoder_check_input (const GstCaps *caps, GError **error);

/* @caps of raw audio come next: more than two channels are folded to stereo.
 * Returns whether they are. Streaming thread. */
gboolean rw_encoder_fold (GstElement *encoder, const GstCaps *caps);

/* The terms of the encoder's output in a description. */
RwOpusTerms rw_encoder_get_terms (const RwEncoderSettings *settings);

/* Applies @settings to what rw_encoder_new() returned. */
void rw_encoder_apply (GstElement *encoder, const RwEncoderSettings *settings);

G_END_DECLS

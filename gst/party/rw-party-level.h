/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * RwPartyLevel: how loud audio is over a time: its peak and its power. A plain
 * struct; pure functions.
 *
 * Thread: its owner's.
 */
typedef struct {
  guint64 n_frames; /* samples of one channel */
  guint64 n_samples;
  gdouble peak; /* 1.0: full scale */
  gdouble sum;  /* of the squares */
} RwPartyLevel;

/* Counts @n_frames of @n_channels in, and returns their peak. */
gdouble rw_party_level_add (RwPartyLevel *self, const gint16 *samples,
                            guint n_frames, guint n_channels);

/* dB of full scale, -100 at the least. */
gdouble rw_party_level_get_peak_db (const RwPartyLevel *self);
gdouble rw_party_level_get_rms_db (const RwPartyLevel *self);

/* Multiplies by a factor that goes evenly from @from to @to, so that a change
 * is no click; what exceeds full scale is clipped. */
void rw_party_level_scale (gint16 *samples, guint n_frames, guint n_channels,
                           gdouble from, gdouble to);

G_END_DECLS

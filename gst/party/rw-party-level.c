/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-party-level.h"

#include <math.h>

/* See the header. */

#define FULL_SCALE 32768.0
#define MIN_DB     -100.0

gdouble
rw_party_level_add (RwPartyLevel *self, const gint16 *samples, guint n_frames,
                    guint n_channels)
{
  guint n_samples = n_frames * n_channels;
  gint peak = 0;
  gint64 sum = 0;

  for (guint i = 0; i < n_samples; i++) {
    gint value = samples[i];

    peak = MAX (peak, ABS (value));
    sum += (gint64) value * value;
  }
  self->n_frames += n_frames;
  self->n_samples += n_samples;
  self->sum += (gdouble) sum / (FULL_SCALE * FULL_SCALE);
  self->peak = MAX (self->peak, peak / FULL_SCALE);
  return peak / FULL_SCALE;
}

gdouble
rw_party_level_get_peak_db (const RwPartyLevel *self)
{
  return self->peak > 0.0 ? MAX (MIN_DB, 20.0 * log10 (self->peak)) : MIN_DB;
}

gdouble
rw_party_level_get_rms_db (const RwPartyLevel *self)
{
  if (self->n_samples == 0 || self->sum <= 0.0)
    return MIN_DB;
  return MAX (MIN_DB, 10.0 * log10 (self->sum / (gdouble) self->n_samples));
}

void
rw_party_level_scale (gint16 *samples, guint n_frames, guint n_channels,
                      gdouble from, gdouble to)
{
  gdouble step = (to - from) / n_frames;

  for (guint i = 0; i < n_frames; i++) {
    gdouble factor = from + step * (i + 1);

    for (guint channel = 0; channel < n_channels; channel++) {
      gdouble value = rint (samples[i * n_channels + channel] * factor);

      samples[i * n_channels + channel] =
          (gint16) CLAMP (value, G_MININT16, G_MAXINT16);
    }
  }
}

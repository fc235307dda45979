/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-splice.h"

#include <math.h>

/* See the header. */

/* Of two pieces of @n samples; -1 to 1, and 0 where one is silent. */
static double
correlate (const gfloat *a, const gfloat *b, gsize n)
{
  double product = 0, energy_a = 0, energy_b = 0;
  gsize i;

  for (i = 0; i < n; i++) {
    product += (double) a[i] * b[i];
    energy_a += (double) a[i] * a[i];
    energy_b += (double) b[i] * b[i];
  }
  if (energy_a == 0 || energy_b == 0)
    return 0;
  return product / sqrt (energy_a * energy_b);
}

gsize
rw_splice_find (const gfloat *tail, gsize n_tail, const gfloat *audio,
                gsize n_audio, guint channels, gsize first, gsize reach)
{
  gsize last = n_audio - n_tail, best, i;
  double best_likeness = -2;

  first = MIN (first, last);
  best = first;
  for (i = first - MIN (first, reach); i <= MIN (first + reach, last); i++) {
    double likeness = correlate (tail, audio + i * channels, n_tail * channels);

    if (likeness > best_likeness) {
      best_likeness = likeness;
      best = i;
    }
  }
  return best;
}

void
rw_splice_fade (gfloat *tail, const gfloat *audio, gsize n_frames,
                guint channels)
{
  gsize i;

  for (i = 0; i < n_frames * channels; i++) {
    gfloat share = (gfloat) (i / channels + 1) / (gfloat) (n_frames + 1);

    tail[i] += (audio[i] - tail[i]) * share;
  }
}

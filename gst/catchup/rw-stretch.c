/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-stretch.h"

#include "rw-splice.h"
#include "rw-tempo.h"

/* The newest input is kept as it is, and the end of the output is held back, so
 * that the two can be joined at any time. */

#define HISTORY_MS 500
#define TAIL_MS    10
#define REACH_MS   15

struct _RwStretch {
  RwTempo *tempo;
  double rate;
  guint sample_rate;
  guint channels;
  GArray *history; /* the newest input */
  GArray *tail;    /* output that is held back */
  guint64 n_in;    /* frames */
  guint64 n_out;   /* frames, without the tail */
};

RwStretch *
rw_stretch_new (guint sample_rate, guint channels, double rate)
{
  RwTempo *tempo = rw_tempo_new (sample_rate, channels, rate);
  RwStretch *self;

  if (tempo == NULL)
    return NULL;
  self = g_new0 (RwStretch, 1);
  self->tempo = tempo;
  self->rate = rate;
  self->sample_rate = sample_rate;
  self->channels = channels;
  self->history = g_array_new (FALSE, FALSE, sizeof (gfloat));
  self->tail = g_array_new (FALSE, FALSE, sizeof (gfloat));
  return self;
}

void
rw_stretch_free (RwStretch *self)
{
  if (self == NULL)
    return;
  rw_tempo_free (self->tempo);
  g_array_unref (self->history);
  g_array_unref (self->tail);
  g_free (self);
}

static gsize
ms_to_frames (const RwStretch *self, guint ms)
{
  return (gsize) self->sample_rate * ms / 1000;
}

static gsize
count_frames (const RwStretch *self, const GArray *samples)
{
  return samples->len / self->channels;
}

static void
keep_newest (RwStretch *self)
{
  gsize most = ms_to_frames (self, HISTORY_MS);
  gsize n = count_frames (self, self->history);

  if (n > 2 * most)
    g_array_remove_range (self->history, 0,
                          (guint) ((n - most) * self->channels));
}

static void
release_tail (RwStretch *self, GArray *out)
{
  gsize held = ms_to_frames (self, TAIL_MS);
  gsize n = count_frames (self, self->tail);

  if (n <= held)
    return;
  n -= held;
  g_array_append_vals (out, self->tail->data, (guint) (n * self->channels));
  g_array_remove_range (self->tail, 0, (guint) (n * self->channels));
  self->n_out += n;
}

void
rw_stretch_process (RwStretch *self, const gfloat *samples, gsize n_frames,
                    GArray *out)
{
  g_array_append_vals (self->history, samples,
                       (guint) (n_frames * self->channels));
  self->n_in += n_frames;
  keep_newest (self);
  rw_tempo_process (self->tempo, samples, n_frames, self->tail);
  release_tail (self, out);
}

gint64
rw_stretch_get_held (const RwStretch *self)
{
  return (gint64) self->n_in - (gint64) ((double) self->n_out * self->rate);
}

/* Where the history has the audio that the output has come to, in frames. */
static gsize
get_position (const RwStretch *self)
{
  gint64 position =
      (gint64) count_frames (self, self->history) - rw_stretch_get_held (self);

  return (gsize) CLAMP (position, 0,
                        (gint64) count_frames (self, self->history));
}

void
rw_stretch_finish (RwStretch *self, GArray *out)
{
  const gfloat *history = (const gfloat *) (gpointer) self->history->data;
  gsize n_history = count_frames (self, self->history);
  gsize n_tail = MIN (count_frames (self, self->tail), n_history);
  gsize at = get_position (self);

  if (n_tail > 0) {
    at = rw_splice_find ((gfloat *) (gpointer) self->tail->data, n_tail,
                         history, n_history, self->channels, at,
                         ms_to_frames (self, REACH_MS));
    rw_splice_fade ((gfloat *) (gpointer) self->tail->data,
                    history + at * self->channels, n_tail, self->channels);
    g_array_append_vals (out, self->tail->data,
                         (guint) (n_tail * self->channels));
    at += n_tail;
  }
  g_array_append_vals (out, history + at * self->channels,
                       (guint) ((n_history - at) * self->channels));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/audio/audio.h>

G_BEGIN_DECLS

/*
 * RwTempo: makes audio shorter with its pitch kept: the element "pitch"
 * (SoundTouch) outside of any pipeline, with samples in and samples out. It
 * holds about 0.1 s of its input back.
 *
 * Samples are floats of -1 to 1, interleaved; a frame is one sample of each
 * channel. One thread.
 */
typedef struct _RwTempo RwTempo;

/* NULL where the element "pitch" is missing. @rate: input time for output
 * time. */
RwTempo *rw_tempo_new (guint sample_rate, guint channels, double rate);
void rw_tempo_free (RwTempo *self);

/* Appends the output that @n_frames of input lead to, to @out (gfloat). */
void rw_tempo_process (RwTempo *self, const gfloat *samples, gsize n_frames,
                       GArray *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwTempo, rw_tempo_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Joins two pieces of the same audio without a click. Samples are interleaved;
 * a frame is one sample of each channel. Pure. */

/**
 * rw_splice_find:
 * @tail: the end of one piece, @n_tail frames
 * @audio: the other piece, @n_audio frames, at least as many
 * @first: where to look first, in frames
 * @reach: how far before and after it
 *
 * Returns where in @audio the waveform is most like @tail: the offset of the
 * highest normalized cross-correlation.
 */
gsize rw_splice_find (const gfloat *tail, gsize n_tail, const gfloat *audio,
                      gsize n_audio, guint channels, gsize first, gsize reach);

/* Fades from @tail to @audio, both of @n_frames; the result is in @tail. */
void rw_splice_fade (gfloat *tail, const gfloat *audio, gsize n_frames,
                     guint channels);

G_END_DECLS

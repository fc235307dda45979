/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * RwStretch: a passage of audio at a raised tempo: it begins and ends with the
 * audio as it is, without a click at the end.
 *
 * Samples are floats, interleaved; a frame is one sample of each channel. One
 * thread.
 */
typedef struct _RwStretch RwStretch;

/* NULL where the element "pitch" is missing. */
RwStretch *rw_stretch_new (guint sample_rate, guint channels, double rate);
void rw_stretch_free (RwStretch *self);

/* Appends to @out (gfloat) what is ready after @n_frames more. */
void rw_stretch_process (RwStretch *self, const gfloat *samples, gsize n_frames,
                         GArray *out);

/* How many frames of the input are not in the output yet. */
gint64 rw_stretch_get_held (const RwStretch *self);

/* Ends the passage: appends the rest of its audio to @out, at its own tempo. */
void rw_stretch_finish (RwStretch *self, GArray *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwStretch, rw_stretch_free)

G_END_DECLS

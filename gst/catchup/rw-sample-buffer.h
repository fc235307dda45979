/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/audio/audio.h>

G_BEGIN_DECLS

/* Raw audio of 16 bit or float, interleaved, to floats of -1 to 1 and back. */

/* Replaces @samples (gfloat); returns how many frames they are. */
gsize rw_sample_buffer_read (GstBuffer *buffer, const GstAudioInfo *info,
                             GArray *samples);

GstBuffer *rw_sample_buffer_new (const GArray *samples,
                                 const GstAudioInfo *info);

G_END_DECLS

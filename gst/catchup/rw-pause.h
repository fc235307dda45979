/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* RwPause: finds pauses of the speech, and what of them may be left out. A
 * caller-owned struct; {0} is the beginning. Pure. */
typedef struct {
  /*< private >*/
  GstClockTime length; /* of the pause so far */
} RwPause;

/**
 * rw_pause_shorten:
 * @samples: gfloat, @duration of them
 * @behind: how late the audio is
 *
 * Returns how much of it may be left out, from its beginning: nothing but in a
 * pause of more than 200 ms, and no more than @behind.
 */
GstClockTime rw_pause_shorten (RwPause *self, const GArray *samples,
                               GstClockTime duration, gint64 behind);

G_END_DECLS

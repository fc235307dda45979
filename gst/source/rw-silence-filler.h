/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * RwSilenceFiller: an element behind the decoder that makes raw audio as long
 * as the time it covers: where the decoder has nothing between two buffers, or
 * sends a GAP event, it puts out silence. A recording of it is as long as its
 * hours.
 *
 * Threads: the streaming thread alone.
 */
#define RW_TYPE_SILENCE_FILLER (rw_silence_filler_get_type ())
G_DECLARE_FINAL_TYPE (RwSilenceFiller, rw_silence_filler, RW, SILENCE_FILLER,
                      GstElement)

GstElement *rw_silence_filler_new (void);

G_END_DECLS

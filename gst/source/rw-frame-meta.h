/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * RwFrameMeta: the GstCustomMeta on each buffer of the source, from which an
 * application reads where in its stream the frame belongs. Stateless, any
 * thread.
 */
#define RW_FRAME_META_NAME "GstResilientWebrtcFrameMeta"

/* Registers the meta, once in a process; before the first of its functions. */
void rw_frame_meta_register (void);

/**
 * rw_frame_meta_add:
 * @stream_id: (nullable): NULL for an ordinary producer, which has none
 * @index: of the frame; also becomes the buffer's offset
 * @lane: static: "live", "repair", or "rtp" of an ordinary producer
 */
void rw_frame_meta_add (GstBuffer *buffer, const char *stream_id, guint64 index,
                        const char *lane);

G_END_DECLS

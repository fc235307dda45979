/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-frame.h"

G_BEGIN_DECLS

/*
 * RwCaptureTime: the capture times (UTC) of the sink's input: those of the
 * buffers' reference timestamps, else running time plus the wall clock's offset
 * to it.
 *
 * A caller-owned struct of the upstream thread.
 */
typedef struct {
  GstElement *element; /* whose clock and base time count; not referenced */
  gint64 offset_ns;
} RwCaptureTime;

/* A new stream. */
void rw_capture_time_init (RwCaptureTime *time, GstElement *element);

/* Of @buffer, whose running time is @running_ns; RW_CAPTURE_TIME_NONE without a
 * clock. */
gint64 rw_capture_time_get (RwCaptureTime *time, GstBuffer *buffer,
                            guint64 running_ns);

G_END_DECLS

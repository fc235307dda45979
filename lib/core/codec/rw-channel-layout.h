/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-frame.h"

G_BEGIN_DECLS

/* Constants shared by reader and writer of the data channel's messages; not for
 * other headers. docs/protocol.md has the layout. */

/* Indices have two bits to spare: sums of them never overflow. */
#define RW_CHANNEL_MAX_INDEX (G_MAXUINT64 / 4)

enum { RW_CHANNEL_HEADER_ECHO = 1 << 0 };
enum {
  RW_CHANNEL_STATUS_ENDED = 1 << 0,
  RW_CHANNEL_STATUS_NOT_RECEIVING = 1 << 1
};
enum {
  RW_CHANNEL_ACK_NOT_RECEIVING = 1 << 0,
  RW_CHANNEL_ACK_FINISHED = 1 << 1
};

/* Whether a frame has its times and index in full, or as differences to the
 * previous frame. */
enum { RW_CHANNEL_FRAME_FULL = 1 << 0 };

static inline gboolean
rw_channel_is_captured (const RwFrame *frame)
{
  return frame->capture_time_ns != RW_CAPTURE_TIME_NONE;
}

/* Capture time minus running time; 0 for frames without a capture time. */
static inline guint64
rw_channel_capture_offset (const RwFrame *frame)
{
  return rw_channel_is_captured (frame)
             ? (guint64) frame->capture_time_ns - frame->running_time_ns
             : 0;
}

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * RwFrame: one encoded audio packet, the unit of everything in this layer.
 *
 * A plain value that borrows its payload: the function that returns a frame
 * documents how long
 * @data stays valid. Frames of a stream are numbered from 0 without holes.
 */

/* Largest payload of one frame: an RTP packet or a data channel message of
 * 64 KiB must hold it together with its headers. */
#define RW_FRAME_MAX_SIZE 61440u

/* The longest caps text of a format, in bytes. */
#define RW_FORMAT_MAX_LENGTH 8192u

/* Formats of one stream: ids run from 0 to 254. */
#define RW_FORMAT_MAX_COUNT 255u

/* The capture time of a frame without one. */
#define RW_CAPTURE_TIME_NONE G_MININT64

/* An unknown time (running times and spans in nanoseconds). */
#define RW_TIME_NONE G_MAXUINT64

/* An unknown index. */
#define RW_INDEX_NONE G_MAXUINT64

/* Opus counts in 48 kHz samples at any input rate. */
#define RW_FRAME_RATE 48000u

/* The bytes of a stream id: a UUID, all zero when there is none. */
#define RW_STREAM_ID_SIZE 16u

typedef enum {
  RW_FRAME_FLAG_NONE = 0,
  RW_FRAME_FLAG_DISCONT = 1 << 0, /* the input had a discontinuity before it */
} RwFrameFlags;

/**
 * RwFrame:
 * @index: position in the stream; the journal assigns it
 * @running_time_ns: running time at the sender, nanoseconds
 * @capture_time_ns: UTC, nanoseconds since 1970, or %RW_CAPTURE_TIME_NONE
 * @duration: samples at 48 kHz, 120 to 5760 for a valid Opus packet
 * @format: id in the stream's table of formats
 * @flags: #RwFrameFlags
 * @size: bytes of payload, at most %RW_FRAME_MAX_SIZE
 * @data: borrowed payload
 */
typedef struct {
  guint64 index;
  guint64 running_time_ns;
  gint64 capture_time_ns;
  guint16 duration;
  guint8 format;
  guint8 flags;
  guint32 size;
  const guint8 *data;
} RwFrame;

/* Nanoseconds of @samples at 48 kHz, rounded to the nearest. */
static inline guint64
rw_frame_samples_to_ns (guint64 samples)
{
  return (samples / RW_FRAME_RATE) * 1000000000u +
         ((samples % RW_FRAME_RATE) * 1000000000u + RW_FRAME_RATE / 2) /
             RW_FRAME_RATE;
}

static inline guint64
rw_frame_end_ns (const RwFrame *frame)
{
  return frame->running_time_ns + rw_frame_samples_to_ns (frame->duration);
}

G_END_DECLS

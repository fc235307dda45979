/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-frame.h"

G_BEGIN_DECLS

/**
 * RwRtpFormat:
 * The negotiated format of the live lane; an extension with the id 0 is not
 * used. @rtcp_messages: whether the protocol's messages travel in RTCP. New
 * members go last: rw-negotiator.c initializes the first four by their order.
 */
typedef struct {
  guint8 payload_type;
  guint8 frame_id;
  guint8 capture_id;
  gboolean rtcp_messages;
  guint8 red_type;      /* of redundant audio data (RFC 2198), or 0 */
  gboolean prefers_red; /* the offer names it before Opus */
} RwRtpFormat;

/**
 * RwRtpWriter:
 * Sequence number, SSRC and timestamp base of one outgoing RTP stream. A plain
 * struct, locked by its owner.
 */
typedef struct {
  guint32 ssrc;
  guint32 timestamp_base;
  guint16 next_sequence;
  gboolean has_next;
  guint64 next_index;
  guint64 next_samples; /* where a frame meets the last one, unshifted */
  gint64 shift;         /* samples that the timestamp is off the time */
} RwRtpWriter;

/**
 * rw_rtp_writer_packetize:
 *
 * One RTP packet with @frame's payload and the extensions of @format. Its
 * timestamp is the running time at 48 kHz plus the writer's base; where frames
 * meet within 30 ms it advances by their durations, as receivers conceal what
 * timestamps leave out, be it one sample. Its marker says
 * RW_FRAME_FLAG_DISCONT, its PTS is the running time.
 */
GstBuffer *rw_rtp_writer_packetize (RwRtpWriter *self,
                                    const RwRtpFormat *format,
                                    const RwFrame *frame);

/**
 * RwRtpFrameFunc:
 * @frame: borrowed, with its data, for the call.
 */
typedef void (*RwRtpFrameFunc) (const RwFrame *frame, gpointer user_data);

/**
 * rw_rtp_frame_read:
 * @buffer: untrusted.
 *
 * Hands the frame in an RTP packet to @func. Returns FALSE, without a call, if
 * it is no RTP, of another payload type, without a well-formed frame extension
 * or without payload. Any thread.
 */
gboolean rw_rtp_frame_read (GstBuffer *buffer, const RwRtpFormat *format,
                            RwRtpFrameFunc func, gpointer user_data);

G_END_DECLS

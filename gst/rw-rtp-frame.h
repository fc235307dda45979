/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-frame.h"

G_BEGIN_DECLS

/**
 * RwRtpFormat:
 * What both sides have agreed on for the live lane; 0 as an extension's id
 * means that it is not used.
 */
typedef struct {
  guint8 payload_type;
  guint8 frame_id;
  guint8 capture_id;
} RwRtpFormat;

/**
 * RwRtpWriter:
 * The running numbers of one outgoing RTP stream. A plain struct of its owner;
 * not thread-safe.
 */
typedef struct {
  guint32 ssrc;
  guint32 timestamp_base;
  guint16 next_sequence;
} RwRtpWriter;

/**
 * rw_rtp_writer_packetize:
 *
 * One RTP packet with @frame's payload and the extensions of @format. Its
 * timestamp is the running time at 48 kHz plus the writer's base, its marker
 * says RW_FRAME_FLAG_DISCONT, its PTS is the running time.
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

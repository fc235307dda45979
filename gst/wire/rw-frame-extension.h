/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "rw-frame.h"

G_BEGIN_DECLS

/* The two RTP header extensions (RFC 8285, one-byte form) of the live lane,
 * as bytes. Pure functions, callable from any thread. */

/* Our own: which frame this packet carries. */
#define RW_FRAME_EXTENSION_URI  "urn:gst-resilient-webrtc:frame"
#define RW_FRAME_EXTENSION_ID   1
#define RW_FRAME_EXTENSION_SIZE 16 /* the most in the one-byte form */

/* When it was captured, in a form that other programs understand too. */
#define RW_CAPTURE_EXTENSION_URI                                               \
  "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
#define RW_CAPTURE_EXTENSION_ID   2
#define RW_CAPTURE_EXTENSION_SIZE 8

/* SDP attribute of an audio line: messages of the protocol may travel in RTCP.
 */
#define RW_RTCP_MESSAGES_ATTRIBUTE "resilient-rtcp"

/* The index goes on the wire in 40 bits: 700 years of 20 ms frames. */
#define RW_FRAME_EXTENSION_MAX_INDEX ((G_GUINT64_CONSTANT (1) << 40) - 1)

/**
 * rw_frame_extension_write:
 * Fills @bytes from the index, format, duration and running time of @frame,
 * all big-endian: index 40 bits, format 8, duration 16 (samples at 48 kHz),
 * running time 64 (ns). The index must fit RW_FRAME_EXTENSION_MAX_INDEX.
 */
void rw_frame_extension_write (const RwFrame *frame,
                               guint8 bytes[RW_FRAME_EXTENSION_SIZE]);

/**
 * rw_frame_extension_read:
 * The reverse; touches only those four fields of @frame. Every input is valid
 * as far as @size is right; returns FALSE if it is not.
 */
gboolean rw_frame_extension_read (RwFrame *frame, const guint8 *bytes,
                                  gsize size);

/**
 * rw_capture_extension_write:
 * @capture_time_ns: since 1970, UTC; from 1968-01-20 to 2104-02-26.
 *
 * As NTP time, 32.32 bits, rounded so that reading gives the same ns again.
 */
void rw_capture_extension_write (gint64 capture_time_ns,
                                 guint8 bytes[RW_CAPTURE_EXTENSION_SIZE]);

/**
 * rw_capture_extension_read:
 * @size: 8, or 16 for the form with a clock offset, which is not read.
 *
 * NTP's 32 bits of seconds are taken as the years 1968 to 2104.
 */
gboolean rw_capture_extension_read (gint64 *capture_time_ns,
                                    const guint8 *bytes, gsize size);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "rw-frame-limiter.h"

G_BEGIN_DECLS

#define RW_TYPE_LIMITED_STREAM (rw_limited_stream_get_type ())
G_DECLARE_FINAL_TYPE (RwLimitedStream, rw_limited_stream, RW, LIMITED_STREAM,
                      GIOStream)

/** RwLimitFunc: called once, from within a read: post, do not close. */
typedef void (*RwLimitFunc) (gpointer user_data);

/**
 * RwLimitedStream:
 *
 * A stream whose incoming bytes pass an RwFrameLimiter. Once it trips, what
 * comes is read and thrown away, so that the sender can still read our answer
 * (a TCP connection closed with unread bytes is reset, and the answer lost).
 * Bytes that leave are counted.
 * Of the thread that reads it.
 */

RwLimitedStream *rw_limited_stream_new (GIOStream *base,
                                        const RwFrameLimiter *limiter);

void rw_limited_stream_set_func (RwLimitedStream *self, RwLimitFunc func,
                                 gpointer user_data);
void rw_limited_stream_refill (RwLimitedStream *self);
guint64 rw_limited_stream_get_written (RwLimitedStream *self);

G_END_DECLS

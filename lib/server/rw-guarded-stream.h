/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "rw-frame-guard.h"

G_BEGIN_DECLS

#define RW_TYPE_GUARDED_STREAM (rw_guarded_stream_get_type ())
G_DECLARE_FINAL_TYPE (RwGuardedStream, rw_guarded_stream, RW, GUARDED_STREAM,
                      GIOStream)

/** RwGuardFunc: called once, from within a read: post, do not close. */
typedef void (*RwGuardFunc) (gpointer user_data);

/**
 * RwGuardedStream:
 *
 * A stream whose incoming bytes pass an RwFrameGuard. Once it trips, what
 * comes is read and thrown away, so that the sender can still read our answer
 * (a TCP connection closed with unread bytes is reset, and the answer lost).
 * What goes out is counted.
 * Of the thread that reads it.
 */

RwGuardedStream *rw_guarded_stream_new (GIOStream *base,
                                        const RwFrameGuard *guard);

void rw_guarded_stream_set_func (RwGuardedStream *self, RwGuardFunc func,
                                 gpointer user_data);
void rw_guarded_stream_refill (RwGuardedStream *self);
guint64 rw_guarded_stream_get_written (RwGuardedStream *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/base.h>

#include "rw-receiver.h"

G_BEGIN_DECLS

/*
 * RwWindowSrc: the first element of the source's data path, a live GstBaseSrc
 * that pushes the items of the receive window: Opus packets, gap events, EOS at
 * the end of the stream. It has one segment and keeps its pad through every
 * outage.
 *
 * Thread: its own streaming thread.
 *
 * Signals:
 *   prepare (GstCaps *caps, gboolean is_ordinary)
 *     Before the first caps are pushed, on the streaming thread, and once more
 *     when it was relinked: the time to put a decoder behind it, or not.
 *   is-relinked () -> gboolean
 *     Before each frame, on the streaming thread.
 */
#define RW_TYPE_WINDOW_SRC (rw_window_src_get_type ())
G_DECLARE_FINAL_TYPE (RwWindowSrc, rw_window_src, RW, WINDOW_SRC, GstBaseSrc)

GstElement *rw_window_src_new (RwReceiver *receiver, RwReceiverOutput output);

/* Any thread; posts a LATENCY message when it changes. */
void rw_window_src_set_latency (RwWindowSrc *self, guint latency_ms);

G_END_DECLS

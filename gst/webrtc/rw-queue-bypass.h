/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * rw_queue_bypass:
 * @queue: a queue element without data
 *
 * Buffers and events that enter @queue leave it on the same thread; the queue's
 * own thread never wakes. Saves a thread switch for each packet. Flushes and
 * queries take their usual way. Any thread, before the queue has its first
 * event.
 */
void rw_queue_bypass (GstElement *queue);

G_END_DECLS

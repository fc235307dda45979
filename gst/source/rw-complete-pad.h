/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-receiver.h"

G_BEGIN_DECLS

/*
 * RwCompletePad: the pad of a source that was requested, with every frame: its
 * window source and its output. While it exists, the always pad is live.
 *
 * Threads: set_latency from any, the rest from requests for pads and state
 * changes.
 */
typedef struct _RwCompletePad RwCompletePad;

/* Adds the pad to @bin; the next start of @receiver has two outputs. Both
 * outlive it. */
RwCompletePad *rw_complete_pad_new (GstBin *bin, RwReceiver *receiver,
                                    GstPadTemplate *template);

/* Removes the pad from the bin. */
void rw_complete_pad_free (RwCompletePad *self);

GstPad *rw_complete_pad_get_pad (RwCompletePad *self);
void rw_complete_pad_set_latency (RwCompletePad *self, guint latency_ms);

/* Posts an element error, because the pad is of one producer, not of a room.
 * FALSE. */
gboolean rw_complete_pad_refuse_room (RwCompletePad *self);

/* The next run may have another downstream. */
void rw_complete_pad_reset (RwCompletePad *self);

G_END_DECLS

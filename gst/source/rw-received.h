/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-ordinary-queue.h"
#include "rw-playout.h"

G_BEGIN_DECLS

typedef enum {
  RW_RECEIVED_STREAM, /* a stream begins */
  RW_RECEIVED_FRAME,
  RW_RECEIVED_GAP,    /* frames that will never come */
  RW_RECEIVED_ENDED,  /* the stream is over */
  RW_RECEIVED_BUFFER, /* an ordinary peer's packet */
  RW_RECEIVED_LOST,   /* and one that it lost */
} RwReceivedType;

/**
 * RwReceived: the next item that the pad pushes.
 * @item: for the first four; see rw-playout.h
 * @ordinary: for the last two
 */
typedef struct {
  RwReceivedType type;
  RwPlayoutItem item;
  RwOrdinaryItem ordinary;
} RwReceived;

/* The item that is due at @now_ns of running time, a resilient peer's first;
 * FALSE if none is. @ordinary may be NULL. */
gboolean rw_received_pop (RwReceived *item, RwPlayout *playout,
                          RwOrdinaryQueue *ordinary, GstClockTime now_ns);
void rw_received_clear (RwReceived *item);

/* FRAME, BUFFER: the buffer to push, with its times; takes what an ordinary
 * peer's packet is in. */
GstBuffer *rw_received_make_buffer (RwReceived *item);

G_END_DECLS

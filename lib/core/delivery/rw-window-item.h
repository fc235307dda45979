/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-message.h"

G_BEGIN_DECLS

/*
 * RwWindowItem: what #RwWindow hands out, in order, and RwWindowResult: what
 * becomes of a frame that is put in. A caller-owned struct, used on the pad's
 * thread without a lock: it owns all that it points to.
 */

typedef enum {
  RW_WINDOW_NEW,       /* taken */
  RW_WINDOW_DUPLICATE, /* had it already */
  RW_WINDOW_LATE,      /* it was given up: before the start, or in a gap */
  RW_WINDOW_BEYOND,    /* beyond the window: dropped, requested again later */
  RW_WINDOW_FENCED,    /* of a stream that is no longer the current one */
} RwWindowResult;

typedef enum {
  RW_WINDOW_ITEM_NONE,   /* nothing to hand on now */
  RW_WINDOW_ITEM_STREAM, /* a stream begins, the first one as well */
  RW_WINDOW_ITEM_FRAME,
  RW_WINDOW_ITEM_GAP,   /* frames that no longer exist, or were given up */
  RW_WINDOW_ITEM_ENDED, /* the stream is over, all of it was popped */
} RwWindowItemType;

/**
 * RwWindowItem:
 * @serial: of the stream it belongs to
 * @from: first index; STREAM: where this consumer begins
 * @to: one past the last index (STREAM, ENDED: = @from)
 * @frame: FRAME: the frame, its data lent from @payload
 * @payload: (owned) (nullable): FRAME
 * @caps: (owned) (nullable): FRAME: caps text, a #GRefString
 * @repaired: FRAME: it came over the repair lane
 * @start_ns: GAP: running time at the sender at which it begins, the end of
 *   the frame before, or %RW_TIME_NONE where none was
 * @end_ns: GAP: and ends, the start of the next, or %RW_TIME_NONE
 * @stream_id: STREAM
 */
typedef struct {
  RwWindowItemType type;
  guint32 serial;
  guint64 from;
  guint64 to;
  RwFrame frame;
  GBytes *payload;
  gchar *caps;
  gboolean repaired;
  guint64 start_ns;
  guint64 end_ns;
  guint8 stream_id[RW_STREAM_ID_SIZE];
} RwWindowItem;

/* Frees what the item owns; call it for every item popped. */
void rw_window_item_clear (RwWindowItem *item);

/* And an item that was allocated by g_malloc(). */
void rw_window_item_free (RwWindowItem *item);

G_END_DECLS

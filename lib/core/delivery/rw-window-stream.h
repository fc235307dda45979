/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-gap-history.h"
#include "rw-reorder-buffer.h"
#include "rw-window-item.h"

G_BEGIN_DECLS

/*
 * RwWindowStream: one stream in the receive window: its formats, the frames
 * that wait, what was popped and handed on, and which item comes next; part of
 * #RwWindow. A caller-owned struct without a lock: the window's owner holds one
 * around every call. Owns the frames and the formats.
 */

/* Only the functions below write the fields; the owner may use @buffer. */
typedef struct {
  guint8 id[RW_STREAM_ID_SIZE]; /* zeroes: no stream */
  RwReorderBuffer buffer;
  guint64 handed; /* the cumulative ack: downstream has taken what is below */
  guint64 lost;   /* frames in gaps that were handed on */
  gboolean finished; /* its ENDED item was handed on */
  /*< private >*/
  GPtrArray *formats;
  RwGapHistory gaps;
  guint64 last_end_ns;
  gboolean announced; /* its STREAM item was popped */
  gboolean ended;     /* its ENDED item was popped */
} RwWindowStream;

/* Without a stream. */
void rw_window_stream_init (RwWindowStream *stream, guint max_frames,
                            guint max_bytes);
void rw_window_stream_clear (RwWindowStream *stream);

/* Frees all frames and formats: there is no stream. */
void rw_window_stream_reset (RwWindowStream *stream);

/* After a reset: a stream with @id begins at @start. */
void rw_window_stream_begin (RwWindowStream *stream, const guint8 *id,
                             guint64 start);

gboolean rw_window_stream_exists (const RwWindowStream *stream);
gboolean rw_window_stream_has_id (const RwWindowStream *stream,
                                  const guint8 *id);

/* As rw_window_set_format(), of the current stream. */
gboolean rw_window_stream_set_format (RwWindowStream *stream, guint id,
                                      const gchar *caps, gsize length);
guint rw_window_stream_get_n_formats (const RwWindowStream *stream);

/* Whether @frame is accepted, or why not. */
RwWindowResult rw_window_stream_check (const RwWindowStream *stream,
                                       const RwFrame *frame);

/* Gives up the frames missing below @index, or below the end if that is
 * lower. */
void rw_window_stream_give_up (RwWindowStream *stream, guint64 index);

/* And the frames that are here are dropped as well. */
void rw_window_stream_discard_to (RwWindowStream *stream, guint64 index);

/* As rw_window_end(), of the current stream. */
void rw_window_stream_end (RwWindowStream *stream, guint64 final);

/**
 * rw_window_stream_pop:
 * @flush: no frame and no format is waited for
 * @item: (out): the next item, all but its serial
 *
 * Returns: %FALSE for none.
 */
gboolean rw_window_stream_pop (RwWindowStream *stream, gboolean flush,
                               RwWindowItem *item);

/* Downstream has taken an item of this stream. */
void rw_window_stream_handed (RwWindowStream *stream, const RwWindowItem *item);

G_END_DECLS

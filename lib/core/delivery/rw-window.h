/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-window-item.h"

G_BEGIN_DECLS

/*
 * RwWindow: the receive window: accepts frames in any order, with duplicates;
 * hands them out in order, each once, and announces every hole.
 *
 * It outlives transport sessions; several may feed it at the same time. It has
 * no lock and reads no clock: the owner holds one lock around every call. The
 * pad's thread pops an item under the lock, pushes it downstream without the
 * lock, then calls rw_window_handed() under the lock: only that moves the
 * cumulative ack.
 *
 * A stream's frames are put in under its *serial*, which
 * rw_window_begin_stream() gives out: frames of an old session for a replaced
 * stream are refused (fencing).
 */
typedef struct _RwWindow RwWindow;

/* Default bounds. */
#define RW_WINDOW_MAX_FRAMES 8192u
#define RW_WINDOW_MAX_BYTES  (16u * 1024u * 1024u)

typedef enum {
  RW_LANE_LIVE,
  RW_LANE_REPAIR,
} RwLane;

/* Counted since the window was made, over all streams. */
typedef struct {
  guint64 live;      /* frames taken from the live lane */
  guint64 repaired;  /* frames taken from the repair lane */
  guint64 duplicate; /* dropped: had it */
  guint64 late;      /* dropped: had been given up */
  guint64 gaps;      /* gaps announced */
  guint64 lost;      /* frames in them */
  guint64 streams;
} RwWindowStats;

/* 0 for a bound takes the default; 64 frames are the least. */
RwWindow *rw_window_new (guint max_frames, guint max_bytes);
void rw_window_free (RwWindow *window);

/* Drops the stream and all items; the next stream begins with a STREAM item
 * again. For a deliberate change to another producer. */
void rw_window_reset (RwWindow *window);

/**
 * rw_window_set_mirror:
 * @mirror: (nullable): gets all that @window is given from now on, and goes its
 *   own way with it: what one of them hands out or gives up, the other does not
 *
 * To be set before the first stream; the owner of @window keeps both.
 */
void rw_window_set_mirror (RwWindow *window, RwWindow *mirror);

/**
 * rw_window_begin_stream:
 * @stream_id: as the session's WELCOME names it
 * @generation: of that session
 * @start: first index for this consumer
 *
 * The same stream continues at its position (frames below @start that are
 * missing no longer exist); another one replaces it: what the window holds of
 * the old one is handed out first, with a gap for each hole. A session that is
 * older than the one which began the current stream cannot replace it.
 *
 * Returns: the serial to put frames in under, or 0 if it was refused.
 */
guint32 rw_window_begin_stream (RwWindow *window, const guint8 *stream_id,
                                guint32 generation, guint64 start);

/* Zeroes before the first stream. */
const guint8 *rw_window_get_stream_id (const RwWindow *window);
guint32 rw_window_get_serial (const RwWindow *window);

/* Sets the text of a format; the first text for an id is final. %FALSE if
 * fenced, or if @id is neither the next id nor a known one. */
gboolean rw_window_set_format (RwWindow *window, guint32 serial, guint id,
                               const gchar *caps, gsize length);
guint rw_window_get_n_formats (const RwWindow *window);

/**
 * rw_window_insert:
 * @serial: the stream's
 * @frame: its payload is copied, unless @payload is given
 * @payload: (nullable): the payload, of which a reference is taken
 */
RwWindowResult rw_window_insert (RwWindow *window, guint32 serial,
                                 const RwFrame *frame, GBytes *payload,
                                 RwLane lane);

/* Frames below @tail that are not here no longer exist. */
void rw_window_set_tail (RwWindow *window, guint32 serial, guint64 tail);

/* Gives up what is missing below @index (delivery=live). */
void rw_window_skip_to (RwWindow *window, guint64 index);

/* Drops the frames below @index: all of them become one gap. */
void rw_window_discard_to (RwWindow *window, guint64 index);

/* The stream is over at @final: no frame has that index or a higher one. */
void rw_window_end (RwWindow *window, guint32 serial, guint64 final);

/**
 * rw_window_pop:
 * @item: (out): the next item to hand on; NONE if it has not arrived
 *
 * A frame waits until its format is known, a gap until the frame after it is
 * there (so that it is announced once and its span is known).
 *
 * Returns: %FALSE for NONE.
 */
gboolean rw_window_pop (RwWindow *window, RwWindowItem *item);

/* Downstream has taken (or refused for good) the item: acknowledge it. */
void rw_window_handed (RwWindow *window, const RwWindowItem *item);

/**
 * rw_window_peek:
 * @index: (out): of the first frame that is here and was not popped
 * @frame: (out): it, its payload lent
 *
 * Returns: %FALSE where no frame of the current stream is here.
 */
gboolean rw_window_peek (const RwWindow *window, guint64 *index,
                         RwFrame *frame);

/* The next index to be handed on: the cumulative ack. */
guint64 rw_window_get_next (const RwWindow *window);

/* The lowest index that has not arrived and is not given up. O(1). */
guint64 rw_window_get_first_missing (const RwWindow *window);

/* One past the highest index here or popped. */
guint64 rw_window_get_highest (const RwWindow *window);

/* Fills in @report; @known_to: below it every frame should be here. */
void rw_window_get_report (const RwWindow *window, guint64 known_to,
                           RwReport *report);

/* Whether the end is known and everything up to it was handed on. */
gboolean rw_window_is_finished (const RwWindow *window);

/* Frames lost to gaps in the current stream, as handed on. */
guint64 rw_window_get_stream_lost (const RwWindow *window);

void rw_window_get_stats (const RwWindow *window, RwWindowStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwWindow, rw_window_free)

G_END_DECLS

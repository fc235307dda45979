/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-frame-ring.h"
#include "rw-message.h"

G_BEGIN_DECLS

/*
 * RwReorderBuffer: the frames of one stream that wait for their turn, and which
 * of the others are missing or given up; part of #RwWindow. A caller-owned
 * struct; owns the frames.
 *
 * Frames wait in a ring. Positions, all indices, in rising order:
 *
 *   popped   given out below this (to the pad's thread)
 *   base     the ring covers [base, base + max_frames)
 *   missing  lowest index that has not arrived and is not given up
 *
 * Below *given_up missing frames are lost; they become a gap when they are next
 * in order.
 */

/* Indices are at most this, so that sums cannot overflow. */
#define RW_REORDER_MAX_INDEX (G_MAXUINT64 / 4)

/* Only the functions below write the fields; @final is the owner's. */
typedef struct {
  guint max_frames;
  guint max_bytes;
  guint64 popped;
  guint64 missing;
  guint64 given_up;
  guint64 final; /* the stream's end, RW_INDEX_NONE before it is known */
  RwFrameRing ring;
  /*< private >*/
  guint n_given_up; /* frames that have arrived although given up */
} RwReorderBuffer;

/* Frees all frames; a stream begins at @start. Keeps the bounds. */
void rw_reorder_buffer_begin (RwReorderBuffer *buffer, guint64 start);

/* The lowest index that the ring must have room for. Frames below what was
 * given up are here only as long as downstream is slow. */
guint64 rw_reorder_buffer_get_base (const RwReorderBuffer *buffer);

/* One past the highest index here or popped. */
guint64 rw_reorder_buffer_get_highest (const RwReorderBuffer *buffer);

/* Gives up the frames missing below @below; ignored if it is too high. */
void rw_reorder_buffer_give_up (RwReorderBuffer *buffer, guint64 below);

/* The frame must not be here, and within the bounds; @payload as
 * rw_frame_ring_put(). */
void rw_reorder_buffer_put (RwReorderBuffer *buffer, const RwFrame *frame,
                            GBytes *payload, gboolean repaired);

/* Gives out the frame that is next, which must be here; the caller owns its
 * payload. */
void rw_reorder_buffer_pop (RwReorderBuffer *buffer, RwFrameSlot *out);

/* Gives out what is below @to as a gap. */
void rw_reorder_buffer_pop_gap (RwReorderBuffer *buffer, guint64 to);

/* Drops the frame that is next, which must be here. */
void rw_reorder_buffer_discard_next (RwReorderBuffer *buffer);

/* Drops the frames below @index and gives all of them up. */
void rw_reorder_buffer_discard_to (RwReorderBuffer *buffer, guint64 index);

/* Where the run of lost frames at the next position ends; the position itself
 * where it may not be announced yet. @flush: no frame is waited for. */
guint64 rw_reorder_buffer_get_gap_end (const RwReorderBuffer *buffer,
                                       gboolean flush);

/* The first frame here, its payload lent; %FALSE for none. */
gboolean rw_reorder_buffer_peek (const RwReorderBuffer *buffer, guint64 *index,
                                 RwFrame *frame);

/* Fills in all of @report but its next index, which is set. @known_to: below
 * it every frame should be here. */
void rw_reorder_buffer_fill_report (const RwReorderBuffer *buffer,
                                    guint64 known_to, RwReport *report);

G_END_DECLS

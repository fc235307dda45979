/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-frame.h"

G_BEGIN_DECLS

/*
 * RwFrameRing: frames by index, in a ring that grows with their span; part of
 * #RwWindow. A caller-owned struct; owns the payloads. Which slots are taken
 * is kept as bits, so that a search looks at 64 of them in one step.
 */
typedef struct {
  GBytes *payload;
  guint64 running_time_ns;
  gint64 capture_time_ns;
  guint16 duration;
  guint8 format;
  guint8 flags;
  gboolean repaired;
} RwFrameSlot;

typedef struct {
  RwFrameSlot *slots;
  guint64 *taken;
  guint n_slots; /* a power of two, or 0 */
  guint n_frames;
  guint bytes;
  guint64 low; /* all frames have indices in [low, high) */
  guint64 high;
} RwFrameRing;

/* Frees all frames; the ring is empty afterwards. */
void rw_frame_ring_clear (RwFrameRing *ring);

gboolean rw_frame_ring_has (const RwFrameRing *ring, guint64 index);

/* Takes a reference of @payload, or copies the frame's own. The slot of the
 * index must be free; the caller bounds the span from lowest to highest. */
void rw_frame_ring_put (RwFrameRing *ring, const RwFrame *frame,
                        GBytes *payload, gboolean repaired);

/* Removes an existing frame; the caller owns its payload. */
void rw_frame_ring_take (RwFrameRing *ring, guint64 index, RwFrameSlot *out);

const RwFrameSlot *rw_frame_ring_peek (const RwFrameRing *ring, guint64 index);

/* A slot as a frame that borrows the slot's payload. */
void rw_frame_slot_get (const RwFrameSlot *slot, guint64 index, RwFrame *out);

/* The first index in [from, to) with a frame, or without one, else @to. */
guint64 rw_frame_ring_find (const RwFrameRing *ring, guint64 from, guint64 to);
guint64 rw_frame_ring_find_absent (const RwFrameRing *ring, guint64 from,
                                   guint64 to);

G_END_DECLS

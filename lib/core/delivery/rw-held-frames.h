/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-window.h"

G_BEGIN_DECLS

/*
 * RwHeldFrames: frames that arrived before the WELCOME, in order of arrival;
 * part of #RwReceiveEndpoint. A caller-owned struct. Bounded: the oldest frame
 * makes room for a new one.
 */

/* Frames held at most. */
#define RW_HELD_FRAMES_MAX 256u

/* The frame has no data of its own: they are in the payload. */
typedef struct {
  RwFrame frame;
  GBytes *payload;
  RwLane lane;
  gint64 arrival_us;
} RwHeldFrame;

typedef struct {
  /*< private >*/
  GQueue queue; /* of RwHeldFrame */
} RwHeldFrames;

void rw_held_frames_init (RwHeldFrames *held);
void rw_held_frames_clear (RwHeldFrames *held);

/* Takes a reference of @payload (nullable), or copies the frame's own. */
void rw_held_frames_add (RwHeldFrames *held, const RwFrame *frame,
                         GBytes *payload, RwLane lane, gint64 arrival_us);

/* Removes the oldest frame, NULL for none. */
RwHeldFrame *rw_held_frames_pop (RwHeldFrames *held);

void rw_held_frame_free (RwHeldFrame *frame);

G_END_DECLS

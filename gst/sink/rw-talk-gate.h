/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-frame.h"

G_BEGIN_DECLS

/*
 * RwTalkGate: decides for each frame whether it may be recorded. Closed, it
 * lets nothing through; so it is whenever the talk key is not pressed, from the
 * moment that the application has released it on.
 *
 * Thread: any; it has a lock, which is held for no call.
 */
typedef struct _RwTalkGate RwTalkGate;

/**
 * RwTalkGateMode:
 * @RW_TALK_GATE_CLOSED: nothing is recorded, and what was held is dropped
 * @RW_TALK_GATE_PAUSED: nothing is recorded; what was held stays
 * @RW_TALK_GATE_HOLD: what is recorded is held in the gate
 * @RW_TALK_GATE_OPEN: what was held comes first, then what is recorded
 */
typedef enum {
  RW_TALK_GATE_CLOSED,
  RW_TALK_GATE_PAUSED,
  RW_TALK_GATE_HOLD,
  RW_TALK_GATE_OPEN,
} RwTalkGateMode;

/* A new gate is not used: it is open for everything. */
RwTalkGate *rw_talk_gate_new (void);
void rw_talk_gate_free (RwTalkGate *self);

/* From now on the gate decides (TRUE), and is closed; or is open for all. */
void rw_talk_gate_use (RwTalkGate *self, gboolean used);

/* The key. A press has a number, which is returned; 0: not pressed. */
guint rw_talk_gate_press (RwTalkGate *self, gboolean pressed);
guint rw_talk_gate_get_press (RwTalkGate *self);

/* For the press of that number, and no other. @now_ns: running time; frames
 * that begin before it are not recorded when the gate begins to record. */
void rw_talk_gate_set_mode (RwTalkGate *self, guint press, RwTalkGateMode mode,
                            GstClockTime now_ns);

/* Held frames that are older than this when the gate opens are dropped. */
void rw_talk_gate_set_max_late (RwTalkGate *self, guint64 max_late_ns);
guint64 rw_talk_gate_get_max_late (RwTalkGate *self);

/* Streaming thread: what is to be done with a frame that begins at the running
 * time @running_ns of the input: never RW_TALK_GATE_PAUSED. */
RwTalkGateMode rw_talk_gate_check (RwTalkGate *self, GstClockTime running_ns);

/* After RW_TALK_GATE_HOLD: copies @frame. */
void rw_talk_gate_hold (RwTalkGate *self, const RwFrame *frame, gint64 now_us);

/* After RW_TALK_GATE_OPEN: the oldest held frame that is not too late, NULL for
 * none. The caller frees it with g_free(); its payload is part of it. */
RwFrame *rw_talk_gate_pop (RwTalkGate *self, gint64 now_us);

/* Another stream begins: what was held belongs to the one before. */
void rw_talk_gate_forget (RwTalkGate *self);

G_END_DECLS

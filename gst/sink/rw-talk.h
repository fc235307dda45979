/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"
#include "rw-talk-gate.h"

G_BEGIN_DECLS

/*
 * RwTalk: push to talk at a sink: carries what the application does with the
 * talk key to the room's floor, and what the floor decides to the gate before
 * the journal, to on-air and to the bus. The decisions are those of RwTalkKey.
 *
 * Thread: set_pressed, set_priority and the getters: any. Open and close:
 * control.
 */
#define RW_TYPE_TALK (rw_talk_get_type ())
G_DECLARE_FINAL_TYPE (RwTalk, rw_talk, RW, TALK, GObject)

/**
 * RwFloorMode:
 * @RW_FLOOR_MODE_OPEN: the sink sends always
 * @RW_FLOOR_MODE_REQUEST: it sends while it has the floor of its room
 */
typedef enum {
  RW_FLOOR_MODE_OPEN,
  RW_FLOOR_MODE_REQUEST,
} RwFloorMode;

/* @gate outlives it. The endpoint owns neither; no reference is taken. */
RwTalk *rw_talk_new (RwEndpoint *endpoint, RwTalkGate *gate);

void rw_talk_set_mode (RwTalk *self, RwFloorMode mode);
RwFloorMode rw_talk_get_mode (RwTalk *self);
void rw_talk_set_pressed (RwTalk *self, gboolean pressed);
gboolean rw_talk_get_pressed (RwTalk *self);
void rw_talk_set_priority (RwTalk *self, guint priority);
guint rw_talk_get_priority (RwTalk *self);
gboolean rw_talk_is_on_air (RwTalk *self);

/**
 * rw_talk_note_input:
 * @has_input: FALSE when the input has ended, TRUE when there is input again
 *
 * A sink without input gives the floor back, whatever the key says, and does
 * not wait until its consumers have received the end; with new input the sink
 * requests the floor again. Any thread.
 */
void rw_talk_note_input (RwTalk *self, gboolean has_input);

/* From the start to the stop of the element, whose room is open. */
void rw_talk_open (RwTalk *self);
void rw_talk_close (RwTalk *self);

G_END_DECLS

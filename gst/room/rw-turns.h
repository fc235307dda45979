/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * RwTurns: whose turn it is of several speakers, who are heard one after the
 * other (see RwSpeakerMerge). A speaker has its turn until it has been silent
 * for 100 ms. A speaker in the background needs no floor: the first of these
 * that sends is heard while no other has a turn.
 *
 * Thread: any.
 */
typedef struct _RwTurns RwTurns;
typedef struct _RwTurn RwTurn; /* one speaker's */

typedef enum {
  RW_TURN_TAKEN,   /* to be given back by rw_turns_leave() */
  RW_TURN_DROPPED, /* the audio is not heard */
  RW_TURN_STOPPED, /* the speaker is stopped */
} RwTurnResult;

RwTurns *rw_turns_new (void);
void rw_turns_free (RwTurns *self);

/* Nobody has a turn. */
void rw_turns_reset (RwTurns *self);

/* A new speaker. */
RwTurn *rw_turns_add (RwTurns *self, gboolean is_background);
void rw_turns_remove (RwTurns *self, RwTurn *turn);

/**
 * rw_turns_take:
 * @is_made_up: the audio is a decoder's, for a pause: it takes no turn
 * @is_new: (out): the last audio was another's
 *
 * Waits for the turn of a speaker that has audio.
 */
RwTurnResult rw_turns_take (RwTurns *self, RwTurn *turn, gboolean is_made_up,
                            gboolean *is_new);
void rw_turns_leave (RwTurns *self);

/* Into the background a speaker goes with its next pause of 500 ms. */
void rw_turns_set_background (RwTurns *self, RwTurn *turn,
                              gboolean is_background);

/* A stopped speaker takes no turn; one that waits for it waits no longer. */
void rw_turns_set_stopped (RwTurns *self, RwTurn *turn, gboolean is_stopped);

G_END_DECLS

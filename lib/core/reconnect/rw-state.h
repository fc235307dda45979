/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwState: the state of an element as its user sees it. The table in rw-state.c
 * alone defines the transitions.
 */
typedef enum {
  RW_STATE_IDLE,       /* never started */
  RW_STATE_CONNECTING, /* no audio was acknowledged yet */
  RW_STATE_CONNECTED,  /* audio is acknowledged */
  RW_STATE_SUSPECT,    /* silence: the old session is kept, a new one begins */
  RW_STATE_RECONNECTING, /* the old session counts as down */
  RW_STATE_FAILED,       /* given up */
  RW_STATE_STOPPED,      /* on request */
} RwState;
#define RW_N_STATES (RW_STATE_STOPPED + 1)

/**
 * RwStateEvent: the events of the state machine.
 * @RW_STATE_EVENT_PROGRESS: audio was acknowledged on the session, old or new,
 *   that is now in use.
 * @RW_STATE_EVENT_ALIVE: something was received on the old session again.
 * @RW_STATE_EVENT_ATTEMPT_FAILED: a new session has failed; another one
 * follows.
 * @RW_STATE_EVENT_GIVE_UP: no other one follows.
 */
typedef enum {
  RW_STATE_EVENT_START,
  RW_STATE_EVENT_PROGRESS,
  RW_STATE_EVENT_SUSPECT,
  RW_STATE_EVENT_DOWN,
  RW_STATE_EVENT_ALIVE,
  RW_STATE_EVENT_ATTEMPT_FAILED,
  RW_STATE_EVENT_GIVE_UP,
  RW_STATE_EVENT_STOP,
} RwStateEvent;
#define RW_N_STATE_EVENTS (RW_STATE_EVENT_STOP + 1)

/**
 * RwStateTable: for each state and event the next state plus one,
 * RW_STATE_REFUSED, or 0 for an entry that was forgotten.
 */
#define RW_STATE_REFUSED (-1)
typedef gint8 RwStateTable[RW_N_STATES][RW_N_STATE_EVENTS];

/** rw_state_to_string: the state's name, as applications see it. */
const char *rw_state_to_string (RwState state);
const char *rw_state_event_to_string (RwStateEvent event);

/**
 * rw_state_step:
 * @state: (inout): moves on, or stays if the event means nothing new in it.
 *
 * FALSE, with @state as it was, if @event must not come in it: a late event, to
 * be dropped and counted, or a caller's mistake.
 */
gboolean rw_state_step (RwState *state, RwStateEvent event);

/** rw_state_get_table: the table that rw_state_step() obeys. */
const RwStateTable *rw_state_get_table (void);

/**
 * rw_state_table_validate:
 *
 * NULL if each pair is defined or refused, each state can be reached from
 * idle, and each can be left; else what is wrong. Free with g_free().
 */
char *rw_state_table_validate (const RwStateTable *table);

G_END_DECLS

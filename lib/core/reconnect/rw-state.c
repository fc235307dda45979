/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-state.h"

#define TO(state) (RW_STATE_##state + 1)
#define NO        RW_STATE_REFUSED

/*
 * A row for each state, a column for each event. Notes on the less obvious:
 * - suspect + alive: the suspicion was false, or the path healed by itself.
 *   reconnecting + alive is only a hint (one packet may be the last): audio
 *   has to be acknowledged first.
 * - suspect + give up is refused: the old session may yet heal, so that the
 *   last retry counts only once it is down.
 * - connected + down: a session that the other side closes is never suspect.
 */
static const RwStateTable table = {
    /* clang-format off */
  /*                        START           PROGRESS       SUSPECT      DOWN              ALIVE             ATTEMPT_FAILED    GIVE_UP     STOP */
  [RW_STATE_IDLE]         = {TO(CONNECTING), NO,            NO,          NO,               NO,               NO,               NO,         TO(STOPPED)},
  [RW_STATE_CONNECTING]   = {NO,             TO(CONNECTED), NO,          NO,               NO,               TO(CONNECTING),   TO(FAILED), TO(STOPPED)},
  [RW_STATE_CONNECTED]    = {NO,             TO(CONNECTED), TO(SUSPECT), TO(RECONNECTING), TO(CONNECTED),    NO,               NO,         TO(STOPPED)},
  [RW_STATE_SUSPECT]      = {NO,             TO(CONNECTED), TO(SUSPECT), TO(RECONNECTING), TO(CONNECTED),    TO(SUSPECT),      NO,         TO(STOPPED)},
  [RW_STATE_RECONNECTING] = {NO,             TO(CONNECTED), NO,          TO(RECONNECTING), TO(RECONNECTING), TO(RECONNECTING), TO(FAILED), TO(STOPPED)},
  [RW_STATE_FAILED]       = {TO(CONNECTING), NO,            NO,          NO,               NO,               NO,               NO,         TO(STOPPED)},
  [RW_STATE_STOPPED]      = {TO(CONNECTING), NO,            NO,          NO,               NO,               NO,               NO,         TO(STOPPED)},
    /* clang-format on */
};

static const char *const state_names[RW_N_STATES] = {
    "idle",         "connecting", "connected", "suspect",
    "reconnecting", "failed",     "stopped",
};

static const char *const event_names[RW_N_STATE_EVENTS] = {
    "start", "progress",       "suspect", "down",
    "alive", "attempt-failed", "give-up", "stop",
};

static void
mark_reachable (const RwStateTable *t, int state, gboolean *reached)
{
  if (reached[state])
    return;
  reached[state] = TRUE;
  for (int event = 0; event < RW_N_STATE_EVENTS; event++)
    if ((*t)[state][event] > 0)
      mark_reachable (t, (*t)[state][event] - 1, reached);
}

static gboolean
can_be_left (const RwStateTable *t, int state)
{
  for (int event = 0; event < RW_N_STATE_EVENTS; event++)
    if ((*t)[state][event] > 0 && (*t)[state][event] - 1 != state)
      return TRUE;
  return FALSE;
}

/* The event in @state that has no valid entry, or -1. */
static int
find_undefined (const RwStateTable *t, int state)
{
  for (int event = 0; event < RW_N_STATE_EVENTS; event++) {
    int to = (*t)[state][event];

    if (to == 0 || to < RW_STATE_REFUSED || to > RW_N_STATES)
      return event;
  }
  return -1;
}

const char *
rw_state_to_string (RwState state)
{
  g_return_val_if_fail ((guint) state < RW_N_STATES, NULL);

  return state_names[state];
}

const char *
rw_state_event_to_string (RwStateEvent event)
{
  g_return_val_if_fail ((guint) event < RW_N_STATE_EVENTS, NULL);

  return event_names[event];
}

gboolean
rw_state_step (RwState *state, RwStateEvent event)
{
  int to;

  g_return_val_if_fail ((guint) *state < RW_N_STATES, FALSE);
  g_return_val_if_fail ((guint) event < RW_N_STATE_EVENTS, FALSE);

  to = table[*state][event];
  if (to == RW_STATE_REFUSED)
    return FALSE;
  *state = (RwState) (to - 1);
  return TRUE;
}

const RwStateTable *
rw_state_get_table (void)
{
  return &table;
}

char *
rw_state_table_validate (const RwStateTable *t)
{
  gboolean reached[RW_N_STATES] = {FALSE};

  for (int state = 0; state < RW_N_STATES; state++) {
    int event = find_undefined (t, state);

    if (event >= 0)
      return g_strdup_printf ("%s + %s is not defined", state_names[state],
                              event_names[event]);
  }
  mark_reachable (t, RW_STATE_IDLE, reached);
  for (int state = 0; state < RW_N_STATES; state++) {
    if (!reached[state])
      return g_strdup_printf ("%s cannot be reached", state_names[state]);
    if (!can_be_left (t, state))
      return g_strdup_printf ("%s cannot be left", state_names[state]);
  }
  return NULL;
}

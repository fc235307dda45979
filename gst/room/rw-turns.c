/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-turns.h"

/* See the header. A turn is taken under the lock and used without it. */

/* Longer than the jitter between two frames of one who talks. */
#define IDLE_US (100 * 1000)

/* So long after its last audio a speaker in the background is no longer before
 * the newer ones: longer than the 400 ms between two frames of silence. */
#define BACKGROUND_IDLE_US (500 * 1000)

struct _RwTurn {
  gboolean is_background;
  gboolean is_next_background; /* from its next pause on */
  gboolean is_stopped;
  gboolean has_sent;
  gint64 sent_us; /* its last audio, heard or dropped */
};

struct _RwTurns {
  GMutex lock;
  GCond changed;
  GPtrArray *turns; /* RwTurn, the oldest first */
  RwTurn *present;  /* whose it is */
  gboolean is_busy; /* it is being used */
  gint64 said_us;   /* when it was used last */
};

RwTurns *
rw_turns_new (void)
{
  RwTurns *self = g_new0 (RwTurns, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->turns = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
rw_turns_free (RwTurns *self)
{
  g_ptr_array_unref (self->turns);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
rw_turns_reset (RwTurns *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->present = NULL;
  self->is_busy = FALSE;
}

RwTurn *
rw_turns_add (RwTurns *self, gboolean is_background)
{
  RwTurn *turn = g_new0 (RwTurn, 1);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  turn->is_background = turn->is_next_background = is_background;
  g_ptr_array_add (self->turns, turn);
  return turn;
}

void
rw_turns_remove (RwTurns *self, RwTurn *turn)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->present == turn)
    self->present = NULL;
  g_ptr_array_remove (self->turns, turn);
}

static gboolean
is_sending_locked (RwTurn *turn, gint64 now_us)
{
  return !turn->is_stopped && turn->has_sent &&
         now_us - turn->sent_us < BACKGROUND_IDLE_US;
}

/* Audio recorded with the floor arrives a moment after its release. */
static void
note_sent_locked (RwTurn *turn, gint64 now_us)
{
  if (!is_sending_locked (turn, now_us))
    turn->is_background = turn->is_next_background;
  turn->has_sent = TRUE;
  turn->sent_us = now_us;
}

/* @turn's speaker has audio now. */
static gboolean
is_first_in_background_locked (RwTurns *self, RwTurn *turn, gint64 now_us)
{
  for (guint i = 0; i < self->turns->len; i++) {
    RwTurn *other = g_ptr_array_index (self->turns, i);

    if (other == turn)
      return TRUE;
    if (other->is_background && is_sending_locked (other, now_us))
      return FALSE;
  }
  return FALSE;
}

static gboolean
is_idle_locked (RwTurns *self, gint64 now_us)
{
  return !self->is_busy &&
         (self->present == NULL || now_us - self->said_us >= IDLE_US);
}

/* A speaker that needs the floor does not wait for one that does not. */
static gboolean
may_take_locked (RwTurns *self, RwTurn *turn, gint64 now_us)
{
  if (self->is_busy)
    return FALSE;
  return self->present == turn || is_idle_locked (self, now_us) ||
         (self->present->is_background && !turn->is_background);
}

/* Audio that a decoder has made up for a pause belongs to a time that is over:
 * it is no reason for a turn. */
static gboolean
is_in_turn_locked (RwTurns *self, RwTurn *turn)
{
  return self->present == turn && !self->is_busy &&
         g_get_monotonic_time () - self->said_us < IDLE_US;
}

/* FALSE: there is no turn for this buffer. */
static gboolean
take_turn_locked (RwTurns *self, RwTurn *turn)
{
  gint64 now_us = g_get_monotonic_time ();

  note_sent_locked (turn, now_us);
  if (turn->is_background &&
      (!is_first_in_background_locked (self, turn, now_us) ||
       !may_take_locked (self, turn, now_us)))
    return FALSE;
  while (!turn->is_stopped && !may_take_locked (self, turn, now_us)) {
    g_cond_wait_until (&self->changed, &self->lock,
                       self->is_busy ? now_us + IDLE_US
                                     : self->said_us + IDLE_US);
    now_us = g_get_monotonic_time ();
  }
  if (turn->is_stopped)
    return FALSE;
  self->present = turn;
  self->is_busy = TRUE;
  return TRUE;
}

RwTurnResult
rw_turns_take (RwTurns *self, RwTurn *turn, gboolean is_made_up,
               gboolean *is_new)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  *is_new = self->present != turn;
  if ((!is_made_up || is_in_turn_locked (self, turn)) &&
      take_turn_locked (self, turn))
    return RW_TURN_TAKEN;
  return turn->is_stopped ? RW_TURN_STOPPED : RW_TURN_DROPPED;
}

void
rw_turns_leave (RwTurns *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->is_busy = FALSE;
  self->said_us = g_get_monotonic_time ();
  g_cond_broadcast (&self->changed);
}

void
rw_turns_set_background (RwTurns *self, RwTurn *turn, gboolean is_background)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  turn->is_next_background = is_background;
  if (!is_background)
    turn->is_background = FALSE;
}

void
rw_turns_set_stopped (RwTurns *self, RwTurn *turn, gboolean is_stopped)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  turn->is_stopped = is_stopped;
  g_cond_broadcast (&self->changed);
}

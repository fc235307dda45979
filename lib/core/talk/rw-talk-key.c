/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-talk-key.h"

/* See the header. The server answers every request with one of granted, queued
 * and denied; a grant out of the queue comes by itself. None of them names its
 * request: where an answer to an earlier press may still come, a marker goes
 * before the next request, and what comes before the marker is back is old. */

struct _RwTalkKey {
  RwTalkKeyConfig config;
  RwTalkState state;
  gboolean is_member;     /* the room was joined at least once */
  gboolean was_answered;  /* this press, by the server */
  gboolean owes_answer;   /* an earlier press may still be answered */
  gboolean is_stale;      /* the next grant may have waited for a connection */
  guint n_markers;        /* sent, not back; what comes before them is old */
  gint64 pressed_us;      /* this press */
  gint64 hold_end_us;     /* of the present grant; G_MAXINT64: no limit */
  gint64 disconnected_us; /* G_MAXINT64: connected */
  GQueue events;
};

static const gboolean transitions[][RW_TALK_SPENT + 1] = {
    /*                 IDLE   WAITING QUEUED TALKING HELD   SPENT */
    [RW_TALK_IDLE] = {FALSE, TRUE, FALSE, FALSE, FALSE, FALSE},
    [RW_TALK_WAITING] = {TRUE, FALSE, TRUE, TRUE, FALSE, TRUE},
    [RW_TALK_QUEUED] = {TRUE, TRUE, FALSE, TRUE, FALSE, TRUE},
    [RW_TALK_TALKING] = {TRUE, TRUE, TRUE, FALSE, TRUE, TRUE},
    [RW_TALK_HELD] = {TRUE, FALSE, TRUE, TRUE, FALSE, TRUE},
    [RW_TALK_SPENT] = {TRUE, FALSE, FALSE, FALSE, FALSE, FALSE},
};

static void
set_state (RwTalkKey *self, RwTalkState state)
{
  g_assert (transitions[self->state][state]);
  self->state = state;
}

static RwTalkEvent *
add_event (RwTalkKey *self, RwTalkEventType type)
{
  RwTalkEvent *event = g_new0 (RwTalkEvent, 1);

  event->type = type;
  g_queue_push_tail (&self->events, event);
  return event;
}

static void
add_reason (RwTalkKey *self, RwTalkEventType type, const char *reason)
{
  add_event (self, type)->reason = reason;
}

RwTalkKey *
rw_talk_key_new (const RwTalkKeyConfig *config)
{
  RwTalkKey *self = g_new0 (RwTalkKey, 1);

  self->config = *config;
  self->hold_end_us = G_MAXINT64;
  self->disconnected_us = G_MAXINT64;
  g_queue_init (&self->events);
  return self;
}

void
rw_talk_key_free (RwTalkKey *self)
{
  if (self == NULL)
    return;
  g_queue_clear_full (&self->events, g_free);
  g_free (self);
}

/* ---- The member ---- */

void
rw_talk_key_press (RwTalkKey *self, gint64 now_us)
{
  if (self->state != RW_TALK_IDLE)
    return;
  set_state (self, RW_TALK_WAITING);
  self->pressed_us = now_us;
  self->was_answered = FALSE;
  if (!self->is_member)
    return; /* to be requested as soon as the room is joined */
  if (self->owes_answer) {
    self->owes_answer = FALSE;
    self->n_markers++;
    add_event (self, RW_TALK_MARK);
  }
  add_event (self, RW_TALK_REQUEST);
}

static gboolean
is_on_air (RwTalkKey *self)
{
  return self->state == RW_TALK_TALKING;
}

static void
give_back (RwTalkKey *self)
{
  self->owes_answer = TRUE;
  add_event (self, RW_TALK_GIVE_BACK);
}

void
rw_talk_key_release (RwTalkKey *self)
{
  if (self->state == RW_TALK_IDLE)
    return;
  /* Also without a connection: it is sent on the next one. */
  if (self->is_member && self->state != RW_TALK_SPENT)
    give_back (self);
  if (is_on_air (self))
    add_reason (self, RW_TALK_RELEASED, "released");
  set_state (self, RW_TALK_IDLE);
}

void
rw_talk_key_ask_again (RwTalkKey *self)
{
  if (self->is_member &&
      (self->state == RW_TALK_WAITING || self->state == RW_TALK_QUEUED))
    add_event (self, RW_TALK_REQUEST);
}

/* The key stays pressed in vain. */
static void
spend (RwTalkKey *self, RwTalkEventType news, const char *reason)
{
  set_state (self, RW_TALK_SPENT);
  add_reason (self, news, reason);
}

/* ---- The connection ---- */

void
rw_talk_key_disconnect (RwTalkKey *self, gint64 now_us)
{
  if (self->disconnected_us == G_MAXINT64)
    self->disconnected_us = now_us;
}

/* A request that was made without a connection is still to be sent, unless it
 * has expired; a press that was answered may have lost it. */
void
rw_talk_key_connect (RwTalkKey *self, gboolean is_known)
{
  if (!is_known) {
    self->owes_answer = FALSE;
    self->n_markers = 0;
    return; /* the room is joined again */
  }
  self->disconnected_us = G_MAXINT64;
  self->is_stale = TRUE;
  if (self->state == RW_TALK_HELD ||
      (self->state == RW_TALK_WAITING && self->was_answered))
    add_event (self, RW_TALK_REQUEST);
}

/* The floor may be another member's. */
static void
hold (RwTalkKey *self)
{
  set_state (self, RW_TALK_HELD);
  add_reason (self, RW_TALK_RELEASED, "lost");
}

/* ---- The server's messages ---- */

static gboolean
is_too_late (RwTalkKey *self, gint64 now_us)
{
  return self->state == RW_TALK_WAITING && !self->was_answered &&
         now_us - self->pressed_us >= self->config.answer_us;
}

void
rw_talk_key_join (RwTalkKey *self, gboolean is_holder, gint64 now_us)
{
  self->is_member = TRUE;
  self->disconnected_us = G_MAXINT64;
  if (self->n_markers > 0) {
    self->n_markers--;
    return;
  }
  if (is_too_late (self, now_us)) {
    spend (self, RW_TALK_DENIED, "no-answer");
    return;
  }
  if (self->state == RW_TALK_TALKING && !is_holder)
    hold (self);
  if (self->state == RW_TALK_QUEUED)
    set_state (self, RW_TALK_WAITING);
  if (self->state == RW_TALK_WAITING || self->state == RW_TALK_HELD)
    add_event (self, RW_TALK_REQUEST);
  else if (is_holder && self->state != RW_TALK_TALKING)
    add_event (self, RW_TALK_GIVE_BACK);
}

void
rw_talk_key_grant (RwTalkKey *self, gint64 hold_us, gint64 now_us)
{
  if (self->n_markers > 0)
    return;
  if (self->state == RW_TALK_IDLE || self->state == RW_TALK_SPENT) {
    add_event (self, RW_TALK_GIVE_BACK);
    return;
  }
  if (!is_on_air (self))
    set_state (self, RW_TALK_TALKING);
  self->was_answered = TRUE;
  self->hold_end_us = hold_us > 0 ? now_us + hold_us : G_MAXINT64;
  add_event (self, RW_TALK_GRANTED)->remaining_us = hold_us;
  /* It says how long when it was sent, not now: the answer will. */
  if (self->is_stale)
    add_event (self, RW_TALK_REQUEST);
  self->is_stale = FALSE;
}

void
rw_talk_key_queue (RwTalkKey *self, guint position)
{
  if (self->n_markers > 0)
    return;
  if (self->state == RW_TALK_IDLE || self->state == RW_TALK_SPENT) {
    add_event (self, RW_TALK_GIVE_BACK);
    return;
  }
  if (is_on_air (self))
    add_reason (self, RW_TALK_RELEASED, "lost");
  if (self->state != RW_TALK_QUEUED)
    set_state (self, RW_TALK_QUEUED);
  self->was_answered = TRUE;
  add_event (self, RW_TALK_IN_QUEUE)->position = position;
}

void
rw_talk_key_deny (RwTalkKey *self, const char *reason)
{
  if (self->n_markers > 0 || self->state == RW_TALK_IDLE ||
      self->state == RW_TALK_SPENT)
    return;
  if (is_on_air (self))
    add_reason (self, RW_TALK_RELEASED, "lost");
  spend (self, RW_TALK_DENIED, reason);
}

/* The server took the floor back before the request to have it again. */
static void
lose_held (RwTalkKey *self, const char *reason)
{
  if (!g_str_equal (reason, "time"))
    return;
  give_back (self);
  spend (self, RW_TALK_DENIED, "time");
}

/* A floor that was lost is requested again; one that was released is that of
 * the press before, and the request of this one is on its way. */
void
rw_talk_key_lose (RwTalkKey *self, const char *reason)
{
  if (self->n_markers == 0 && g_str_equal (reason, "released"))
    self->owes_answer = FALSE; /* the end of the press before */
  if (self->state == RW_TALK_HELD)
    lose_held (self, reason);
  if (!is_on_air (self))
    return;
  if (g_str_equal (reason, "lost")) {
    rw_talk_key_yield (self);
  } else if (g_str_equal (reason, "released")) {
    set_state (self, RW_TALK_WAITING);
    add_reason (self, RW_TALK_RELEASED, "released");
  } else {
    spend (self, RW_TALK_RELEASED,
           g_str_equal (reason, "time") ? "time" : "left");
  }
}

/** rw_talk_key_yield: another member has the floor. */
void
rw_talk_key_yield (RwTalkKey *self)
{
  if (!is_on_air (self))
    return;
  hold (self);
  add_event (self, RW_TALK_REQUEST);
}

/* ---- Time ---- */

static gint64
get_lease_end_us (const RwTalkKey *self)
{
  return self->disconnected_us == G_MAXINT64
             ? G_MAXINT64
             : self->disconnected_us + self->config.lease_us;
}

gint64
rw_talk_key_get_wake_us (const RwTalkKey *self)
{
  if (self->state == RW_TALK_WAITING && !self->was_answered)
    return self->pressed_us + self->config.answer_us;
  if (self->state == RW_TALK_TALKING)
    return MIN (self->hold_end_us, get_lease_end_us (self));
  return G_MAXINT64;
}

void
rw_talk_key_wake (RwTalkKey *self, gint64 now_us)
{
  if (now_us < rw_talk_key_get_wake_us (self))
    return;
  if (self->state == RW_TALK_WAITING) {
    /* The request may be on its way; a marker that has not come back by now
     * was lost with a server. */
    if (self->is_member)
      give_back (self);
    self->n_markers = 0;
    spend (self, RW_TALK_DENIED, "no-answer");
  } else if (now_us >= self->hold_end_us) {
    spend (self, RW_TALK_RELEASED, "time");
  } else {
    hold (self);
  }
}

RwTalkState
rw_talk_key_get_state (const RwTalkKey *self)
{
  return self->state;
}

gboolean
rw_talk_key_pop (RwTalkKey *self, RwTalkEvent *event)
{
  g_autofree RwTalkEvent *head = g_queue_pop_head (&self->events);

  if (head == NULL)
    return FALSE;
  *event = *head;
  return TRUE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-talk-gate.h"

#include <string.h>

/* An outage of ten minutes, in frames of 20 ms. */
#define MAX_HELD 30000

/* Timestamps that are further behind the clock are not of the same time; such a
 * frame is judged by its arrival. */
#define MAX_BEHIND (2 * GST_SECOND)

typedef struct {
  gint64 since_us;
  RwFrame *frame;
} Held;

struct _RwTalkGate {
  GMutex lock;
  gboolean is_used;
  guint press; /* number of the present press; 0: not pressed */
  guint last_press;
  guint mode_press; /* the press that the mode is for */
  RwTalkGateMode mode;
  GstClockTime since_ns;
  guint64 max_late_ns;
  GQueue held; /* Held */
};

static void
held_free (gpointer data)
{
  g_free (((Held *) data)->frame);
  g_free (data);
}

RwTalkGate *
rw_talk_gate_new (void)
{
  RwTalkGate *self = g_new0 (RwTalkGate, 1);

  g_mutex_init (&self->lock);
  g_queue_init (&self->held);
  self->max_late_ns = G_MAXUINT64;
  return self;
}

void
rw_talk_gate_free (RwTalkGate *self)
{
  g_queue_clear_full (&self->held, held_free);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
drop_held_locked (RwTalkGate *self)
{
  g_queue_clear_full (&self->held, held_free);
}

void
rw_talk_gate_use (RwTalkGate *self, gboolean used)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->is_used = used;
  self->mode = RW_TALK_GATE_CLOSED;
  drop_held_locked (self);
}

guint
rw_talk_gate_press (RwTalkGate *self, gboolean pressed)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (pressed == (self->press != 0))
    return self->press;
  drop_held_locked (self);
  self->press = pressed ? ++self->last_press : 0;
  return self->press;
}

guint
rw_talk_gate_get_press (RwTalkGate *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->press;
}

static gboolean
records (RwTalkGateMode mode)
{
  return mode == RW_TALK_GATE_HOLD || mode == RW_TALK_GATE_OPEN;
}

static RwTalkGateMode
get_mode_locked (RwTalkGate *self)
{
  return self->press != 0 && self->mode_press == self->press
             ? self->mode
             : RW_TALK_GATE_CLOSED;
}

void
rw_talk_gate_set_mode (RwTalkGate *self, guint press, RwTalkGateMode mode,
                       GstClockTime now_ns)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (press != self->press)
    return;
  if (records (mode) && !records (get_mode_locked (self)))
    self->since_ns = now_ns;
  self->mode = mode;
  self->mode_press = press;
  if (mode == RW_TALK_GATE_CLOSED)
    drop_held_locked (self);
}

void
rw_talk_gate_set_max_late (RwTalkGate *self, guint64 max_late_ns)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->max_late_ns = max_late_ns;
}

guint64
rw_talk_gate_get_max_late (RwTalkGate *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->max_late_ns;
}

/* It may hold what was said before the key was pressed. */
static gboolean
began_before_locked (RwTalkGate *self, GstClockTime running_ns)
{
  return GST_CLOCK_TIME_IS_VALID (running_ns) &&
         GST_CLOCK_TIME_IS_VALID (self->since_ns) &&
         running_ns < self->since_ns &&
         self->since_ns - running_ns <= MAX_BEHIND;
}

RwTalkGateMode
rw_talk_gate_check (RwTalkGate *self, GstClockTime running_ns)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  RwTalkGateMode mode = get_mode_locked (self);

  if (!self->is_used)
    return RW_TALK_GATE_OPEN;
  return records (mode) && !began_before_locked (self, running_ns)
             ? mode
             : RW_TALK_GATE_CLOSED;
}

void
rw_talk_gate_hold (RwTalkGate *self, const RwFrame *frame, gint64 now_us)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Held *held;

  if (!records (get_mode_locked (self)))
    return; /* released since it was checked */
  held = g_new (Held, 1);
  held->since_us = now_us;
  held->frame = g_malloc (sizeof *frame + frame->size);
  *held->frame = *frame;
  held->frame->data = memcpy (held->frame + 1, frame->data, frame->size);
  g_queue_push_tail (&self->held, held);
  if (self->held.length > MAX_HELD)
    held_free (g_queue_pop_head (&self->held));
}

RwFrame *
rw_talk_gate_pop (RwTalkGate *self, gint64 now_us)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Held *held;

  while ((held = g_queue_pop_head (&self->held)) != NULL) {
    RwFrame *frame = g_steal_pointer (&held->frame);
    guint64 age_ns = (guint64) MAX (now_us - held->since_us, 0) * 1000;

    held_free (held);
    if (age_ns <= self->max_late_ns)
      return frame;
    g_free (frame);
  }
  return NULL;
}

void
rw_talk_gate_forget (RwTalkGate *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  drop_held_locked (self);
}

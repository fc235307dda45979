/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-party-ducking.h"

#include <math.h>

/* See the header. */

/* Audio below -40 dB of full scale is the room's noise, not a call. */
#define SPEECH_PEAK 0.01

/* The pauses between words are shorter. */
#define HOLD_US (500 * 1000)

#define DEFAULT_DEPTH_DB 12.0

typedef struct {
  gconstpointer speaker;
  guint priority;
  gint64 until_us; /* it talks until then */
} Speaker;

struct _RwPartyDucking {
  GMutex lock;
  gdouble depth_db;
  GArray *speakers; /* Speaker */
};

RwPartyDucking *
rw_party_ducking_new (void)
{
  RwPartyDucking *self = g_atomic_rc_box_new0 (RwPartyDucking);

  g_mutex_init (&self->lock);
  self->depth_db = DEFAULT_DEPTH_DB;
  self->speakers = g_array_new (FALSE, TRUE, sizeof (Speaker));
  return self;
}

RwPartyDucking *
rw_party_ducking_ref (RwPartyDucking *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  RwPartyDucking *self = data;

  g_array_unref (self->speakers);
  g_mutex_clear (&self->lock);
}

void
rw_party_ducking_unref (RwPartyDucking *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

void
rw_party_ducking_set_depth (RwPartyDucking *self, gdouble depth_db)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->depth_db = depth_db;
}

gdouble
rw_party_ducking_get_depth (RwPartyDucking *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->depth_db;
}

static Speaker *
ensure_locked (RwPartyDucking *self, gconstpointer pointer)
{
  Speaker speaker = {.speaker = pointer};

  for (guint i = 0; i < self->speakers->len; i++) {
    Speaker *other = &g_array_index (self->speakers, Speaker, i);

    if (other->speaker == pointer)
      return other;
  }
  g_array_append_val (self->speakers, speaker);
  return &g_array_index (self->speakers, Speaker, self->speakers->len - 1);
}

static gboolean
is_outranked_locked (RwPartyDucking *self, guint priority, gint64 now_us)
{
  for (guint i = 0; i < self->speakers->len; i++) {
    const Speaker *other = &g_array_index (self->speakers, Speaker, i);

    if (other->priority > priority && now_us < other->until_us)
      return TRUE;
  }
  return FALSE;
}

gdouble
rw_party_ducking_note (RwPartyDucking *self, gconstpointer pointer,
                       guint priority, gdouble peak, gint64 now_us)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Speaker *speaker = ensure_locked (self, pointer);

  speaker->priority = priority;
  if (peak >= SPEECH_PEAK)
    speaker->until_us = now_us + HOLD_US;
  return is_outranked_locked (self, priority, now_us)
             ? pow (10.0, -self->depth_db / 20.0)
             : 1.0;
}

void
rw_party_ducking_forget (RwPartyDucking *self, gconstpointer pointer)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  for (guint i = 0; i < self->speakers->len; i++)
    if (g_array_index (self->speakers, Speaker, i).speaker == pointer) {
      g_array_remove_index_fast (self->speakers, i);
      return;
    }
}

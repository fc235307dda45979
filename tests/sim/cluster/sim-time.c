/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-time.h"

#include "rw-timer.h"

struct _SimEvent {
  SimOwner *owner;
  gint64 at_us;
  guint64 number;
  SimFunc func;
  gpointer data;
  GDestroyNotify clear;
  GSequenceIter *iter;
};

static gint64 now_us;
static guint64 last_number;
static guint64 last_id;
static GSequence *events;
static GHashTable *owners; /* GMainContext -> SimOwner */

/* --- Owners --- */

SimOwner *
sim_owner_new (void)
{
  SimOwner *self = g_new0 (SimOwner, 1);

  self->ref_count = 1;
  return self;
}

SimOwner *
sim_owner_ref (SimOwner *self)
{
  self->ref_count++;
  return self;
}

void
sim_owner_unref (SimOwner *self)
{
  if (--self->ref_count == 0)
    g_free (self);
}

void
sim_owner_attach (SimOwner *self, GMainContext *context)
{
  g_hash_table_insert (owners, context, sim_owner_ref (self));
}

SimOwner *
sim_owner_find (GMainContext *context)
{
  return g_hash_table_lookup (owners, context);
}

/* --- Events --- */

static void
event_free (gpointer data)
{
  SimEvent *event = data;

  if (event->clear != NULL)
    event->clear (event->data);
  if (event->owner != NULL)
    sim_owner_unref (event->owner);
  g_free (event);
}

static void
free_event (gpointer event, gpointer unused)
{
  event_free (event);
}

static gint
compare (gconstpointer a, gconstpointer b, gpointer unused)
{
  const SimEvent *one = a;
  const SimEvent *other = b;

  if (one->at_us != other->at_us)
    return one->at_us < other->at_us ? -1 : 1;
  return one->number < other->number ? -1 : 1;
}

static void
insert (SimEvent *event, gint64 at_us)
{
  event->at_us = MAX (at_us, now_us);
  event->iter = g_sequence_insert_sorted (events, event, compare, NULL);
}

SimEvent *
sim_time_add (SimOwner *owner, gint64 at_us, SimFunc func, gpointer data,
              GDestroyNotify clear)
{
  SimEvent *event = g_new0 (SimEvent, 1);

  event->owner = owner != NULL ? sim_owner_ref (owner) : NULL;
  event->func = func;
  event->data = data;
  event->clear = clear;
  event->number = ++last_number;
  insert (event, at_us);
  return event;
}

void
sim_time_remove (SimEvent *event)
{
  g_sequence_remove (event->iter);
  event_free (event);
}

/* What happens to a frozen owner happens later, in the same order. */
void
sim_time_step (void)
{
  GSequenceIter *first = g_sequence_get_begin_iter (events);
  SimEvent *event;

  g_assert_false (g_sequence_iter_is_end (first));
  event = g_sequence_get (first);
  g_sequence_remove (first);
  now_us = event->at_us;
  if (event->owner != NULL && event->owner->frozen_until_us > now_us) {
    insert (event, event->owner->frozen_until_us);
    return;
  }
  if (event->owner == NULL || !event->owner->is_dead)
    event->func (event->data);
  event_free (event);
}

void
sim_time_run (gint64 until_us)
{
  for (;;) {
    GSequenceIter *first = g_sequence_get_begin_iter (events);

    if (g_sequence_iter_is_end (first) ||
        ((SimEvent *) g_sequence_get (first))->at_us > until_us)
      break;
    sim_time_step ();
  }
  now_us = until_us;
}

void
sim_time_begin (void)
{
  now_us = 1000 * G_USEC_PER_SEC;
  last_number = 0;
  last_id = 0;
  events = g_sequence_new (NULL);
  owners = g_hash_table_new_full (NULL, NULL, NULL,
                                  (GDestroyNotify) sim_owner_unref);
}

void
sim_time_end (void)
{
  g_sequence_foreach (events, free_event, NULL);
  g_clear_pointer (&events, g_sequence_free);
  g_clear_pointer (&owners, g_hash_table_unref);
}

gint64
sim_time_get (void)
{
  return now_us;
}

/* --- GLib's clocks and ids --- */

gint64 __wrap_g_get_monotonic_time (void);
gint64 __wrap_g_get_real_time (void);
char *__wrap_g_uuid_string_random (void);

gint64
__wrap_g_get_monotonic_time (void)
{
  return now_us;
}

gint64
__wrap_g_get_real_time (void)
{
  return now_us;
}

char *
__wrap_g_uuid_string_random (void)
{
  return g_strdup_printf ("id%" G_GUINT64_FORMAT, ++last_id);
}

/* --- RwTimer --- */

struct _RwTimer {
  SimOwner *owner;
  RwTimerFunc func;
  gpointer data;
  SimEvent *event; /* NULL: it is not set */
};

RwTimer *
rw_timer_new (RwClock *clock, GMainContext *context, const char *name,
              RwTimerFunc func, gpointer data)
{
  RwTimer *self = g_new0 (RwTimer, 1);

  self->owner = sim_owner_find (context);
  self->func = func;
  self->data = data;
  return self;
}

void
rw_timer_free (RwTimer *self)
{
  rw_timer_stop (self);
  g_free (self);
}

static void
on_due (gpointer data)
{
  RwTimer *self = data;

  self->event = NULL;
  self->func (self->data);
}

void
rw_timer_set_at (RwTimer *self, gint64 due_us)
{
  rw_timer_stop (self);
  self->event = sim_time_add (self->owner, due_us, on_due, self, NULL);
}

void
rw_timer_set_in (RwTimer *self, gint64 delay_us)
{
  rw_timer_set_at (self, now_us + delay_us);
}

void
rw_timer_stop (RwTimer *self)
{
  if (self->event != NULL)
    sim_time_remove (self->event);
  self->event = NULL;
}

gboolean
rw_timer_is_set (RwTimer *self)
{
  return self->event != NULL;
}

gint64
rw_timer_get_due_us (RwTimer *self)
{
  return self->event != NULL ? self->event->at_us : -1;
}

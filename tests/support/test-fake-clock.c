/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-fake-clock.h"

struct _TestFakeClock {
  RwClock parent_instance;
  gint64 now_us;
  GHashTable *due; /* GSource -> gint64 *; a source leaves before it dies */
};

G_DEFINE_FINAL_TYPE (TestFakeClock, test_fake_clock, RW_TYPE_CLOCK)

static gint64
test_fake_clock_get_now_us (RwClock *clock)
{
  return TEST_FAKE_CLOCK (clock)->now_us;
}

static void
test_fake_clock_schedule (RwClock *clock, GSource *source, gint64 due_us)
{
  TestFakeClock *self = TEST_FAKE_CLOCK (clock);

  if (due_us < 0) {
    g_hash_table_remove (self->due, source);
    g_source_set_ready_time (source, -1);
    return;
  }
  g_hash_table_insert (self->due, source, g_memdup2 (&due_us, sizeof due_us));
  g_source_set_ready_time (source, due_us <= self->now_us ? 0 : -1);
}

static void
test_fake_clock_finalize (GObject *object)
{
  g_hash_table_unref (TEST_FAKE_CLOCK (object)->due);
  G_OBJECT_CLASS (test_fake_clock_parent_class)->finalize (object);
}

static void
test_fake_clock_class_init (TestFakeClockClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_fake_clock_finalize;
  RW_CLOCK_CLASS (klass)->get_now_us = test_fake_clock_get_now_us;
  RW_CLOCK_CLASS (klass)->schedule = test_fake_clock_schedule;
}

static void
test_fake_clock_init (TestFakeClock *self)
{
  self->now_us = G_USEC_PER_SEC;
  self->due = g_hash_table_new_full (NULL, NULL, NULL, g_free);
}

static void
test_fake_clock_ring (TestFakeClock *self)
{
  GHashTableIter iter;
  gpointer source, due_us;

  g_hash_table_iter_init (&iter, self->due);
  while (g_hash_table_iter_next (&iter, &source, &due_us))
    if (*(gint64 *) due_us <= self->now_us)
      g_source_set_ready_time (source, 0);
}

TestFakeClock *
test_fake_clock_new (void)
{
  return g_object_new (TEST_TYPE_FAKE_CLOCK, NULL);
}

gint64
test_fake_clock_next_due_us (TestFakeClock *self)
{
  GHashTableIter iter;
  gpointer due_us;
  gint64 next_us = -1;

  g_hash_table_iter_init (&iter, self->due);
  while (g_hash_table_iter_next (&iter, NULL, &due_us))
    if (next_us < 0 || *(gint64 *) due_us < next_us)
      next_us = *(gint64 *) due_us;
  return next_us;
}

void
test_fake_clock_advance (TestFakeClock *self, gint64 delta_us)
{
  gint64 end_us = self->now_us + delta_us;

  while (TRUE) {
    gint64 next_us;

    while (g_main_context_iteration (NULL, FALSE))
      ;
    next_us = test_fake_clock_next_due_us (self);
    if (next_us < 0 || next_us > end_us)
      break;
    self->now_us = MAX (self->now_us, next_us);
    test_fake_clock_ring (self);
  }
  self->now_us = end_us;
}

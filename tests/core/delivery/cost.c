/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-cursor.h"
#include "rw-journal.h"

#include <time.h>

/*
 * The cost of the journal and its cursors, against the project's goals. Times
 * are of the processor, so that a busy machine changes little.
 */

#define HOUR_FRAMES 180000u /* of 20 ms */
#define FRAME_SIZE  160u    /* at 64 kbit/s */
#define N_CURSORS   10000u
#define N_ROUNDS    100u

static const guint8 stream_id[RW_STREAM_ID_SIZE] = {1};
static gboolean all_good = TRUE;

static gdouble
get_cpu_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1e9 + now.tv_nsec;
}

static void
tell (const gchar *what, gdouble value, gdouble goal, const gchar *unit)
{
  static guint n;
  gboolean good = value <= goal;

  all_good = all_good && good;
  g_print ("%s %u - %s: %.3f %s (goal: at most %.3f)\n", good ? "ok" : "not ok",
           ++n, what, value, unit, goal);
}

static RwJournal *
new_journal (void)
{
  RwJournal *journal = rw_journal_new (stream_id, NULL);

  rw_journal_add_format (journal, "audio/x-opus");
  return journal;
}

static gdouble
append_hour (RwJournal *journal)
{
  static guint8 payload[FRAME_SIZE];
  gdouble begin = get_cpu_ns ();
  guint64 i;

  for (i = 0; i < HOUR_FRAMES; i++) {
    RwFrame frame = {.running_time_ns = i * 20000000,
                     .capture_time_ns =
                         (gint64) (1700000000000000000 + i * 20000100),
                     .duration = 960,
                     .size = FRAME_SIZE,
                     .data = payload};

    rw_journal_append (journal, &frame);
  }
  return (get_cpu_ns () - begin) / HOUR_FRAMES;
}

static void
measure_journal (void)
{
  g_autoptr (RwJournal) journal = new_journal ();
  g_autoptr (RwJournal) bounded = new_journal ();
  RwJournalLimits limits = {.max_time_ns =
                                60 * G_GUINT64_CONSTANT (1000000000)};
  gdouble begin, sum = 0;
  RwFrame frame;
  guint64 i;

  tell ("append", append_hour (journal), 500, "ns");
  tell ("memory of an hour of 64 kbit/s",
        (gdouble) rw_journal_get_memory_bytes (journal) /
            rw_journal_get_payload_bytes (journal),
        1.15, "x payload");

  begin = get_cpu_ns ();
  for (i = 0; i < HOUR_FRAMES; i++) {
    rw_journal_peek (journal, i * 7919 % HOUR_FRAMES, &frame);
    sum += frame.size;
  }
  g_assert (sum > 0);
  tell ("look up anywhere", (get_cpu_ns () - begin) / HOUR_FRAMES, 500, "ns");

  begin = get_cpu_ns ();
  for (i = 0; i < HOUR_FRAMES; i++)
    rw_journal_release (journal, i + 1);
  tell ("release", (get_cpu_ns () - begin) / HOUR_FRAMES, 500, "ns");

  rw_journal_set_limits (bounded, &limits);
  tell ("append over a bound", append_hour (bounded), 500, "ns");
  tell ("memory of a minute of 64 kbit/s",
        (gdouble) rw_journal_get_memory_bytes (bounded) /
            rw_journal_get_payload_bytes (bounded),
        1.15, "x payload");
}

/* Every consumer acknowledges every frame, each a little behind the one
 * before, and the journal lets go of what all have. */
static void
measure_cursors (void)
{
  g_autoptr (RwJournal) journal = new_journal ();
  g_autoptr (RwCursorSet) set = rw_cursor_set_new ();
  g_autofree RwCursor **cursors = g_new (RwCursor *, N_CURSORS);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  gdouble begin;
  guint i, round;

  append_hour (journal);
  for (i = 0; i < N_CURSORS; i++) {
    g_autofree gchar *id = g_strdup_printf ("consumer %u", i);

    cursors[i] = rw_cursor_set_add (set, id, 0, 0);
  }
  begin = get_cpu_ns ();
  for (round = 1; round <= N_ROUNDS; round++) {
    for (i = 0; i < N_CURSORS; i++) {
      guint who = g_rand_int_range (rand, 0, N_CURSORS);

      rw_cursor_set_ack (set, cursors[who], cursors[who]->acked + 5,
                         rw_journal_get_tail (journal), round);
      rw_journal_release (journal, rw_cursor_set_get_lowest (set, 0));
    }
  }
  tell ("ack of one of 10,000 consumers",
        (get_cpu_ns () - begin) / (N_ROUNDS * N_CURSORS), 1000, "ns");
  begin = get_cpu_ns ();
  for (i = 0; i < N_CURSORS; i++)
    rw_cursor_set_ack (set, cursors[i], HOUR_FRAMES, 0, 1);
  rw_journal_release (journal, rw_cursor_set_get_lowest (set, 0));
  tell ("all of them at once", (get_cpu_ns () - begin) / N_CURSORS, 5000, "ns");
  g_assert_cmpuint (rw_journal_get_tail (journal), ==,
                    rw_journal_get_head (journal));
}

int
main (void)
{
  g_print ("1..8\n");
  measure_journal ();
  measure_cursors ();
  return all_good ? 0 : 1;
}

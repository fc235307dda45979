/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-cursor.h"
#include "rw-journal.h"

static void
test_lowest_position_rules (void)
{
  g_autoptr (RwCursorSet) set = rw_cursor_set_new ();
  RwCursor *a, *b;

  g_assert_cmpuint (rw_cursor_set_get_lowest (set, 77), ==, 77);
  a = rw_cursor_set_add (set, "a", 10, 1);
  b = rw_cursor_set_add (set, "b", 5, 1);
  g_assert_cmpuint (rw_cursor_set_get_lowest (set, 77), ==, 5);
  g_assert_true (rw_cursor_set_ack (set, b, 20, 0, 2));
  g_assert_cmpuint (rw_cursor_set_get_lowest (set, 77), ==, 10);
  rw_cursor_set_forget (set, a);
  g_assert_cmpuint (rw_cursor_set_get_lowest (set, 77), ==, 20);
  g_assert_null (rw_cursor_set_lookup (set, "a"));
}

static void
test_a_cursor_never_moves_back (void)
{
  g_autoptr (RwCursorSet) set = rw_cursor_set_new ();
  RwCursor *cursor = rw_cursor_set_add (set, "a", 10, 1);

  g_assert_true (rw_cursor_set_ack (set, cursor, 30, 0, 2));
  g_assert_false (rw_cursor_set_ack (set, cursor, 20, 0, 3));
  g_assert_false (rw_cursor_set_ack (set, cursor, 30, 0, 4));
  g_assert_cmpuint (cursor->acked, ==, 30);
  g_assert_cmpint (cursor->last_seen_us, ==, 4);
}

static void
test_a_vanished_consumer_is_remembered (void)
{
  g_autoptr (RwCursorSet) set = rw_cursor_set_new ();
  RwCursor *cursor = rw_cursor_set_add (set, "a", 10, 1);

  rw_cursor_set_ack (set, cursor, 30, 0, 2);
  g_assert_true (rw_cursor_set_add (set, "a", 999, 3) == cursor);
  g_assert_cmpuint (cursor->acked, ==, 30);
  g_assert_cmpuint (rw_cursor_set_get_size (set), ==, 1);
}

static void
test_counts_what_was_shed_unacknowledged (void)
{
  g_autoptr (RwCursorSet) set = rw_cursor_set_new ();
  RwCursor *cursor = rw_cursor_set_add (set, "a", 10, 1);

  g_assert_cmpuint (rw_cursor_get_shed (cursor, 10), ==, 0);
  g_assert_cmpuint (rw_cursor_get_shed (cursor, 25), ==, 15);
  /* It had got the first five of these before they were shed. */
  rw_cursor_set_ack (set, cursor, 15, 12, 2);
  g_assert_cmpuint (cursor->shed, ==, 2);
  g_assert_cmpuint (rw_cursor_get_shed (cursor, 25), ==, 12);
  rw_cursor_set_ack (set, cursor, 40, 25, 2);
  g_assert_cmpuint (cursor->shed, ==, 12);
  g_assert_cmpuint (rw_cursor_get_shed (cursor, 25), ==, 12);
}

static void
test_forgets_the_unseen (void)
{
  g_autoptr (RwCursorSet) set = rw_cursor_set_new ();

  rw_cursor_set_add (set, "old", 1, 10);
  rw_cursor_set_add (set, "bound", 2, 10)->sessions = 1;
  rw_cursor_set_add (set, "new", 3, 30);
  g_assert_cmpuint (rw_cursor_set_forget_unseen (set, 20), ==, 1);
  g_assert_null (rw_cursor_set_lookup (set, "old"));
  g_assert_cmpuint (rw_cursor_set_get_lowest (set, 77), ==, 2);
}

static void
take_lowest (RwCursor *cursor, gpointer user_data)
{
  guint64 *lowest = user_data;

  *lowest = MIN (*lowest, cursor->acked);
}

/* In any order of operations the heap agrees with a plain search. */
static void
test_agrees_with_a_plain_search (void)
{
  g_autoptr (RwCursorSet) set = rw_cursor_set_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  guint i;

  for (i = 0; i < 5000; i++) {
    g_autofree gchar *id =
        g_strdup_printf ("%d", g_rand_int_range (rand, 0, 40));
    RwCursor *cursor = rw_cursor_set_lookup (set, id);
    guint64 lowest = G_MAXUINT64;

    if (cursor == NULL)
      rw_cursor_set_add (set, id, i, i);
    else if (g_rand_int_range (rand, 0, 10) == 0)
      rw_cursor_set_forget (set, cursor);
    else
      rw_cursor_set_ack (set, cursor,
                         cursor->acked + g_rand_int_range (rand, 0, 50), 0, i);
    rw_cursor_set_foreach (set, take_lowest, &lowest);
    g_assert_cmpuint (rw_cursor_set_get_lowest (set, G_MAXUINT64), ==, lowest);
  }
}

/* An audience of ten thousand on one journal: at their own pace, some vanish,
 * some leave and others come; what is released is what all of them have. */
static void
test_ten_thousand_consumers_share_a_journal (void)
{
  enum { N = 10000, ROUNDS = 60 };
  static const guint8 stream_id[RW_STREAM_ID_SIZE] = {1};
  RwJournalLimits limits = {.max_frames = 40};
  g_autoptr (RwJournal) journal = rw_journal_new (stream_id, &limits);
  g_autoptr (RwCursorSet) set = rw_cursor_set_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);
  guint round, i;

  rw_journal_add_format (journal, "audio/x-opus");
  for (round = 0; round < ROUNDS; round++) {
    RwFrame frame = {.duration = 960};
    guint64 lowest = G_MAXUINT64;

    rw_journal_append (journal, &frame);
    for (i = 0; i < N; i++) {
      g_autofree gchar *id = g_strdup_printf ("%u", i);
      RwCursor *cursor =
          rw_cursor_set_add (set, id, rw_journal_get_head (journal) - 1, round);
      gint what = g_rand_int_range (rand, 0, 100);

      if (i % 1000 == 7) /* vanished for good */
        continue;
      if (what < 50)
        rw_cursor_set_ack (set, cursor, rw_journal_get_head (journal),
                           rw_journal_get_tail (journal), round);
      else if (what == 99)
        rw_cursor_set_forget (set, cursor);
    }
    rw_cursor_set_foreach (set, take_lowest, &lowest);
    g_assert_cmpuint (rw_cursor_set_get_lowest (set, 0), ==, lowest);
    rw_journal_release (journal, lowest);
  }
  /* The vanished hold it up to its bound, and are told what that cost. */
  g_assert_cmpuint (
      rw_journal_get_head (journal) - rw_journal_get_tail (journal), ==, 40);
  g_assert_cmpuint (rw_cursor_get_shed (rw_cursor_set_lookup (set, "7"),
                                        rw_journal_get_tail (journal)),
                    ==, ROUNDS - 40);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/cursor/" name, func)
  ADD ("lowest", test_lowest_position_rules);
  ADD ("never-back", test_a_cursor_never_moves_back);
  ADD ("remembered", test_a_vanished_consumer_is_remembered);
  ADD ("shed", test_counts_what_was_shed_unacknowledged);
  ADD ("forgets-unseen", test_forgets_the_unseen);
  ADD ("plain-search", test_agrees_with_a_plain_search);
  ADD ("ten-thousand", test_ten_thousand_consumers_share_a_journal);
  return g_test_run ();
}

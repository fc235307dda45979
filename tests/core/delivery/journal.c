/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-journal.h"

#include <string.h>

#define MS (G_GUINT64_CONSTANT (1000000))

static const guint8 stream_id[RW_STREAM_ID_SIZE] = {1, 2, 3};

static RwJournal *
new_journal (guint64 ns, guint64 bytes, guint64 frames)
{
  RwJournalLimits limits = {ns, bytes, frames};
  RwJournal *journal = rw_journal_new (stream_id, &limits);

  g_assert_cmpint (rw_journal_add_format (journal, "audio/x-opus"), ==, 0);
  return journal;
}

/* A frame that can be told from its number alone. */
static void
make_frame (guint64 n, guint8 *payload, guint32 size, RwFrame *out)
{
  guint32 i;

  for (i = 0; i < size; i++)
    payload[i] = (guint8) (n * 31 + i);
  *out = (RwFrame){.running_time_ns = n * 20 * MS,
                   .capture_time_ns = (gint64) (1700000000000 * MS + n),
                   .duration = 960,
                   .flags = n & 1,
                   .size = size,
                   .data = payload};
}

static guint64
append (RwJournal *journal, guint64 n, guint32 size)
{
  guint8 payload[2000];
  RwFrame frame;
  guint64 shed;

  make_frame (n, payload, size, &frame);
  shed = rw_journal_append (journal, &frame);
  g_assert_cmpuint (frame.index, ==, n);
  return shed;
}

static void
check (const RwJournal *journal, guint64 n, guint32 size)
{
  guint8 payload[2000];
  RwFrame wanted, got;

  make_frame (n, payload, size, &wanted);
  g_assert_true (rw_journal_peek (journal, n, &got));
  g_assert_cmpuint (got.index, ==, n);
  g_assert_cmpuint (got.running_time_ns, ==, wanted.running_time_ns);
  g_assert_cmpint (got.capture_time_ns, ==, wanted.capture_time_ns);
  g_assert_cmpuint (got.duration, ==, wanted.duration);
  g_assert_cmpuint (got.flags, ==, wanted.flags);
  g_assert_cmpmem (got.data, got.size, payload, size);
}

static void
test_gives_back_what_was_appended (void)
{
  g_autoptr (RwJournal) journal = new_journal (0, 0, 0);
  RwFrame frame;
  guint64 i;

  for (i = 0; i < 1000; i++) {
    g_assert_cmpuint (append (journal, i, i % 300), ==, 0);
    check (journal, i, i % 300);
  }
  for (i = 0; i < 1000; i++)
    check (journal, i, i % 300);
  g_assert_false (rw_journal_peek (journal, 1000, &frame));
  g_assert_cmpuint (rw_journal_get_head (journal), ==, 1000);
  g_assert_cmpuint (rw_journal_get_tail (journal), ==, 0);
  g_assert_cmpuint (rw_journal_get_level_ns (journal), ==, 20000 * MS);
  g_assert_cmpmem (rw_journal_get_stream_id (journal), RW_STREAM_ID_SIZE,
                   stream_id, RW_STREAM_ID_SIZE);
}

/* Times as no clock gives them survive as they are. */
static void
test_keeps_times_of_any_kind (void)
{
  g_autoptr (RwJournal) journal = new_journal (0, 0, 0);
  static const guint64 running[] = {0, G_MAXUINT64, 5,         G_MAXUINT64 / 2,
                                    1, 4294967296,  4294967295};
  static const gint64 capture[] = {RW_CAPTURE_TIME_NONE, 0, G_MAXINT64,
                                   G_MININT64 + 1, -1};
  RwFrame frame;
  guint i;

  for (i = 0; i < 640; i++) {
    /* Every other block is wild, the ones between are calm. */
    gboolean wild = (i / 64) % 2;

    frame = (RwFrame){.running_time_ns = wild ? running[i % 7] : i,
                      .capture_time_ns =
                          wild ? capture[i % 5] : RW_CAPTURE_TIME_NONE,
                      .duration = 960};
    rw_journal_append (journal, &frame);
  }
  for (i = 0; i < 640; i++) {
    gboolean wild = (i / 64) % 2;

    g_assert_true (rw_journal_peek (journal, i, &frame));
    g_assert_cmpuint (frame.running_time_ns, ==, wild ? running[i % 7] : i);
    g_assert_cmpint (frame.capture_time_ns, ==,
                     wild ? capture[i % 5] : RW_CAPTURE_TIME_NONE);
  }
}

static void
test_releases_from_the_oldest_end (void)
{
  g_autoptr (RwJournal) journal = new_journal (0, 0, 0);
  RwFrame frame;
  guint64 i;

  for (i = 0; i < 500; i++)
    append (journal, i, 100);
  g_assert_cmpuint (rw_journal_release (journal, 100), ==, 100);
  g_assert_cmpuint (rw_journal_release (journal, 100), ==, 0);
  g_assert_cmpuint (rw_journal_release (journal, 50), ==, 0);
  g_assert_false (rw_journal_peek (journal, 99, &frame));
  check (journal, 100, 100);
  g_assert_cmpuint (rw_journal_get_payload_bytes (journal), ==, 40000);
  g_assert_cmpuint (
      rw_journal_get_head (journal) - rw_journal_get_tail (journal), ==, 400);
  g_assert_cmpuint (rw_journal_release (journal, G_MAXUINT64), ==, 400);
  g_assert_cmpuint (rw_journal_get_payload_bytes (journal), ==, 0);
  g_assert_cmpuint (rw_journal_get_level_ns (journal), ==, 0);
  for (; i < 800; i++)
    append (journal, i, 100);
  check (journal, 500, 100);
  check (journal, 799, 100);
}

static void
test_sheds_over_each_bound (void)
{
  g_autoptr (RwJournal) by_time = new_journal (1000 * MS, 0, 0);
  g_autoptr (RwJournal) by_bytes = new_journal (0, 5000, 0);
  g_autoptr (RwJournal) by_frames = new_journal (0, 0, 50);
  RwJournal *all[] = {by_time, by_bytes, by_frames};
  RwJournalLimits none = {0}, few = {0, 0, 7};
  guint64 i, j;

  for (j = 0; j < G_N_ELEMENTS (all); j++) {
    for (i = 0; i < 300; i++)
      g_assert_cmpuint (append (all[j], i, 100), ==, i < 50 ? 0 : 1);
    g_assert_cmpuint (rw_journal_get_tail (all[j]), ==, 250);
    g_assert_cmpuint (rw_journal_get_n_shed (all[j]), ==, 250);
    check (all[j], 250, 100);
    check (all[j], 299, 100);
  }
  g_assert_cmpuint (rw_journal_set_limits (by_time, &none), ==, 0);
  g_assert_cmpuint (append (by_time, 300, 100), ==, 0);
  g_assert_cmpuint (rw_journal_set_limits (by_time, &few), ==, 44);
}

static void
test_keeps_the_newest_however_large (void)
{
  g_autoptr (RwJournal) journal = new_journal (0, 10, 0);

  g_assert_cmpuint (append (journal, 0, 500), ==, 0);
  g_assert_cmpuint (append (journal, 1, 1000), ==, 1);
  check (journal, 1, 1000);
}

static void
test_time_bounds_frames_without_duration (void)
{
  g_autoptr (RwJournal) journal = new_journal (100 * MS, 0, 0);
  RwFrame frame = {.duration = 0};
  guint i;

  for (i = 0; i < 1000; i++)
    rw_journal_append (journal, &frame);
  g_assert_cmpuint (
      rw_journal_get_head (journal) - rw_journal_get_tail (journal), ==, 40);
}

static void
test_spans_lie_between_indices (void)
{
  g_autoptr (RwJournal) journal = new_journal (0, 0, 0);
  guint64 i;

  for (i = 0; i < 300; i++)
    append (journal, i, 10);
  rw_journal_release (journal, 70);
  g_assert_cmpuint (rw_journal_get_span_ns (journal, 70, 300), ==,
                    230 * 20 * MS);
  g_assert_cmpuint (rw_journal_get_span_ns (journal, 100, 101), ==, 20 * MS);
  g_assert_cmpuint (rw_journal_get_span_ns (journal, 71, 290), ==,
                    219 * 20 * MS);
  g_assert_cmpuint (rw_journal_get_span_ns (journal, 0, 1000), ==,
                    230 * 20 * MS);
  g_assert_cmpuint (rw_journal_get_span_ns (journal, 200, 100), ==, 0);
}

static void
test_formats_are_told_apart_once (void)
{
  g_autoptr (RwJournal) journal = new_journal (0, 0, 0);
  g_autofree gchar *huge = g_strnfill (RW_FORMAT_MAX_LENGTH + 1, 'x');
  gint i;

  g_assert_cmpint (rw_journal_add_format (journal, "audio/x-opus"), ==, 0);
  g_assert_cmpint (rw_journal_add_format (journal, "b"), ==, 1);
  g_assert_cmpint (rw_journal_add_format (journal, huge), ==, -1);
  g_assert_cmpint (rw_journal_add_format (journal, ""), ==, -1);
  for (i = 2; i < 255; i++) {
    g_autofree gchar *caps = g_strdup_printf ("f%d", i);

    g_assert_cmpint (rw_journal_add_format (journal, caps), ==, i);
  }
  g_assert_cmpint (rw_journal_add_format (journal, "one more"), ==, -1);
  g_assert_cmpint (rw_journal_add_format (journal, "b"), ==, 1);
  g_assert_cmpstr (rw_journal_get_format (journal, 1), ==, "b");
  g_assert_null (rw_journal_get_format (journal, 255));
  g_assert_cmpuint (rw_journal_get_n_formats (journal), ==, 255);
}

static void
test_memory_stays_near_the_payload (void)
{
  g_autoptr (RwJournal) journal = new_journal (60000 * MS, 0, 0);
  guint64 i;

  for (i = 0; i < 10000; i++)
    append (journal, i, 160);
  g_assert_cmpfloat (rw_journal_get_memory_bytes (journal), <=,
                     1.15 * rw_journal_get_payload_bytes (journal));
}

static void
test_takes_frames_of_the_largest_size (void)
{
  g_autoptr (RwJournal) journal = new_journal (0, 0, 0);
  g_autofree guint8 *data = g_malloc0 (RW_FRAME_MAX_SIZE);
  RwFrame frame = {.duration = 960, .size = RW_FRAME_MAX_SIZE, .data = data};
  guint i;

  for (i = 0; i < 130; i++)
    rw_journal_append (journal, &frame);
  g_assert_true (rw_journal_peek (journal, 129, &frame));
  g_assert_cmpuint (frame.size, ==, RW_FRAME_MAX_SIZE);
  g_assert_true (rw_journal_peek (journal, 3, &frame));
  g_assert_cmpuint (frame.size, ==, RW_FRAME_MAX_SIZE);
}

static void
test_ends_once (void)
{
  g_autoptr (RwJournal) journal = new_journal (0, 0, 0);

  g_assert_false (rw_journal_is_ended (journal));
  rw_journal_end (journal);
  rw_journal_end (journal);
  g_assert_true (rw_journal_is_ended (journal));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/journal/" name, func)
  ADD ("gives-back", test_gives_back_what_was_appended);
  ADD ("times-of-any-kind", test_keeps_times_of_any_kind);
  ADD ("releases", test_releases_from_the_oldest_end);
  ADD ("sheds", test_sheds_over_each_bound);
  ADD ("keeps-the-newest", test_keeps_the_newest_however_large);
  ADD ("no-duration", test_time_bounds_frames_without_duration);
  ADD ("spans", test_spans_lie_between_indices);
  ADD ("formats", test_formats_are_told_apart_once);
  ADD ("memory", test_memory_stays_near_the_payload);
  ADD ("largest-frames", test_takes_frames_of_the_largest_size);
  ADD ("ends", test_ends_once);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-repair.h"

#define MS 1000

static const RwRange exists = {100, 1000};

/* On a path of 20 ms; everything is asked for as of 10 s. */
static void
begin (RwRepair *repair, RwRtt *rtt)
{
  guint i;

  rw_repair_init (repair);
  rw_rtt_init (rtt);
  for (i = 0; i < 30; i++)
    rw_rtt_update (rtt, 20 * MS, i * 10 * MS);
}

static RwReport
report_of (guint64 next, guint64 from, guint64 to)
{
  return (RwReport){.next = next,
                    .known_to = to,
                    .credit = 8192,
                    .n_ranges = 1,
                    .ranges = {{from, to}}};
}

static guint64
send_one (RwRepair *repair, const RwRtt *rtt, gint64 now_us)
{
  guint64 index = rw_repair_find (repair, exists.from, rtt, now_us);

  if (index != RW_INDEX_NONE)
    rw_repair_note_frame (repair, index, now_us);
  return index;
}

static void
test_the_oldest_goes_first_and_once (void)
{
  RwReport report = report_of (200, 205, 208);
  RwRepair repair;
  RwRtt rtt;

  begin (&repair, &rtt);
  rw_repair_take_report (&repair, &report, exists, 0);
  g_assert_cmpuint (send_one (&repair, &rtt, 10000 * MS), ==, 205);
  g_assert_cmpuint (send_one (&repair, &rtt, 10000 * MS), ==, 206);
  /* The same report again, made before they can have come. */
  rw_repair_take_report (&repair, &report, exists, 9990 * MS);
  g_assert_cmpuint (send_one (&repair, &rtt, 10001 * MS), ==, 207);
  g_assert_cmpuint (send_one (&repair, &rtt, 10001 * MS), ==, RW_INDEX_NONE);
  rw_repair_clear (&repair);
}

/* A report that had heard nothing newer asks again: in time it is believed. */
static void
test_without_an_answer_it_is_sent_again (void)
{
  RwReport report = report_of (200, 205, 206);
  RwRepair repair;
  gint64 retry;
  RwRtt rtt;

  begin (&repair, &rtt);
  rw_repair_take_report (&repair, &report, exists, 0);
  send_one (&repair, &rtt, 10000 * MS);
  rw_repair_take_report (&repair, &report, exists, 0);
  g_assert_cmpuint (send_one (&repair, &rtt, 10001 * MS), ==, RW_INDEX_NONE);
  retry = rw_repair_get_retry (&repair);
  g_assert_cmpint (retry, ==, 10000 * MS + rw_rtt_get_rto_us (&rtt));
  g_assert_cmpuint (rw_repair_find (&repair, 0, &rtt, retry), ==, 205);
  g_assert_true (rw_repair_note_frame (&repair, 205, retry));
  rw_repair_clear (&repair);
}

/* The report had heard what was sent after it, and still lacks it. */
static void
test_what_was_lost_for_sure_is_sent_at_once (void)
{
  RwReport report = report_of (200, 205, 206);
  RwRepair repair;
  RwRtt rtt;

  begin (&repair, &rtt);
  rw_repair_take_report (&repair, &report, exists, 0);
  send_one (&repair, &rtt, 10000 * MS);
  rw_repair_take_report (&repair, &report, exists, 10004 * MS);
  g_assert_cmpuint (send_one (&repair, &rtt, 10025 * MS), ==, RW_INDEX_NONE);
  rw_repair_take_report (&repair, &report, exists, 10010 * MS);
  g_assert_cmpuint (send_one (&repair, &rtt, 10030 * MS), ==, 205);
  rw_repair_clear (&repair);
}

static void
test_what_is_gone_is_not_looked_for (void)
{
  RwReport report = report_of (50, 50, 102);
  RwRepair repair;
  RwRtt rtt;

  begin (&repair, &rtt);
  g_assert_true (rw_repair_take_report (&repair, &report, exists, 0));
  g_assert_cmpuint (send_one (&repair, &rtt, 10000 * MS), ==, 100);
  /* The tail has moved on meanwhile. */
  g_assert_cmpuint (rw_repair_find (&repair, 102, &rtt, 10000 * MS), ==,
                    RW_INDEX_NONE);
  report = report_of (900, 900, G_MAXUINT64 / 4);
  g_assert_false (rw_repair_take_report (&repair, &report, exists, 0));
  while (send_one (&repair, &rtt, 10000 * MS) != RW_INDEX_NONE)
    g_assert_cmpuint (repair.at, <=, 1000);
  rw_repair_clear (&repair);
}

static void
test_no_more_than_there_is_room_for (void)
{
  RwReport report = report_of (200, 200, 900);
  RwRepair repair;
  RwRtt rtt;
  guint n = 0;

  begin (&repair, &rtt);
  report.credit = 50;
  rw_repair_take_report (&repair, &report, exists, 0);
  while (send_one (&repair, &rtt, 10000 * MS) != RW_INDEX_NONE)
    n++;
  g_assert_cmpuint (n, ==, 50);
  rw_repair_clear (&repair);
}

static void
test_counts_what_is_on_its_way (void)
{
  RwRepair repair;

  rw_repair_init (&repair);
  g_assert_cmpint (rw_repair_get_oldest (&repair), ==, G_MAXINT64);
  rw_repair_note_message (&repair, 1000, 10);
  rw_repair_note_message (&repair, 500, 20);
  g_assert_cmpuint (repair.outstanding, ==, 1500);
  g_assert_cmpuint (rw_repair_retire (&repair, 10), ==, 1000);
  g_assert_cmpint (rw_repair_get_oldest (&repair), ==, 20);
  g_assert_cmpuint (rw_repair_retire (&repair, 10), ==, 0);
  g_assert_cmpuint (repair.outstanding, ==, 500);
  rw_repair_clear (&repair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/repair/" name, func)
  ADD ("oldest-first", test_the_oldest_goes_first_and_once);
  ADD ("no-answer", test_without_an_answer_it_is_sent_again);
  ADD ("lost-for-sure", test_what_was_lost_for_sure_is_sent_at_once);
  ADD ("gone", test_what_is_gone_is_not_looked_for);
  ADD ("room", test_no_more_than_there_is_room_for);
  ADD ("on-its-way", test_counts_what_is_on_its_way);
  return g_test_run ();
}

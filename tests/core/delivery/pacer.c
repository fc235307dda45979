/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-pacer.h"

#define MS      1000
#define MESSAGE 1100u

static const guint64 message_ns = 120 * 1000000; /* six frames of 20 ms */

static void
test_a_rate_is_kept (void)
{
  RwPacer pacer;
  gint64 now;
  guint64 sent_ns = 0;

  rw_pacer_init (&pacer, 8, 1 << 20, 0);
  for (now = 0; now < 1000 * MS; now += MS) {
    while (rw_pacer_may_send (&pacer, 0, now)) {
      rw_pacer_sent (&pacer, message_ns);
      sent_ns += message_ns;
    }
  }
  g_assert_cmpuint (sent_ns / 1000000, >=, 7900);
  g_assert_cmpuint (sent_ns / 1000000, <=, 8300);
}

static void
test_the_deadline_is_when_the_rate_allows (void)
{
  RwPacer pacer;
  gint64 due;

  rw_pacer_init (&pacer, 8, 1 << 20, 0);
  g_assert_true (rw_pacer_may_send (&pacer, 0, 0));
  rw_pacer_sent (&pacer, message_ns);
  g_assert_false (rw_pacer_may_send (&pacer, 0, 0));
  due = rw_pacer_get_deadline (&pacer);
  g_assert_cmpint (due, >=, 15 * MS);
  g_assert_cmpint (due, <=, 15 * MS + 2);
  g_assert_true (rw_pacer_may_send (&pacer, 0, due));
}

static void
test_a_pause_saves_up_a_burst_only (void)
{
  RwPacer pacer;
  guint n = 0;

  rw_pacer_init (&pacer, 8, 1 << 20, 0);
  for (; rw_pacer_may_send (&pacer, 0, 60 * G_USEC_PER_SEC); n++)
    rw_pacer_sent (&pacer, message_ns);
  g_assert_cmpuint (n, <=, 3);
}

/* A bottleneck of so many bytes a second in front of a path of so long. */
typedef struct {
  gdouble bytes_per_us;
  gint64 path_us;
  gint64 sent_us[4096];
  guint first, last;
  gdouble busy_us; /* when the bottleneck is free */
  gint64 arrive_us[4096];
  gint64 worst_queue_us;
  guint64 delivered;
} Path;

static void
drive (Path *path, RwPacer *pacer, RwRtt *rtt, gint64 from_us, gint64 to_us)
{
  gint64 now;
  guint32 outstanding = (path->last - path->first) * MESSAGE;

  for (now = from_us; now < to_us; now += MS / 2) {
    while (path->first != path->last &&
           path->arrive_us[path->first % 4096] <= now) {
      rw_rtt_update (rtt, now - path->sent_us[path->first % 4096], now);
      rw_pacer_note_retired (pacer, MESSAGE, outstanding, rtt, now);
      outstanding -= MESSAGE;
      path->delivered += MESSAGE;
      path->first++;
    }
    while (path->last - path->first < 4096 &&
           rw_pacer_may_send (pacer, outstanding, now)) {
      path->busy_us = MAX (path->busy_us, now) + MESSAGE / path->bytes_per_us;
      path->worst_queue_us =
          MAX (path->worst_queue_us, (gint64) path->busy_us - now);
      path->sent_us[path->last % 4096] = now;
      path->arrive_us[path->last++ % 4096] =
          (gint64) path->busy_us + path->path_us;
      outstanding += MESSAGE;
      rw_pacer_sent (pacer, message_ns);
    }
  }
}

static void
test_a_slow_path_is_not_choked (void)
{
  Path path = {.bytes_per_us = 0.2, .path_us = 20 * MS}; /* 1.6 Mbit/s */
  RwPacer pacer;
  RwRtt rtt;

  rw_rtt_init (&rtt);
  rw_pacer_init (&pacer, 0, 128 * 1024, 0);
  drive (&path, &pacer, &rtt, 0, 2 * G_USEC_PER_SEC);
  path.worst_queue_us = 0;
  path.delivered = 0;
  drive (&path, &pacer, &rtt, 2 * G_USEC_PER_SEC, 6 * G_USEC_PER_SEC);
  /* The queue stays near the target, and the path is used well. */
  g_assert_cmpint (path.worst_queue_us, <=, 2 * RW_PACER_TARGET_US + 12 * MS);
  g_assert_cmpuint (path.delivered, >=, 0.7 * 4e6 * path.bytes_per_us);
}

static void
test_the_slowest_path_gets_two_messages (void)
{
  Path path = {.bytes_per_us = 0.008, .path_us = 20 * MS}; /* 64 kbit/s */
  RwPacer pacer;
  RwRtt rtt;

  rw_rtt_init (&rtt);
  rw_pacer_init (&pacer, 0, 128 * 1024, 0);
  drive (&path, &pacer, &rtt, 0, 10 * G_USEC_PER_SEC);
  g_assert_cmpint (path.worst_queue_us, <=, 600 * MS);
  path.worst_queue_us = 0;
  drive (&path, &pacer, &rtt, 10 * G_USEC_PER_SEC, 20 * G_USEC_PER_SEC);
  g_assert_cmpint (path.worst_queue_us, <=, 300 * MS);
  g_assert_cmpuint (path.delivered, >=, 0.5 * 20e6 * path.bytes_per_us);
}

static void
test_a_fast_path_opens_quickly (void)
{
  Path path = {.bytes_per_us = 10, .path_us = 1 * MS}; /* 80 Mbit/s */
  RwPacer pacer;
  RwRtt rtt;

  rw_rtt_init (&rtt);
  rw_pacer_init (&pacer, 0, 128 * 1024, 0);
  drive (&path, &pacer, &rtt, 0, 100 * MS);
  g_assert_cmpuint (path.delivered, >=, 160 * 1024);
}

/* Jitter of 50 ms hides a queue of that length, but it must not be taken for
 * one. */
static void
test_jitter_is_no_queue (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  Path path = {.bytes_per_us = 10, .path_us = 150 * MS};
  RwPacer pacer;
  RwRtt rtt;
  guint i;

  rw_rtt_init (&rtt);
  rw_pacer_init (&pacer, 0, 128 * 1024, 0);
  for (i = 0; i < 500; i++) {
    path.path_us = 150 * MS + g_rand_int_range (rand, 0, 50 * MS);
    drive (&path, &pacer, &rtt, i * 10 * MS, (i + 1) * 10 * MS);
  }
  g_assert_cmpuint (path.delivered, >=, 5 * 80 * 1000);
}

static void
test_a_rate_can_be_changed (void)
{
  RwPacer pacer;

  rw_pacer_init (&pacer, 1, 1 << 20, 0);
  rw_pacer_may_send (&pacer, 0, 0);
  rw_pacer_sent (&pacer, message_ns);
  g_assert_false (rw_pacer_may_send (&pacer, 0, 10 * MS));
  rw_pacer_set_rate (&pacer, 0, 10 * MS);
  g_assert_true (rw_pacer_may_send (&pacer, 0, 10 * MS));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/pacer/" name, func)
  ADD ("rate", test_a_rate_is_kept);
  ADD ("deadline", test_the_deadline_is_when_the_rate_allows);
  ADD ("burst", test_a_pause_saves_up_a_burst_only);
  ADD ("slow-path", test_a_slow_path_is_not_choked);
  ADD ("slowest-path", test_the_slowest_path_gets_two_messages);
  ADD ("fast-path", test_a_fast_path_opens_quickly);
  ADD ("jitter", test_jitter_is_no_queue);
  ADD ("change", test_a_rate_can_be_changed);
  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-liveness.h"

#define MS 1000

/* A path of 2 ms, beats of 50 ms. */
static void
begin (RwLiveness *liveness, RwRtt *rtt)
{
  guint i;

  rw_rtt_init (rtt);
  for (i = 0; i < 20; i++)
    rw_rtt_update (rtt, 2 * MS, i);
  rw_liveness_init (liveness, 50 * MS, 500 * MS);
}

/* Polls at each deadline, as an owner does, up to @until_us. */
static RwLivenessState
run (RwLiveness *liveness, const RwRtt *rtt, gint64 until_us)
{
  gint64 due;

  while ((due = rw_liveness_get_deadline (liveness, rtt)) <= until_us)
    rw_liveness_poll (liveness, rtt, due);
  return liveness->state;
}

static void
test_opens_with_the_first_sign (void)
{
  RwLiveness liveness;
  RwRtt rtt;

  begin (&liveness, &rtt);
  g_assert_cmpint (run (&liveness, &rtt, 10 * G_USEC_PER_SEC), ==,
                   RW_LIVENESS_OPENING);
  g_assert_cmpint (rw_liveness_get_deadline (&liveness, &rtt), ==, G_MAXINT64);
  rw_liveness_note_received (&liveness, 20 * G_USEC_PER_SEC);
  g_assert_cmpint (liveness.state, ==, RW_LIVENESS_ALIVE);
}

static void
test_silence_is_suspect_then_down (void)
{
  RwLiveness liveness;
  RwRtt rtt;

  begin (&liveness, &rtt);
  rw_liveness_note_received (&liveness, 0);
  g_assert_cmpint (run (&liveness, &rtt, 149 * MS), ==, RW_LIVENESS_ALIVE);
  g_assert_cmpint (run (&liveness, &rtt, 150 * MS), ==, RW_LIVENESS_SUSPECT);
  g_assert_cmpint (liveness.interrupted_us, ==, 150 * MS);
  g_assert_cmpint (run (&liveness, &rtt, 499 * MS), ==, RW_LIVENESS_SUSPECT);
  g_assert_cmpint (run (&liveness, &rtt, 500 * MS), ==, RW_LIVENESS_DOWN);
  rw_liveness_note_received (&liveness, 900 * MS);
  g_assert_cmpint (liveness.state, ==, RW_LIVENESS_ALIVE);
}

static void
test_slow_beats_are_waited_for (void)
{
  RwLiveness liveness;
  RwRtt rtt;

  begin (&liveness, &rtt);
  liveness.interval_us = 200 * MS;
  rw_liveness_note_received (&liveness, 0);
  g_assert_cmpint (run (&liveness, &rtt, 440 * MS), ==, RW_LIVENESS_ALIVE);
  g_assert_cmpint (run (&liveness, &rtt, 460 * MS), ==, RW_LIVENESS_SUSPECT);
  g_assert_cmpint (run (&liveness, &rtt, 790 * MS), ==, RW_LIVENESS_SUSPECT);
  g_assert_cmpint (run (&liveness, &rtt, 800 * MS), ==, RW_LIVENESS_DOWN);
}

static void
test_jitter_is_given_time (void)
{
  RwLiveness liveness;
  RwRtt rtt;
  guint i;

  begin (&liveness, &rtt);
  for (i = 0; i < 200; i++)
    rw_rtt_update (&rtt, i % 2 ? 20 * MS : 180 * MS, i);
  rw_liveness_note_received (&liveness, 0);
  g_assert_cmpint (run (&liveness, &rtt, 300 * MS), ==, RW_LIVENESS_ALIVE);
  g_assert_cmpint (run (&liveness, &rtt, 600 * MS), >=, RW_LIVENESS_SUSPECT);
}

static void
test_a_deaf_peer_is_an_outage (void)
{
  RwLiveness liveness;
  RwRtt rtt;

  begin (&liveness, &rtt);
  rw_liveness_note_received (&liveness, 0);
  rw_liveness_set_peer_not_receiving (&liveness, TRUE, 10 * MS);
  g_assert_cmpint (liveness.state, ==, RW_LIVENESS_SUSPECT);
  g_assert_false (rw_liveness_is_not_receiving (&liveness));
  rw_liveness_note_received (&liveness, 400 * MS);
  g_assert_cmpint (run (&liveness, &rtt, 509 * MS), ==, RW_LIVENESS_SUSPECT);
  g_assert_cmpint (run (&liveness, &rtt, 510 * MS), ==, RW_LIVENESS_DOWN);
  rw_liveness_note_received (&liveness, 520 * MS);
  g_assert_cmpint (liveness.state, ==, RW_LIVENESS_DOWN);
  rw_liveness_set_peer_not_receiving (&liveness, FALSE, 520 * MS);
  g_assert_cmpint (liveness.state, ==, RW_LIVENESS_ALIVE);
}

/* Polled far too late, with a message waiting in the socket. */
static void
test_an_own_stall_is_no_outage (void)
{
  RwLiveness liveness;
  RwRtt rtt;

  begin (&liveness, &rtt);
  rw_liveness_note_received (&liveness, 0);
  g_assert_cmpint (rw_liveness_poll (&liveness, &rtt, 5000 * MS), ==,
                   RW_LIVENESS_ALIVE);
  g_assert_cmpint (rw_liveness_get_deadline (&liveness, &rtt), ==,
                   5000 * MS + RW_LIVENESS_GRACE_US);
  rw_liveness_note_received (&liveness, 5001 * MS);
  g_assert_cmpint (run (&liveness, &rtt, 5100 * MS), ==, RW_LIVENESS_ALIVE);
}

static void
test_an_own_stall_hides_no_outage (void)
{
  RwLiveness liveness;
  RwRtt rtt;

  begin (&liveness, &rtt);
  rw_liveness_note_received (&liveness, 0);
  rw_liveness_poll (&liveness, &rtt, 5000 * MS);
  g_assert_cmpint (run (&liveness, &rtt, 5050 * MS), ==, RW_LIVENESS_DOWN);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/liveness/" name, func)
  ADD ("opens", test_opens_with_the_first_sign);
  ADD ("silence", test_silence_is_suspect_then_down);
  ADD ("slow-beats", test_slow_beats_are_waited_for);
  ADD ("jitter", test_jitter_is_given_time);
  ADD ("not_receiving-peer", test_a_deaf_peer_is_an_outage);
  ADD ("own-stall", test_an_own_stall_is_no_outage);
  ADD ("own-stall-and-outage", test_an_own_stall_hides_no_outage);
  return g_test_run ();
}

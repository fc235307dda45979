/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-admission.h"

#define MS 1000

/* A machine with @capacity handshakes' worth of cores: with more under way each
 * takes so much longer. */
static gint64
take_turn (guint n_active, guint capacity)
{
  return 10 * MS * MAX (n_active, capacity) / capacity;
}

/* So many handshakes one after the other, the bound kept full. The highest
 * number under way after the first @warm_up. */
static guint
serve (RwAdmission *admission, guint n, guint capacity, guint warm_up)
{
  guint most = 0;

  for (guint i = 0; i < n; i++) {
    gint64 took_us;

    while (rw_admission_has_room (admission))
      rw_admission_begin (admission);
    if (i >= warm_up)
      most = MAX (most, admission->n_active);
    took_us = take_turn (admission->n_active, capacity);
    rw_admission_take_offer_time (admission, took_us);
    rw_admission_end (admission);
  }
  return most;
}

static void
test_begins_with_two_for_each_core (void)
{
  RwAdmission admission;

  rw_admission_init (&admission, 3);
  for (guint i = 0; i < 6; i++) {
    g_assert_true (rw_admission_has_room (&admission));
    rw_admission_begin (&admission);
  }
  g_assert_false (rw_admission_has_room (&admission));
  rw_admission_end (&admission);
  g_assert_true (rw_admission_has_room (&admission));
}

/* Consumers far away keep no core busy: the offers stay quick. */
static void
test_rises_while_offers_stay_quick (void)
{
  RwAdmission admission;

  rw_admission_init (&admission, 2);
  g_assert_cmpuint (serve (&admission, 500, 1000, 400), >=, 24);
}

/* A machine that takes four at once is not given many times as many. */
static void
test_stays_near_what_the_machine_can_do (void)
{
  RwAdmission admission;

  rw_admission_init (&admission, 2);
  g_assert_cmpuint (serve (&admission, 2000, 4, 100), <=, 20);
}

static void
test_falls_to_the_cores_on_a_full_machine (void)
{
  RwAdmission admission;

  rw_admission_init (&admission, 2);
  rw_admission_take_offer_time (&admission, 10 * MS);
  for (guint i = 0; i < 50; i++)
    rw_admission_take_offer_time (&admission, 500 * MS);
  rw_admission_begin (&admission);
  g_assert_true (rw_admission_has_room (&admission));
  rw_admission_begin (&admission);
  g_assert_false (rw_admission_has_room (&admission));
}

/* One at a time: it is a slower machine, and no fuller for it. */
static void
test_learns_a_slower_machine (void)
{
  RwAdmission admission;

  rw_admission_init (&admission, 2);
  rw_admission_take_offer_time (&admission, 10 * MS);
  for (guint i = 0; i < 50; i++) {
    rw_admission_begin (&admission);
    rw_admission_take_offer_time (&admission, 100 * MS);
    rw_admission_end (&admission);
  }
  for (guint i = 0; i < 8; i++) {
    g_assert_true (rw_admission_has_room (&admission));
    rw_admission_begin (&admission);
  }
}

/* The times of a long storm do not count as the speed of the machine. */
static void
test_remembers_the_quick_ones_through_a_storm (void)
{
  RwAdmission admission;

  rw_admission_init (&admission, 2);
  rw_admission_take_offer_time (&admission, 10 * MS);
  for (guint i = 0; i < 100; i++)
    rw_admission_take_offer_time (&admission, 400 * MS);
  rw_admission_begin (&admission);
  rw_admission_begin (&admission);
  g_assert_false (rw_admission_has_room (&admission));
}

static void
test_patience_follows_what_connecting_takes (void)
{
  RwAdmission admission;
  gint64 before_us;

  rw_admission_init (&admission, 2);
  before_us = rw_admission_get_patience_us (&admission);
  for (guint i = 0; i < 50; i++)
    rw_admission_take_connect_time (&admission, 600 * MS);
  g_assert_cmpint (rw_admission_get_patience_us (&admission), >,
                   MAX (before_us, 1800 * MS));
  for (guint i = 0; i < 50; i++)
    rw_admission_take_connect_time (&admission, 60 * G_USEC_PER_SEC);
  g_assert_cmpint (rw_admission_get_patience_us (&admission), <=,
                   5 * G_USEC_PER_SEC);
  for (guint i = 0; i < 500; i++)
    rw_admission_take_connect_time (&admission, 1);
  g_assert_cmpint (rw_admission_get_patience_us (&admission), >=, 200 * MS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/admission/begins-with-two-for-each-core",
                   test_begins_with_two_for_each_core);
  g_test_add_func ("/admission/rises-while-offers-stay-quick",
                   test_rises_while_offers_stay_quick);
  g_test_add_func ("/admission/stays-near-what-the-machine-can-do",
                   test_stays_near_what_the_machine_can_do);
  g_test_add_func ("/admission/falls-to-the-cores-on-a-full-machine",
                   test_falls_to_the_cores_on_a_full_machine);
  g_test_add_func ("/admission/learns-a-slower-machine",
                   test_learns_a_slower_machine);
  g_test_add_func ("/admission/remembers-the-quick-ones-through-a-storm",
                   test_remembers_the_quick_ones_through_a_storm);
  g_test_add_func ("/admission/patience-follows-what-connecting-takes",
                   test_patience_follows_what_connecting_takes);
  return g_test_run ();
}

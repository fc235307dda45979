/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-message-rate.h"

#define SECOND G_GINT64_CONSTANT (1000000)

static guint
count_taken (RwMessageRate *rate, gsize len, gint64 now_us)
{
  guint n = 0;

  while (n < 1000 && rw_message_rate_take (rate, len, now_us))
    n++;
  return n;
}

static void
test_burst_then_rate (void)
{
  RwMessageRate rate;

  rw_message_rate_init (&rate, 10, 100, SECOND);
  g_assert_cmpuint (count_taken (&rate, 100, SECOND), ==, 100);
  /* The message that was refused has cost a token. */
  g_assert_cmpuint (count_taken (&rate, 100, 3 * SECOND), ==, 19);
}

static void
test_idle_time_earns_no_more_than_the_burst (void)
{
  RwMessageRate rate;

  rw_message_rate_init (&rate, 10, 100, 0);
  g_assert_cmpuint (count_taken (&rate, 0, 3600 * SECOND), ==, 100);
}

static void
test_long_message_costs_more (void)
{
  RwMessageRate rate;

  rw_message_rate_init (&rate, 10, 100, 0);
  g_assert_cmpuint (count_taken (&rate, 4095, 0), ==, 100);
  rw_message_rate_init (&rate, 10, 100, 0);
  g_assert_cmpuint (count_taken (&rate, 4096, 0), ==, 50);
}

static void
test_rate_of_zero_is_no_limit (void)
{
  RwMessageRate rate;

  rw_message_rate_init (&rate, 0, 1, 0);
  g_assert_cmpuint (count_taken (&rate, 1 << 20, 0), ==, 1000);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message-rate/burst-then-rate", test_burst_then_rate);
  g_test_add_func ("/message-rate/idle-time-earns-no-more-than-the-burst",
                   test_idle_time_earns_no_more_than_the_burst);
  g_test_add_func ("/message-rate/long-message-costs-more",
                   test_long_message_costs_more);
  g_test_add_func ("/message-rate/rate-of-zero-is-no-limit",
                   test_rate_of_zero_is_no_limit);
  return g_test_run ();
}

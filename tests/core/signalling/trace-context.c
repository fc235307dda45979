/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-trace-context.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN  "00f067aa0ba902b7"

static void
test_the_form_of_the_recommendation_is_valid (void)
{
  g_assert_true (rw_traceparent_is_valid ("00-" TRACE "-" SPAN "-01"));
  g_assert_true (rw_traceparent_is_valid ("00-" TRACE "-" SPAN "-00"));
  g_assert_true (rw_traceparent_is_valid ("01-" TRACE "-" SPAN "-01-more"));
}

static void
test_anything_else_is_not (void)
{
  static const char *const invalid[] = {
      "",
      "00",
      "00-" TRACE "-" SPAN,
      "00-" TRACE "-" SPAN "-",
      "00-" TRACE "-" SPAN "-0",
      "00-" TRACE "-" SPAN "-01-more",
      "00-" TRACE "-" SPAN "-01\n",
      "01-" TRACE "-" SPAN "-01more",
      "ff-" TRACE "-" SPAN "-01",
      "00_" TRACE "_" SPAN "_01",
      "00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN "-01",
      "00-00000000000000000000000000000000-" SPAN "-01",
      "00-" TRACE "-0000000000000000-01",
      "00-" TRACE "-" SPAN "-0g",
  };

  for (guint i = 0; i < G_N_ELEMENTS (invalid); i++) {
    g_test_message ("%s", invalid[i]);
    g_assert_false (rw_traceparent_is_valid (invalid[i]));
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/trace-context/the-form-of-the-recommendation-is-valid",
                   test_the_form_of_the_recommendation_is_valid);
  g_test_add_func ("/trace-context/anything-else-is-not",
                   test_anything_else_is_not);

  return g_test_run ();
}

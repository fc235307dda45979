/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hello-writer.h"

#define MS 1000

static void
test_repeats_with_growing_delays (void)
{
  const gint64 times_ms[] = {0, 10, 30, 70, 150, 310, 630, 1130, 1630};
  g_autoptr (RwWindow) window = rw_window_new (0, 0);
  RwHelloWriter writer;
  RwMessage message;
  RwLink link;
  guint n = 0;

  rw_link_init (&link, 1, 50 * MS, 500 * MS);
  rw_hello_writer_init (&writer, "me", RW_START_OLDEST, G_USEC_PER_SEC);
  for (gint64 ms = 0; ms <= 1700; ms++) {
    gint64 now_us = G_USEC_PER_SEC + ms * MS;

    if (!rw_hello_writer_next (&writer, &link, window, now_us, &message))
      continue;
    g_assert_cmpuint (n, <, G_N_ELEMENTS (times_ms));
    g_assert_cmpint (ms, ==, times_ms[n++]);
    g_assert_cmpint (message.type, ==, RW_MESSAGE_HELLO);
    g_assert_cmpstr (message.hello.consumer_id, ==, "me");
    g_assert_cmpint (message.hello.start, ==, RW_START_OLDEST);
  }
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (times_ms));
  rw_hello_writer_clear (&writer);
  rw_link_clear (&link);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hello-writer/repeats-with-growing-delays",
                   test_repeats_with_growing_delays);
  return g_test_run ();
}

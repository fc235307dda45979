/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-link.h"

#include <string.h>

#define MS 1000

/* Two ends whose clocks have nothing to do with each other. */
static RwLink a, b;
static const gint64 apart_us = G_GINT64_CONSTANT (7777777777);

static void
begin (void)
{
  rw_link_init (&a, 3, 100 * MS, 500 * MS);
  rw_link_init (&b, 3, 50 * MS, 500 * MS);
}

static void
end (void)
{
  rw_link_clear (&a);
  rw_link_clear (&b);
}

static void
test_echoes_measure_the_path_alone (void)
{
  static RwMessage message;

  begin ();
  rw_link_stamp (&a, RW_MESSAGE_BEAT, 1000 * MS, &message);
  g_assert_false (message.has_echo);
  rw_link_receive (&b, &message, 1010 * MS + apart_us);
  /* It is held for 70 ms, which is not the path's fault. */
  rw_link_stamp (&b, RW_MESSAGE_ACK, 1080 * MS + apart_us, &message);
  g_assert_cmpuint (message.echo_hold_us, ==, 70 * MS);
  rw_link_receive (&a, &message, 1095 * MS);
  g_assert_cmpint (a.rtt.latest_us, ==, 25 * MS);
  end ();
}

static void
test_one_echo_counts_once (void)
{
  static RwMessage message;

  begin ();
  rw_link_stamp (&a, RW_MESSAGE_BEAT, 1000 * MS, &message);
  rw_link_receive (&b, &message, 1010 * MS + apart_us);
  rw_link_stamp (&b, RW_MESSAGE_ACK, 1010 * MS + apart_us, &message);
  rw_link_receive (&a, &message, 1020 * MS);
  rw_link_receive (&a, &message, 1090 * MS);
  g_assert_cmpint (a.rtt.latest_us, ==, 20 * MS);
  end ();
}

static void
test_times_survive_the_wrap_of_32_bits (void)
{
  static RwMessage message;
  gint64 now = (G_GINT64_CONSTANT (5) << 32) - 3 * MS;

  begin ();
  rw_link_stamp (&a, RW_MESSAGE_BEAT, now, &message);
  rw_link_receive (&b, &message, now + apart_us);
  rw_link_stamp (&b, RW_MESSAGE_ACK, now + 1 * MS + apart_us, &message);
  rw_link_receive (&a, &message, now + 8 * MS);
  g_assert_cmpint (a.rtt.latest_us, ==, 7 * MS);
  g_assert_cmpint (a.echoed_us, ==, now);
  end ();
}

static void
test_an_invented_echo_is_ignored (void)
{
  static RwMessage message;

  begin ();
  rw_link_stamp (&a, RW_MESSAGE_BEAT, 1000 * MS, &message);
  rw_link_stamp (&b, RW_MESSAGE_ACK, 1000 * MS, &message);
  message.has_echo = TRUE;
  message.echo_us = 5000 * MS; /* we have not lived to send that */
  rw_link_receive (&a, &message, 1010 * MS);
  g_assert_false (a.rtt.valid);
  message.echo_us = 1000 * MS;
  message.echo_hold_us = G_MAXUINT32;
  message.seq++;
  rw_link_receive (&a, &message, 1010 * MS);
  g_assert_false (a.rtt.valid);
  end ();
}

static void
test_another_generation_is_dropped_and_counted (void)
{
  static RwMessage message;

  begin ();
  b.generation = 4;
  rw_link_stamp (&b, RW_MESSAGE_ACK, 1000 * MS, &message);
  g_assert_false (rw_link_receive (&a, &message, 1000 * MS));
  g_assert_cmpuint (a.n_fenced, ==, 1);
  g_assert_cmpint (a.liveness.state, ==, RW_LIVENESS_OPENING);
  end ();
}

static void
test_bye_is_sent_three_times (void)
{
  static RwMessage message;
  gint64 now;
  guint n = 0;

  begin ();
  rw_link_close (&a, RW_BYE_ERROR, "no \xff more");
  for (now = 0; now < 1000 * MS; now += MS) {
    if (!rw_link_next_bye (&a, 42, now, &message))
      continue;
    n++;
    g_assert_cmpuint (message.bye.head, ==, 42);
    g_assert_true (
        g_utf8_validate (message.bye.text, message.bye.length, NULL));
  }
  g_assert_cmpuint (n, ==, 3);
  g_assert_true (rw_link_receive (&b, &message, 1));
  g_assert_cmpint (b.bye.reason, ==, RW_BYE_ERROR);
  g_assert_null (b.bye.text);
  end ();
}

static void
test_a_long_reason_is_cut_at_a_character (void)
{
  static RwMessage message;
  g_autoptr (GString) text = g_string_new ("x");

  begin ();
  while (text->len < 3 * RW_MESSAGE_MAX_TEXT)
    g_string_append (text, "\xe2\x82\xac");
  rw_link_close (&a, RW_BYE_ERROR, text->str);
  g_assert_true (rw_link_next_bye (&a, 0, 0, &message));
  g_assert_cmpuint (message.bye.length, <=, RW_MESSAGE_MAX_TEXT);
  g_assert_cmpuint (message.bye.length, >, RW_MESSAGE_MAX_TEXT - 3);
  g_assert_true (g_utf8_validate (message.bye.text, message.bye.length, NULL));
  end ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/link/" name, func)
  ADD ("echo", test_echoes_measure_the_path_alone);
  ADD ("echo-once", test_one_echo_counts_once);
  ADD ("wrap", test_times_survive_the_wrap_of_32_bits);
  ADD ("invented", test_an_invented_echo_is_ignored);
  ADD ("generation", test_another_generation_is_dropped_and_counted);
  ADD ("bye", test_bye_is_sent_three_times);
  ADD ("long-reason", test_a_long_reason_is_cut_at_a_character);
  return g_test_run ();
}

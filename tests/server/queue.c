/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-queue.h"

#include <string.h>

/* The messages that wait for clients: as texts, and as memory. */

#define TEXT "{\"type\":\"x\"}"

static GBytes *
new_text (RwServerQueues *all, gsize len)
{
  g_autofree char *fill = g_strnfill (len - strlen ("{\"x\":\"\"}"), 'x');

  return rw_server_queues_new_text (all,
                                    g_strdup_printf ("{\"x\":\"%s\"}", fill));
}

static void
pop (RwServerQueue *queue)
{
  g_bytes_unref (rw_server_queue_pop (queue, 0));
}

static void
test_a_text_has_its_numbers_in_it (void)
{
  static const struct {
    RwServerNumbers numbers;
    const char *expected;
  } cases[] = {
      {{0, FALSE, 0}, TEXT},
      {{7, TRUE, 12}, "{\"type\":\"x\",\"seq\":7,\"ack\":12}"},
      {{0, TRUE, 0}, "{\"type\":\"x\",\"ack\":0}"},
      {{G_MAXUINT64, TRUE, G_MAXUINT64},
       "{\"type\":\"x\",\"seq\":18446744073709551615,"
       "\"ack\":18446744073709551615}"},
  };
  g_autoptr (RwServerQueues) all = rw_server_queues_new (65536);
  g_autoptr (RwServerQueue) queue = rw_server_queue_new (all, 65536);
  g_autoptr (GBytes) text = rw_server_queues_new_text (all, g_strdup (TEXT));

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    rw_server_queue_push (queue, text, &cases[i].numbers, 0);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GBytes) popped = rw_server_queue_pop (queue, 0);

    g_assert_cmpmem (g_bytes_get_data (popped, NULL), g_bytes_get_size (popped),
                     cases[i].expected, strlen (cases[i].expected));
  }
  g_assert_true (rw_server_queue_is_empty (queue));
}

static void
test_a_text_counts_once_while_it_is_there (void)
{
  g_autoptr (RwServerQueues) all = rw_server_queues_new (1 << 20);
  GBytes *text = new_text (all, 10000);
  RwServerQueue *queues[50];

  for (guint i = 0; i < 50; i++) {
    queues[i] = rw_server_queue_new (all, 65536);
    rw_server_queue_push (queues[i], text, NULL, 0);
  }
  g_bytes_unref (text);
  g_assert_cmpuint (rw_server_queues_get_bytes (all), >=, 10000);
  g_assert_cmpuint (rw_server_queues_get_bytes (all), <, 10000 + 50 * 256);

  for (guint i = 0; i < 50; i++)
    rw_server_queue_free (queues[i]);
  g_assert_cmpuint (rw_server_queues_get_bytes (all), ==, 0);
}

static void
push_new (RwServerQueues *all, RwServerQueue *queue, gsize len, gint64 now_us)
{
  g_autoptr (GBytes) text = new_text (all, len);

  rw_server_queue_push (queue, text, NULL, now_us);
}

static void
test_too_much_for_one_is_its_own_end (void)
{
  g_autoptr (RwServerQueues) all = rw_server_queues_new (1 << 20);
  g_autoptr (RwServerQueue) queue = rw_server_queue_new (all, 65536);
  g_autoptr (RwServerQueue) other = rw_server_queue_new (all, 65536);

  push_new (all, other, 1000, 0);
  push_new (all, queue, 60000, 0);
  g_assert_cmpint (rw_server_queue_get_dropped (queue), ==,
                   RW_SERVER_DROP_NONE);
  push_new (all, queue, 6000, 0);
  g_assert_cmpint (rw_server_queue_get_dropped (queue), ==,
                   RW_SERVER_DROP_QUEUE);
  g_assert_true (rw_server_queue_is_empty (queue));
  g_assert_cmpint (rw_server_queue_get_dropped (other), ==,
                   RW_SERVER_DROP_NONE);
}

/* It is in libsoup's copy, one for each client. */
static void
test_what_is_being_sent_counts_until_it_has_left (void)
{
  g_autoptr (RwServerQueues) all = rw_server_queues_new (1 << 20);
  g_autoptr (RwServerQueue) one = rw_server_queue_new (all, 25000);
  g_autoptr (RwServerQueue) other = rw_server_queue_new (all, 25000);
  GBytes *text = new_text (all, 10000);

  rw_server_queue_push (one, text, NULL, 0);
  rw_server_queue_push (other, text, NULL, 0);
  g_bytes_unref (text);
  pop (one);
  pop (other);
  g_assert_true (rw_server_queue_is_empty (one));
  g_assert_cmpuint (rw_server_queues_get_bytes (all), ==, 20000);
  g_assert_cmpuint (rw_server_queue_get_weight (one, 1000), ==, 20000);

  rw_server_queue_sent (one);
  g_assert_cmpuint (rw_server_queues_get_bytes (all), ==, 10000);
  g_assert_cmpuint (rw_server_queue_get_weight (one, 1000), ==, 0);
  push_new (all, one, 20000, 0);
  g_assert_cmpint (rw_server_queue_get_dropped (one), ==, RW_SERVER_DROP_NONE);
  push_new (all, other, 20000, 0);
  g_assert_cmpint (rw_server_queue_get_dropped (other), ==,
                   RW_SERVER_DROP_QUEUE);
}

/* Nothing waits any more, and libsoup has it all. */
static void
test_what_is_being_sent_can_be_too_much_for_all (void)
{
  g_autoptr (RwServerQueues) all = rw_server_queues_new (100000);
  GBytes *text = new_text (all, 10000);
  RwServerQueue *queues[12];
  guint n_dropped = 0;

  for (guint i = 0; i < 12; i++) {
    queues[i] = rw_server_queue_new (all, 65536);
    rw_server_queue_push (queues[i], text, NULL, 0);
  }
  g_bytes_unref (text);
  for (guint i = 0; i < 12; i++) {
    if (!rw_server_queue_is_empty (queues[i]))
      pop (queues[i]);
    g_assert_cmpuint (rw_server_queues_get_bytes (all), <=, 100000);
  }

  for (guint i = 0; i < 12; i++) {
    if (rw_server_queue_get_dropped (queues[i]) == RW_SERVER_DROP_QUEUES)
      n_dropped++;
    rw_server_queue_free (queues[i]);
  }
  g_assert_cmpuint (n_dropped, >=, 2);
  g_assert_cmpuint (n_dropped, <, 12);
  g_assert_cmpuint (rw_server_queues_get_bytes (all), ==, 0);
}

/* The one that reads has just been given the longest message of all; those
 * that do not have had theirs for a while. */
static void
test_too_much_for_all_is_the_end_of_those_that_do_not_read (void)
{
  g_autoptr (RwServerQueues) all = rw_server_queues_new (1000000);
  g_autoptr (RwServerQueue) reader = rw_server_queue_new (all, 1 << 20);
  g_autoptr (RwServerQueue) stalled = rw_server_queue_new (all, 1 << 20);
  RwServerQueue *others[10];

  push_new (all, stalled, 200, 0);
  for (guint i = 0; i < 10; i++) {
    others[i] = rw_server_queue_new (all, 1 << 20);
    push_new (all, others[i], i == 3 ? 70000 : 60000, 0);
  }
  push_new (all, reader, 400000, 5 * G_USEC_PER_SEC);

  g_assert_cmpint (rw_server_queue_get_dropped (reader), ==,
                   RW_SERVER_DROP_NONE);
  g_assert_cmpint (rw_server_queue_get_dropped (stalled), ==,
                   RW_SERVER_DROP_NONE);
  g_assert_cmpint (rw_server_queue_get_dropped (others[3]), ==,
                   RW_SERVER_DROP_QUEUES);
  g_assert_cmpuint (rw_server_queues_get_bytes (all), <=, 875000);
  g_assert_cmpuint (rw_server_queues_get_bytes (all), >=, 800000);
  for (guint i = 0; i < 10; i++)
    rw_server_queue_free (others[i]);
}

#define ADD(path, func) g_test_add_func ("/queue/" path, func)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("a-text-has-its-numbers-in-it", test_a_text_has_its_numbers_in_it);
  ADD ("a-text-counts-once-while-it-is-there",
       test_a_text_counts_once_while_it_is_there);
  ADD ("too-much-for-one-is-its-own-end", test_too_much_for_one_is_its_own_end);
  ADD ("what-is-being-sent-counts-until-it-has-left",
       test_what_is_being_sent_counts_until_it_has_left);
  ADD ("what-is-being-sent-can-be-too-much-for-all",
       test_what_is_being_sent_can_be_too_much_for_all);
  ADD ("too-much-for-all-is-the-end-of-those-that-do-not-read",
       test_too_much_for_all_is_the_end_of_those_that_do_not_read);

  return g_test_run ();
}

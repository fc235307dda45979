/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-queue.h"

#include <string.h>

/* What waits for clients: as bytes on the wire, and as memory. */

#define TEXT "{\"type\":\"x\"}"

static GBytes *
new_text (RwServerQueues *all, gsize len)
{
  g_autofree char *fill = g_strnfill (len - strlen ("{\"x\":\"\"}"), 'x');

  return rw_server_queues_new_text (all,
                                    g_strdup_printf ("{\"x\":\"%s\"}", fill));
}

/* As much as is there, in pieces of @size. */
static GByteArray *
take (RwServerQueue *queue, gsize size)
{
  GByteArray *taken = g_byte_array_new ();
  g_autofree guint8 *buffer = g_malloc (size);
  gsize n;

  while ((n = rw_server_queue_peek (queue, buffer, size, FALSE)) > 0) {
    g_byte_array_append (taken, buffer, (guint) n);
    rw_server_queue_advance (queue, n);
  }
  return taken;
}

static void
test_a_frame_has_its_numbers_in_it (void)
{
  static const char expected[] =
      "\x81\x0c" TEXT "\x81\x1d{\"type\":\"x\",\"seq\":7,\"ack\":12}"
      "\x81\x14{\"type\":\"x\",\"ack\":0}";
  const RwServerNumbers both = {7, TRUE, 12};
  const RwServerNumbers ack = {0, TRUE, 0};
  const RwServerNumbers none = {0, FALSE, 0};

  for (gsize size = 1; size < sizeof expected; size++) {
    g_autoptr (RwServerQueues) all = rw_server_queues_new (65536);
    g_autoptr (RwServerQueue) queue = rw_server_queue_new (all, 65536);
    g_autoptr (GBytes) text = rw_server_queues_new_text (all, g_strdup (TEXT));
    g_autoptr (GByteArray) taken = NULL;

    rw_server_queue_push (queue, text, &none, 0);
    rw_server_queue_push (queue, text, &both, 0);
    rw_server_queue_push (queue, text, &ack, 0);
    taken = take (queue, size);
    g_assert_cmpmem (taken->data, taken->len, expected, sizeof expected - 1);
    g_assert_true (rw_server_queue_is_empty (queue));
    g_assert_false (rw_server_queue_is_begun (queue));
  }
}

static void
test_lengths_are_written_as_the_standard_has_them (void)
{
  static const struct {
    gsize len;
    guint8 head[10];
    gsize head_len;
  } cases[] = {
      {125, {0x81, 125}, 2},
      {126, {0x81, 126, 0, 126}, 4},
      {65535, {0x81, 126, 0xff, 0xff}, 4},
      {65536, {0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}, 10},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (RwServerQueues) all = rw_server_queues_new (1 << 20);
    g_autoptr (RwServerQueue) queue = rw_server_queue_new (all, 1 << 20);
    g_autoptr (GBytes) text = new_text (all, cases[i].len);
    g_autoptr (GByteArray) taken = NULL;

    rw_server_queue_push (queue, text, NULL, 0);
    taken = take (queue, 16384);
    g_assert_cmpuint (taken->len, ==, cases[i].head_len + cases[i].len);
    g_assert_cmpmem (taken->data, cases[i].head_len, cases[i].head,
                     cases[i].head_len);
    g_assert_cmpmem (taken->data + cases[i].head_len, cases[i].len,
                     g_bytes_get_data (text, NULL), cases[i].len);
  }
}

/* TLS holds them already. */
static void
test_bytes_that_could_not_be_written_come_again (void)
{
  g_autoptr (RwServerQueues) all = rw_server_queues_new (65536);
  g_autoptr (RwServerQueue) queue = rw_server_queue_new (all, 65536);
  g_autoptr (GBytes) text = rw_server_queues_new_text (all, g_strdup (TEXT));
  guint8 buffer[64];

  rw_server_queue_push (queue, text, NULL, 0);
  g_assert_cmpuint (rw_server_queue_peek (queue, buffer, 64, FALSE), ==, 14);
  g_assert_true (rw_server_queue_is_begun (queue));
  rw_server_queue_push (queue, text, NULL, 0);
  rw_server_queue_push (queue, text, NULL, 0);
  g_assert_cmpuint (rw_server_queue_peek (queue, buffer, 64, FALSE), ==, 14);

  rw_server_queue_drop_rest (queue);
  g_assert_cmpuint (rw_server_queue_peek (queue, buffer, 64, FALSE), ==, 14);
  rw_server_queue_advance (queue, 3);
  rw_server_queue_push (queue, text, NULL, 0);
  rw_server_queue_drop_rest (queue);
  g_assert_cmpuint (rw_server_queue_peek (queue, buffer, 64, FALSE), ==, 11);
  rw_server_queue_advance (queue, 11);
  g_assert_true (rw_server_queue_is_empty (queue));
}

/* So that a ping has its turn, however long the queue is. */
static void
test_a_frame_can_be_the_last_for_now (void)
{
  g_autoptr (RwServerQueues) all = rw_server_queues_new (65536);
  g_autoptr (RwServerQueue) queue = rw_server_queue_new (all, 65536);
  g_autoptr (GBytes) text = rw_server_queues_new_text (all, g_strdup (TEXT));
  guint8 buffer[64];

  for (guint i = 0; i < 3; i++)
    rw_server_queue_push (queue, text, NULL, 0);
  g_assert_cmpuint (rw_server_queue_peek (queue, buffer, 20, FALSE), ==, 20);
  g_assert_cmpuint (rw_server_queue_peek (queue, buffer, 64, TRUE), ==, 20);
  rw_server_queue_advance (queue, 20);
  g_assert_cmpuint (rw_server_queue_peek (queue, buffer, 64, TRUE), ==, 8);
  rw_server_queue_advance (queue, 8);
  g_assert_cmpuint (rw_server_queue_peek (queue, buffer, 64, TRUE), ==, 0);
  g_assert_false (rw_server_queue_is_begun (queue));
  g_assert_cmpuint (rw_server_queue_peek (queue, buffer, 64, FALSE), ==, 14);
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

  ADD ("a-frame-has-its-numbers-in-it", test_a_frame_has_its_numbers_in_it);
  ADD ("lengths-are-written-as-the-standard-has-them",
       test_lengths_are_written_as_the_standard_has_them);
  ADD ("bytes-that-could-not-be-written-come-again",
       test_bytes_that_could_not_be_written_come_again);
  ADD ("a-frame-can-be-the-last-for-now", test_a_frame_can_be_the_last_for_now);
  ADD ("a-text-counts-once-while-it-is-there",
       test_a_text_counts_once_while_it_is_there);
  ADD ("too-much-for-one-is-its-own-end", test_too_much_for_one_is_its_own_end);
  ADD ("too-much-for-all-is-the-end-of-those-that-do-not-read",
       test_too_much_for_all_is_the_end_of_those_that_do_not_read);

  return g_test_run ();
}

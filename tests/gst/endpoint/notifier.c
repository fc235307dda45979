/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-notifier.h"
#include "test-process.h"

/* The messages to the application, their order, and which thread waits for
 * which. */

typedef struct {
  GMutex lock;
  GCond changed;
  GArray *heard; /* int */
  guint n_left;  /* handlers that have returned */
  GThread *thread;
  gboolean is_blocked;
} Listener;

typedef struct {
  Listener *listener;
  gint number;
} Word;

static void
listener_init (Listener *listener)
{
  *listener = (Listener){.heard = g_array_new (FALSE, FALSE, sizeof (gint))};
  g_mutex_init (&listener->lock);
  g_cond_init (&listener->changed);
}

/* Waits for the handlers that are still on their way out. */
static void
listener_clear (Listener *listener)
{
  g_mutex_lock (&listener->lock);
  while (listener->n_left < listener->heard->len)
    g_cond_wait (&listener->changed, &listener->lock);
  g_mutex_unlock (&listener->lock);
  g_array_unref (listener->heard);
  g_cond_clear (&listener->changed);
  g_mutex_clear (&listener->lock);
}

/* The handler: notes, and waits while it is told to. */
static void
hear (GstElement *element, gpointer data)
{
  Word *word = data;
  Listener *listener = word->listener;

  g_mutex_lock (&listener->lock);
  g_array_append_val (listener->heard, word->number);
  listener->thread = g_thread_self ();
  g_cond_broadcast (&listener->changed);
  while (listener->is_blocked && word->number == 0)
    g_cond_wait (&listener->changed, &listener->lock);
  listener->n_left++;
  g_cond_broadcast (&listener->changed);
  g_mutex_unlock (&listener->lock);
}

static void
say (RwNotifier *announcer, Listener *listener, gint number)
{
  Word *word = g_new (Word, 1);

  *word = (Word){listener, number};
  rw_notifier_call (announcer, hear, word, g_free);
}

static void
wait_heard (Listener *listener, guint n)
{
  gint64 end_us = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;

  g_mutex_lock (&listener->lock);
  while (listener->heard->len < n)
    if (!g_cond_wait_until (&listener->changed, &listener->lock, end_us))
      g_error ("heard %u of %u", listener->heard->len, n);
  g_mutex_unlock (&listener->lock);
}

static void
set_blocked (Listener *listener, gboolean blocked)
{
  g_mutex_lock (&listener->lock);
  listener->is_blocked = blocked;
  g_cond_broadcast (&listener->changed);
  g_mutex_unlock (&listener->lock);
}

static void
test_announcements_come_in_order_on_another_thread (void)
{
  GstElement *element = gst_object_ref_sink (gst_bin_new (NULL));
  RwNotifier *announcer = rw_notifier_new (element);
  Listener listener;

  listener_init (&listener);
  for (gint i = 0; i < 500; i++)
    say (announcer, &listener, i);
  wait_heard (&listener, 500);
  for (gint i = 0; i < 500; i++)
    g_assert_cmpint (g_array_index (listener.heard, gint, i), ==, i);
  g_assert_true (listener.thread != g_thread_self ());
  rw_notifier_free (announcer);
  gst_object_unref (element);
  listener_clear (&listener);
}

/* The handler holds up nobody: neither who announces nor who flushes. */
static void
test_a_handler_that_blocks_is_passed_by (void)
{
  GstElement *element = gst_object_ref_sink (gst_bin_new (NULL));
  RwNotifier *announcer = rw_notifier_new (element);
  Listener listener;

  listener_init (&listener);
  set_blocked (&listener, TRUE);
  say (announcer, &listener, 0);
  wait_heard (&listener, 1);
  say (announcer, &listener, 1);
  say (announcer, &listener, 2);
  rw_notifier_flush (announcer);
  wait_heard (&listener, 3);
  g_assert_true (listener.thread == g_thread_self ());
  set_blocked (&listener, FALSE);
  say (announcer, &listener, 3);
  wait_heard (&listener, 4);
  for (gint i = 0; i < 4; i++)
    g_assert_cmpint (g_array_index (listener.heard, gint, i), ==, i);
  rw_notifier_flush (announcer);
  rw_notifier_free (announcer);
  gst_object_unref (element);
  listener_clear (&listener);
}

typedef struct {
  RwNotifier *announcer;
  Listener *listener;
} Nested;

static void
flush_inside (GstElement *element, gpointer data)
{
  Nested *nested = data;

  say (nested->announcer, nested->listener, 7);
  rw_notifier_flush (nested->announcer);
}

/* As a handler does that stops the element. */
static void
test_a_handler_may_flush (void)
{
  GstElement *element = gst_object_ref_sink (gst_bin_new (NULL));
  RwNotifier *announcer = rw_notifier_new (element);
  Listener listener;
  Nested nested = {announcer, &listener};

  listener_init (&listener);
  rw_notifier_call (announcer, flush_inside, &nested, NULL);
  wait_heard (&listener, 1);
  say (announcer, &listener, 8);
  wait_heard (&listener, 2);
  rw_notifier_flush (announcer);
  rw_notifier_free (announcer);
  gst_object_unref (element);
  listener_clear (&listener);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gst/announcer/in-order-on-another-thread",
                   test_announcements_come_in_order_on_another_thread);
  g_test_add_func ("/gst/announcer/a-handler-that-blocks-is-passed-by",
                   test_a_handler_that_blocks_is_passed_by);
  g_test_add_func ("/gst/announcer/a-handler-may-flush",
                   test_a_handler_may_flush);
  return test_process_run_tests ();
}

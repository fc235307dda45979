/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-loop.h"
#include "test-process.h"

#include <sys/prctl.h>
#include <unistd.h>

/* The thread's end is the kernel's to report: count what it lists. */
static void
append_one (gpointer data)
{
  GArray *array = data;
  int next = (int) array->len;

  g_array_append_val (array, next);
}

static void
test_posts_run_in_order (void)
{
  g_autoptr (RwLoop) loop = rw_loop_new ("test");
  g_autoptr (GArray) array = g_array_new (FALSE, FALSE, sizeof (int));

  for (int i = 0; i < 99; i++)
    g_assert_true (rw_loop_invoke (loop, append_one, array, NULL));
  g_assert_true (rw_loop_call (loop, append_one, array));
  g_assert_cmpuint (array->len, ==, 100);
  for (int i = 0; i < 100; i++)
    g_assert_cmpint (g_array_index (array, int, i), ==, i);
}

typedef struct {
  RwLoop *loop;
  guint depth;
  guint n_ran;
  guint n_destroyed;
} Probe;

static void
note_post (gpointer data)
{
  Probe *probe = data;

  g_assert_true (rw_loop_is_owner (probe->loop));
  g_assert_cmpuint (probe->depth, ==, 0);
  g_atomic_int_inc (&probe->n_ran);
}

static void
note_destroy (gpointer data)
{
  Probe *probe = data;

  g_atomic_int_inc (&probe->n_destroyed);
}

static void
post_from_inside (gpointer data)
{
  Probe *probe = data;

  g_assert_true (rw_loop_is_owner (probe->loop));
  g_assert_true (g_main_context_get_thread_default () ==
                 rw_loop_get_context (probe->loop));
  probe->depth++;
  rw_loop_invoke (probe->loop, note_post, probe, note_destroy);
  /* A call, unlike a post, does run inside. */
  g_assert_true (rw_loop_call (probe->loop, note_destroy, probe));
  probe->depth--;
}

static void
nothing (gpointer data)
{
}

static void
test_post_never_runs_inline_and_call_does (void)
{
  g_autoptr (RwLoop) loop = rw_loop_new ("test");
  Probe probe = {.loop = loop};

  g_assert_false (rw_loop_is_owner (loop));
  g_assert_true (rw_loop_call (loop, post_from_inside, &probe));
  g_assert_true (rw_loop_call (loop, nothing, NULL));
  g_assert_cmpuint (probe.n_ran, ==, 1);
  g_assert_cmpuint (probe.n_destroyed, ==, 2);
}

static void
stop_with_posts_waiting (gpointer data)
{
  Probe *probe = data;

  for (int i = 0; i < 10; i++)
    rw_loop_invoke (probe->loop, note_post, probe, note_destroy);
  rw_loop_stop (probe->loop);
}

static void
test_stop_drops_what_waits (void)
{
  g_autoptr (RwLoop) loop = rw_loop_new ("test");
  Probe probe = {.loop = loop};

  /* From the loop's own thread, where it must not wait for itself. */
  g_assert_true (rw_loop_call (loop, stop_with_posts_waiting, &probe));
  rw_loop_stop (loop);
  rw_loop_stop (loop);
  g_assert_cmpuint (probe.n_ran, ==, 0);
  g_assert_cmpuint (probe.n_destroyed, ==, 10);
  g_assert_false (rw_loop_invoke (loop, note_post, &probe, note_destroy));
  g_assert_false (rw_loop_call (loop, note_post, &probe));
  g_assert_cmpuint (probe.n_destroyed, ==, 11);
}

static void
test_last_unref_may_come_from_the_loop (void)
{
  RwLoop *loop = rw_loop_new ("test");
  g_autoptr (GMainContext) context =
      g_main_context_ref (rw_loop_get_context (loop));
  gpointer weak = loop;

  g_object_add_weak_pointer (G_OBJECT (loop), &weak);
  /* The post owns the only reference. */
  g_assert_true (rw_loop_invoke (loop, nothing, loop, g_object_unref));
  while (g_atomic_pointer_get (&weak) != NULL)
    g_thread_yield ();
}

static gboolean
never (gpointer data)
{
  g_assert_not_reached ();
}

static void
attach_source (gpointer data)
{
  Probe *probe = data;
  g_autoptr (GSource) source = g_timeout_source_new_seconds (1000);

  g_source_set_callback (source, never, probe, note_destroy);
  g_source_attach (source, rw_loop_get_context (probe->loop));
}

static void
test_end_destroys_sources (void)
{
  RwLoop *loop = rw_loop_new ("test");
  Probe probe = {.loop = loop};

  rw_loop_invoke (loop, attach_source, &probe, NULL);
  g_assert_true (rw_loop_call (loop, nothing, NULL));
  g_object_unref (loop);
  g_assert_cmpuint (probe.n_destroyed, ==, 1);
}

static gpointer
stop_loop (gpointer data)
{
  rw_loop_stop (data);
  return NULL;
}

static void
test_many_may_stop_at_once (void)
{
  g_autoptr (RwLoop) loop = rw_loop_new ("test");
  GThread *threads[8];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("stopper", stop_loop, loop);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static void
set_true (gpointer data)
{
  *(gboolean *) data = TRUE;
}

typedef struct {
  RwLoop *loop;
  gboolean arrived;
} Nested;

static void
wait_for_post (gpointer data)
{
  Nested *nested = data;
  GMainContext *context = rw_loop_get_context (nested->loop);

  rw_loop_invoke (nested->loop, set_true, &nested->arrived, NULL);
  for (guint i = 0; i < 100 && !nested->arrived; i++)
    g_main_context_iteration (context, FALSE);
}

/* A post may wait in a nested iteration for another one. */
static void
test_posts_run_in_a_nested_iteration (void)
{
  g_autoptr (RwLoop) loop = rw_loop_new ("test");
  Nested nested = {loop, FALSE};

  g_assert_true (rw_loop_call (loop, wait_for_post, &nested));
  g_assert_true (nested.arrived);
}

static void
test_thousand_cycles_leave_nothing (void)
{
  guint n_threads, n_fds;

  g_object_unref (rw_loop_new ("warm-up"));
  n_threads = test_process_count_threads ();
  n_fds = test_process_count_files ();
  for (int i = 0; i < 1000; i++) {
    g_autoptr (RwLoop) loop = rw_loop_new ("cycle");

    rw_loop_invoke (loop, nothing, NULL, NULL);
    if (i % 2 == 0)
      rw_loop_call (loop, nothing, NULL);
  }
  g_assert_cmpuint (test_process_count_threads (), <=, n_threads);
  g_assert_cmpuint (test_process_count_files (), <=, n_fds);
}

static void
read_name (gpointer data)
{
  g_assert_cmpint (prctl (PR_GET_NAME, data), ==, 0);
}

/* An element's name is longer than what the kernel takes. */
static void
test_thread_has_the_end_of_its_name (void)
{
  g_autoptr (RwLoop) loop = rw_loop_new ("resilientwebrtcsrc12");
  char name[16] = "";

  g_assert_true (rw_loop_call (loop, read_name, name));
  g_assert_cmpstr (name, ==, "webrtcsrc12");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session/loop/posts-run-in-order", test_posts_run_in_order);
  g_test_add_func ("/session/loop/post-never-runs-inline-and-call-does",
                   test_post_never_runs_inline_and_call_does);
  g_test_add_func ("/session/loop/stop-drops-what-waits",
                   test_stop_drops_what_waits);
  g_test_add_func ("/session/loop/last-unref-may-come-from-the-loop",
                   test_last_unref_may_come_from_the_loop);
  g_test_add_func ("/session/loop/end-destroys-sources",
                   test_end_destroys_sources);
  g_test_add_func ("/session/loop/many-may-stop-at-once",
                   test_many_may_stop_at_once);
  g_test_add_func ("/session/loop/posts-run-in-a-nested-iteration",
                   test_posts_run_in_a_nested_iteration);
  g_test_add_func ("/session/loop/thread-has-the-end-of-its-name",
                   test_thread_has_the_end_of_its_name);
  g_test_add_func ("/session/loop/thousand-cycles-leave-nothing",
                   test_thousand_cycles_leave_nothing);
  return g_test_run ();
}

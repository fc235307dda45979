/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-process.h"

#include <unistd.h>

#define DEADLINE_US (30 * G_TIME_SPAN_SECOND)
#define POLL_US     1000

typedef gboolean (*Condition) (gpointer data);

static guint
count_entries (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

guint
test_process_count_threads (void)
{
  return count_entries ("/proc/self/task");
}

guint
test_process_count_files (void)
{
  return count_entries ("/proc/self/fd");
}

/* The one poll of all tests: the kernel reports neither the end of a thread nor
 * the closing of a file. */
static gboolean
poll_proc (Condition condition, gpointer data)
{
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;

  while (!condition (data)) {
    if (g_get_monotonic_time () > deadline_us)
      return FALSE;
    g_usleep (POLL_US);
  }
  return TRUE;
}

typedef struct {
  guint threads;
  guint files;
} Usage;

static gboolean
is_within (gpointer data)
{
  const Usage *most = data;

  return test_process_count_threads () <= most->threads &&
         test_process_count_files () <= most->files;
}

gboolean
test_process_wait_usage (guint most_threads, guint most_files)
{
  Usage most = {most_threads, most_files};

  return poll_proc (is_within, &most);
}

/* By name: GLib's, GIO's and GStreamer's own. @verbose: tell of another one. */
static gboolean
lives_on (const char *id, gboolean verbose)
{
  static const char *const names[] = {"gmain", "gdbus", "dconf worker",
                                      "pool-spawner", "GstSystemClock"};
  g_autofree char *path =
      g_build_filename ("/proc/self/task", id, "comm", NULL);
  g_autofree char *name = NULL;

  if (g_ascii_strtoull (id, NULL, 10) == (guint64) getpid ())
    return TRUE;
  if (!g_file_get_contents (path, &name, NULL, NULL))
    return FALSE;

  g_strchomp (name);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (g_str_equal (name, names[i]))
      return TRUE;
  }
  if (verbose)
    g_test_message ("still there: %s", name);
  return FALSE;
}

static gboolean
has_others (gboolean verbose)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const char *id;

  while ((id = g_dir_read_name (dir)) != NULL) {
    if (!lives_on (id, verbose))
      return TRUE;
  }
  return FALSE;
}

static gboolean
has_no_others (gpointer unused)
{
  return !has_others (FALSE);
}

void
test_process_end_idle_threads (void)
{
  g_thread_pool_set_max_unused_threads (0);
  g_thread_pool_stop_unused_threads ();
  if (!poll_proc (has_no_others, NULL))
    has_others (TRUE);
}

void
test_process_wait_moment (GRand *dice, gint most_us)
{
  g_usleep ((gulong) g_rand_int_range (dice, 0, most_us));
}

int
test_process_run_tests (void)
{
  int result = g_test_run ();

  test_process_end_idle_threads ();
  return result;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-process.h"

#include <unistd.h>

#define DEADLINE_US (10 * G_TIME_SPAN_SECOND)

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
rw_process_count_threads (void)
{
  return count_entries ("/proc/self/task");
}

guint
rw_process_count_files (void)
{
  return count_entries ("/proc/self/fd");
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

void
rw_process_end_idle_threads (void)
{
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;

  g_thread_pool_set_max_unused_threads (0);
  g_thread_pool_stop_unused_threads ();
  while (has_others (FALSE) && g_get_monotonic_time () < deadline_us)
    g_usleep (1000);
  has_others (TRUE);
}

int
rw_process_run_tests (void)
{
  int result = g_test_run ();

  rw_process_end_idle_threads ();
  return result;
}

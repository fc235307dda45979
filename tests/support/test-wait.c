/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-wait.h"

#define WAKE_MS 20

static gboolean
on_deadline (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

static gboolean
on_wake (gpointer unused)
{
  return G_SOURCE_CONTINUE;
}

static GSource *
attach (GSource *source, GSourceFunc func, gpointer data)
{
  g_source_set_callback (source, func, data, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  return source;
}

void
test_wait_until (TestCondition condition, gpointer user_data, const char *what)
{
  gboolean late = FALSE;
  g_autoptr (GSource) deadline = attach (
      g_timeout_source_new_seconds (TEST_DEADLINE_S), on_deadline, &late);
  g_autoptr (GSource) wake =
      attach (g_timeout_source_new (WAKE_MS), on_wake, NULL);

  while (!condition (user_data)) {
    if (late)
      g_error ("waited in vain for %s", what);
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
  }
  g_source_destroy (deadline);
  g_source_destroy (wake);
}

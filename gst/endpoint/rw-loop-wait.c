/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-loop-wait.h"

typedef struct {
  RwLoop *loop;
  gboolean (*is_done) (gpointer);
  gpointer data;
  gint64 timeout_us;
} Wait;

static gboolean
on_wait_timeout (gpointer data)
{
  return G_SOURCE_CONTINUE; /* its dispatch has woken the iteration */
}

/* Nested iterations of the control thread's own context: the awaited events are
 * dispatched there. */
static void
wait_on_loop (gpointer data)
{
  Wait *wait = data;
  GMainContext *context = rw_loop_get_context (wait->loop);
  gint64 end_us = g_get_monotonic_time () + wait->timeout_us;
  g_autoptr (GSource) tick = g_timeout_source_new (20);

  g_source_set_name (tick, "loop wait");
  g_source_set_callback (tick, on_wait_timeout, NULL, NULL);
  g_source_attach (tick, context);
  while (!wait->is_done (wait->data) && g_get_monotonic_time () < end_us)
    g_main_context_iteration (context, TRUE);
  g_source_destroy (tick);
}

void
rw_loop_wait (RwLoop *loop, gboolean (*is_done) (gpointer), gpointer data,
              gint64 timeout_us)
{
  Wait wait = {loop, is_done, data, timeout_us};

  rw_loop_call (loop, wait_on_loop, &wait);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-drain-gate.h"

/* See the header. */

/* So many can be read at a glance. */
#define MAX_DESCRIBED 8u

typedef struct {
  GHashTable *finished;
  gboolean all;
} Collect;

void
rw_drain_gate_init (RwDrainGate *gate)
{
  g_cond_init (&gate->changed);
  gate->interrupted = FALSE;
  gate->finished =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

void
rw_drain_gate_clear (RwDrainGate *gate)
{
  g_hash_table_unref (gate->finished);
  g_cond_clear (&gate->changed);
}

void
rw_drain_gate_reset (RwDrainGate *gate)
{
  g_hash_table_remove_all (gate->finished);
}

void
rw_drain_gate_finish (RwDrainGate *gate, const char *consumer_id)
{
  g_hash_table_add (gate->finished, g_strdup (consumer_id));
  g_cond_broadcast (&gate->changed);
}

void
rw_drain_gate_forget (RwDrainGate *gate, const char *consumer_id)
{
  g_hash_table_remove (gate->finished, consumer_id);
  g_cond_broadcast (&gate->changed);
}

void
rw_drain_gate_change (RwDrainGate *gate)
{
  g_cond_broadcast (&gate->changed);
}

void
rw_drain_gate_interrupt (RwDrainGate *gate, gboolean interrupt)
{
  gate->interrupted = interrupt;
  g_cond_broadcast (&gate->changed);
}

static void
find_unfinished (RwCursor *cursor, gpointer data)
{
  Collect *collect = data;

  collect->all &=
      g_hash_table_contains (collect->finished, cursor->consumer_id);
}

/* Having every frame is not enough: a consumer that has not learnt of the end
 * would wait for more. */
static gboolean
is_drained (RwDrainGate *gate, RwCursorSet *cursors)
{
  Collect collect = {gate->finished, TRUE};

  rw_cursor_set_foreach (cursors, find_unfinished, &collect);
  return collect.all;
}

typedef struct {
  GHashTable *finished;
  GString *text;
  guint n;
} Description;

static void
describe_unfinished (RwCursor *cursor, gpointer data)
{
  Description *description = data;

  if (g_hash_table_contains (description->finished, cursor->consumer_id) ||
      description->n++ >= MAX_DESCRIBED)
    return;
  g_string_append_printf (description->text, "%s%s%s",
                          description->n > 1 ? ", " : "", cursor->consumer_id,
                          cursor->sessions == 0 ? " (gone, may return)" : "");
}

char *
rw_drain_gate_describe (RwDrainGate *gate, RwCursorSet *cursors)
{
  Description description = {gate->finished, g_string_new (NULL), 0};

  rw_cursor_set_foreach (cursors, describe_unfinished, &description);
  if (description.n > MAX_DESCRIBED)
    g_string_append_printf (description.text, " and %u more",
                            description.n - MAX_DESCRIBED);
  return g_string_free (description.text, FALSE);
}

RwDrain
rw_drain_gate_wait (RwDrainGate *gate, GMutex *lock, RwCursorSet *cursors,
                    GstClockTime timeout)
{
  gint64 now_us = g_get_monotonic_time ();
  gint64 end_us = timeout / 1000 > (guint64) (G_MAXINT64 - now_us)
                      ? G_MAXINT64
                      : now_us + (gint64) (timeout / 1000);

  while (!gate->interrupted && !is_drained (gate, cursors)) {
    if (!g_cond_wait_until (&gate->changed, lock, end_us))
      return is_drained (gate, cursors) ? RW_DRAIN_DONE : RW_DRAIN_TIMED_OUT;
  }
  return gate->interrupted ? RW_DRAIN_INTERRUPTED : RW_DRAIN_DONE;
}

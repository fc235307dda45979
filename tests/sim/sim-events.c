/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-events.h"

/* A binary heap; the array is kept from run to run. */

static gboolean
is_before (const SimEvent *a, const SimEvent *b)
{
  return a->time_us != b->time_us ? a->time_us < b->time_us
                                  : a->order < b->order;
}

void
sim_events_clear (SimEvents *events)
{
  guint i;

  for (i = 0; i < events->n; i++)
    if (events->heap[i].free_data != NULL)
      events->heap[i].free_data (events->heap[i].data);
  events->n = 0;
  events->n_added = 0;
}

void
sim_events_add (SimEvents *events, const SimEvent *event)
{
  guint at = events->n++;

  if (events->n > events->room) {
    events->room = MAX (256, 2 * events->room);
    events->heap = g_renew (SimEvent, events->heap, events->room);
  }
  events->heap[at] = *event;
  events->heap[at].order = events->n_added++;
  while (at > 0 && is_before (&events->heap[at], &events->heap[(at - 1) / 2])) {
    SimEvent swap = events->heap[at];

    events->heap[at] = events->heap[(at - 1) / 2];
    events->heap[(at - 1) / 2] = swap;
    at = (at - 1) / 2;
  }
}

gboolean
sim_events_pop (SimEvents *events, SimEvent *out)
{
  SimEvent last;
  guint at = 0, child;

  if (events->n == 0)
    return FALSE;
  *out = events->heap[0];
  last = events->heap[--events->n];
  while ((child = 2 * at + 1) < events->n) {
    if (child + 1 < events->n &&
        is_before (&events->heap[child + 1], &events->heap[child]))
      child++;
    if (!is_before (&events->heap[child], &last))
      break;
    events->heap[at] = events->heap[child];
    at = child;
  }
  events->heap[at] = last;
  return TRUE;
}

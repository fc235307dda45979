/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * SimEvents: what will happen, by time; events of one time in the order in
 * which they were added.
 */
typedef void (*SimFunc) (gpointer owner, gpointer data);

typedef struct {
  gint64 time_us;
  guint64 order;
  SimFunc func;
  gpointer owner;
  gpointer data;
  GDestroyNotify free_data;
} SimEvent;

typedef struct {
  SimEvent *heap;
  guint n;
  guint room;
  guint64 n_added;
} SimEvents;

void sim_events_clear (SimEvents *events);
void sim_events_add (SimEvents *events, const SimEvent *event);

/* Takes the next event out. Returns FALSE when nothing is left. */
gboolean sim_events_pop (SimEvents *events, SimEvent *out);

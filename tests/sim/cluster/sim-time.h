/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The simulation's time and what is to happen: events in order of their time,
 * and at one time in the order in which they were added. RwTimer runs on it,
 * and so do the clocks and ids of GLib, which the linker wraps. One thread. */

/**
 * SimOwner: what an event happens to
 * @frozen_until_us: it does nothing before
 * @is_dead: its events are dropped
 */
typedef struct {
  gint64 frozen_until_us;
  gboolean is_dead;
  guint ref_count;
} SimOwner;

SimOwner *sim_owner_new (void);
SimOwner *sim_owner_ref (SimOwner *self);
void sim_owner_unref (SimOwner *self);

/* Timers and connections of @context are of @owner. */
void sim_owner_attach (SimOwner *self, GMainContext *context);
SimOwner *sim_owner_find (GMainContext *context);

typedef void (*SimFunc) (gpointer data);
typedef struct _SimEvent SimEvent;

void sim_time_begin (void);
void sim_time_end (void);
gint64 sim_time_get (void);

/** sim_time_add: @owner: (nullable); @clear: (nullable): frees @data in any
 * case. A removed event is not valid any more, nor is one that happens. */
SimEvent *sim_time_add (SimOwner *owner, gint64 at_us, SimFunc func,
                        gpointer data, GDestroyNotify clear);
void sim_time_remove (SimEvent *event);

/** sim_time_step: the next event happens. */
void sim_time_step (void);

/** sim_time_run: until @until_us. */
void sim_time_run (gint64 until_us);

G_END_DECLS

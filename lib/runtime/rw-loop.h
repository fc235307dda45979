/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * RwLoop:
 * A private thread that runs its own GMainContext: the control thread of an
 * element. Every function may be called from any thread. Objects that belong
 * to the loop need no lock; they are reached by rw_loop_invoke() or
 * rw_loop_call().
 */
#define RW_TYPE_LOOP (rw_loop_get_type ())
G_DECLARE_FINAL_TYPE (RwLoop, rw_loop, RW, LOOP, GObject)

typedef void (*RwLoopFunc) (gpointer data);

/**
 * rw_loop_new:
 * @name: the thread's name; the kernel takes 15 bytes, and gets the last ones.
 *
 * Starts the thread. The context is the thread's default while it runs.
 */
RwLoop *rw_loop_new (const char *name);

/** rw_loop_get_context: owned by the loop; stays valid after a stop. */
GMainContext *rw_loop_get_context (RwLoop *self);

/** rw_loop_is_owner: whether the caller runs on the loop's thread. */
gboolean rw_loop_is_owner (RwLoop *self);

/**
 * rw_loop_invoke:
 *
 * Posts @func; posts run in order, on the loop, never inside this call.
 * @destroy frees @data after @func has run, on the loop's thread. A post that
 * comes after a stop, or is still waiting then, is not run: its @destroy is
 * called all the same (by the poster, or by the stopping loop). Returns
 * whether the post was accepted.
 */
gboolean rw_loop_invoke (RwLoop *self, RwLoopFunc func, gpointer data,
                         GDestroyNotify destroy);

/**
 * rw_loop_call:
 *
 * Runs @func on the loop and waits until it is done; runs it at once if the
 * caller already is the loop's thread. Holds no lock meanwhile, and the
 * caller must not hold one that @func wants. Returns FALSE, and has not run
 * @func, if the loop was stopped first.
 */
gboolean rw_loop_call (RwLoop *self, RwLoopFunc func, gpointer data);

/**
 * rw_loop_stop:
 *
 * Ends the thread: what is running is finished, what is posted is dropped,
 * sources left on the context are destroyed. From another thread it returns
 * when the thread has been joined. From the loop's own thread it cannot wait:
 * it returns at once and the thread ends when it is back in its loop; a later
 * stop from elsewhere joins it, and without one the thread is detached when
 * the object is finalized. Stopping twice is harmless. The last unref stops
 * too, under the same rules.
 */
void rw_loop_stop (RwLoop *self);

G_END_DECLS

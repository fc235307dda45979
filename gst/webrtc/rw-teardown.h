/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwTeardown:
 * Where the pipelines of an element's sessions go to NULL: on a thread of its
 * own, one after the other. It takes milliseconds each, and many at once would
 * keep the control thread from its heartbeats and the cores from the sessions
 * that live. The thread ends when there is nothing to do.
 */
typedef struct _RwTeardown RwTeardown;

typedef void (*RwTeardownFunc) (gpointer data);

/** rw_teardown_new: @func is what to do with what is pushed. */
RwTeardown *rw_teardown_new (RwTeardownFunc func);

/** rw_teardown_free: waits until all that was pushed is done, now with as many
 * threads as there are cores; after 5 s what is not done is left behind, with
 * an error in the log. */
void rw_teardown_free (RwTeardown *self);

/** rw_teardown_push: any thread. */
void rw_teardown_push (RwTeardown *self, gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwTeardown, rw_teardown_free)

G_END_DECLS

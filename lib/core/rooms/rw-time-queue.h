/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwTimeQueue:
 *
 * Items in the order in which they were added, each with the time of that. An
 * item is in the queue at most once, and is not owned. Where all items are due
 * after the same delay, the first one is due first. Pure: time comes as an
 * argument. Of one thread.
 */
typedef struct _RwTimeQueue RwTimeQueue;

RwTimeQueue *rw_time_queue_new (void);
void rw_time_queue_free (RwTimeQueue *self);

/** rw_time_queue_add: an item that is in the queue keeps its time. */
void rw_time_queue_add (RwTimeQueue *self, gpointer item, gint64 now_us);

/** rw_time_queue_remove: an unknown item is fine. */
void rw_time_queue_remove (RwTimeQueue *self, gpointer item);

/** rw_time_queue_get: (nullable): the first item; @since_us: (out) (optional).
 */
gpointer rw_time_queue_get (RwTimeQueue *self, gint64 *since_us);

gboolean rw_time_queue_contains (RwTimeQueue *self, gpointer item);

/** rw_time_queue_get_since_us: of @item; 0 if it is not in the queue. */
gint64 rw_time_queue_get_since_us (RwTimeQueue *self, gpointer item);

guint rw_time_queue_get_length (RwTimeQueue *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwTimeQueue, rw_time_queue_free)

G_END_DECLS

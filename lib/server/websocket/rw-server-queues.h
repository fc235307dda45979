/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _RwServerQueue RwServerQueue;

/**
 * RwServerQueues:
 *
 * The queues of all clients, with one bound for the memory that they take
 * together. A text that waits for many clients counts once. Outlives its
 * queues and texts. Server's thread.
 */
typedef struct _RwServerQueues RwServerQueues;

RwServerQueues *rw_server_queues_new (gsize max_bytes);
void rw_server_queues_free (RwServerQueues *self);

GBytes *rw_server_queues_new_text (RwServerQueues *self, char *text);
gsize rw_server_queues_get_bytes (const RwServerQueues *self);

void rw_server_queues_enter (RwServerQueues *self, RwServerQueue *queue);
void rw_server_queues_leave (RwServerQueues *self, RwServerQueue *queue);
void rw_server_queues_take (RwServerQueues *self, gsize bytes, gint64 now_us);
void rw_server_queues_give_back (RwServerQueues *self, gsize bytes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerQueues, rw_server_queues_free)

G_END_DECLS

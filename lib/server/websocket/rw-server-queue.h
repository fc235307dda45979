/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-server-queues.h"

G_BEGIN_DECLS

/**
 * RwServerQueue:
 *
 * The messages that wait to be sent to one client. Texts are held by reference;
 * a client's own numbers are put into them only when they are popped. Server's
 * thread.
 */
typedef struct _RwServerQueue RwServerQueue;

/**
 * RwServerNumbers:
 * @seq: 0 for none
 * @ack: counts if @has_ack
 *
 * The numbers of one client's copy of a message for many clients.
 */
typedef struct {
  guint64 seq;
  gboolean has_ack;
  guint64 ack;
} RwServerNumbers;

/**
 * RwServerDrop:
 * @RW_SERVER_DROP_NONE: all is there
 * @RW_SERVER_DROP_QUEUE: too much waited for this client
 * @RW_SERVER_DROP_QUEUES: too much waited for all, and here the most
 *
 * Whether messages are missing from a queue; it takes no more then.
 */
typedef enum {
  RW_SERVER_DROP_NONE,
  RW_SERVER_DROP_QUEUE,
  RW_SERVER_DROP_QUEUES,
} RwServerDrop;

RwServerQueue *rw_server_queue_new (RwServerQueues *all, gsize max_bytes);
void rw_server_queue_free (RwServerQueue *self);

void rw_server_queue_push (RwServerQueue *self, GBytes *text,
                           const RwServerNumbers *numbers, gint64 now_us);
GBytes *rw_server_queue_pop (RwServerQueue *self, gint64 now_us);
void rw_server_queue_sent (RwServerQueue *self);
void rw_server_queue_drop (RwServerQueue *self, RwServerDrop why);

gboolean rw_server_queue_is_empty (const RwServerQueue *self);
RwServerDrop rw_server_queue_get_dropped (const RwServerQueue *self);
guint64 rw_server_queue_get_weight (const RwServerQueue *self, gint64 now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerQueue, rw_server_queue_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "rw-limited-stream.h"
#include "rw-server-queue.h"
#include "rw-server-shard.h"

G_BEGIN_DECLS

/**
 * RwServerWriter:
 *
 * Sends one client's queue over its WebSocket, piece by piece as the client
 * reads. Part of RwServerSocket, from which it borrows all that it is given.
 * Server's thread.
 */
typedef struct _RwServerWriter RwServerWriter;

/** rw_server_writer_new: @on_idle (@user_data): all that had to wait has been
 * sent, or sending has stopped. */
RwServerWriter *rw_server_writer_new (SoupWebsocketConnection *connection,
                                      RwLimitedStream *stream,
                                      RwServerShard *shard,
                                      RwServerQueue *queue,
                                      void (*on_idle) (gpointer user_data),
                                      gpointer user_data);
void rw_server_writer_free (RwServerWriter *self);

/** rw_server_writer_send: sends of the queue what the socket takes at once, and
 * the rest later, after which it calls @on_idle. */
void rw_server_writer_send (RwServerWriter *self);

/** rw_server_writer_finish: sends what is queued, and calls @on_idle in any
 * case, never from within. */
void rw_server_writer_finish (RwServerWriter *self);

/** rw_server_writer_stop: drops what is queued; @on_idle is not called any
 * more. */
void rw_server_writer_stop (RwServerWriter *self);

/** rw_server_writer_is_stuck: to be called about once a second: whether the
 * client has read nothing for @limit_us. */
gboolean rw_server_writer_is_stuck (RwServerWriter *self, gint64 now_us,
                                    gint64 limit_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerWriter, rw_server_writer_free)

G_END_DECLS

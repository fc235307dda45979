/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "rw-server-config.h"
#include "rw-server-queue.h"
#include "rw-server-shard.h"

G_BEGIN_DECLS

/**
 * RwServerSocket:
 *
 * The WebSocket of one client, which is not trusted: the queue of outgoing
 * messages is bounded, and a silent or flooding client is disconnected.
 * Server's thread. The callbacks may close or send; the socket must not be
 * freed in them.
 */
typedef struct _RwServerSocket RwServerSocket;

/**
 * RwServerEnd:
 * @RW_SERVER_END_CLOSED: the client closed it with the code for a normal end
 * @RW_SERVER_END_LOST: it broke, or the server closed it
 * @RW_SERVER_END_SILENT: nothing was received from the client within
 *   ping-timeout, or it read nothing
 * @RW_SERVER_END_QUEUE: more than max-queue-bytes waited for the client
 * @RW_SERVER_END_QUEUES: more than max-queues-bytes waited for all clients, and
 *   this queue was the longest
 */
typedef enum {
  RW_SERVER_END_CLOSED,
  RW_SERVER_END_LOST,
  RW_SERVER_END_SILENT,
  RW_SERVER_END_QUEUE,
  RW_SERVER_END_QUEUES,
} RwServerEnd;

#define RW_SERVER_N_ENDS (RW_SERVER_END_QUEUES + 1)

/**
 * RwServerSocketFuncs:
 * @message: a complete text message; @text ends in a NUL that @len leaves out
 * @unwanted: the client sent something other than a text message; @code and
 *   @what describe it, @retry_after_ms is the delay before a retry
 * @closed: the connection has ended; called once, and nothing after it
 */
typedef struct {
  void (*message) (RwServerSocket *self, const char *text, gsize len,
                   gpointer user_data);
  void (*unwanted) (RwServerSocket *self, const char *code, const char *what,
                    guint retry_after_ms, gpointer user_data);
  void (*closed) (RwServerSocket *self, RwServerEnd end, gpointer user_data);
} RwServerSocketFuncs;

RwServerSocket *
rw_server_socket_new (GIOStream *stream, GUri *uri, GSocket *socket,
                      RwServerShard *shard, const RwServerConfig *config,
                      RwServerQueues *queues, guint ping_interval_s,
                      const RwServerSocketFuncs *funcs, gpointer user_data);
void rw_server_socket_free (RwServerSocket *self);

void rw_server_socket_send (RwServerSocket *self, GBytes *text,
                            const RwServerNumbers *numbers);
void rw_server_socket_close (RwServerSocket *self, gushort code,
                             const char *why);
void rw_server_socket_leave (RwServerSocket *self);
void rw_server_socket_tick (RwServerSocket *self, gint64 now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerSocket, rw_server_socket_free)

G_END_DECLS

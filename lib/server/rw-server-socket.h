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
 * One client's WebSocket, from a server that trusts nobody: what waits to be
 * sent is counted and bounded, silence and floods end it. Lives on the
 * server's thread. The callbacks may close or send; whoever frees the socket
 * does so outside of them.
 */
typedef struct _RwServerSocket RwServerSocket;

/**
 * RwServerEnd:
 * @RW_SERVER_END_GOODBYE: the client closed it, and meant to
 * @RW_SERVER_END_LOST: it broke, or we closed it
 * @RW_SERVER_END_SILENT: nothing was heard of the client, or it took nothing
 * @RW_SERVER_END_QUEUE: too much waited for it
 * @RW_SERVER_END_QUEUES: too much waited for all, and for it the most
 */
typedef enum {
  RW_SERVER_END_GOODBYE,
  RW_SERVER_END_LOST,
  RW_SERVER_END_SILENT,
  RW_SERVER_END_QUEUE,
  RW_SERVER_END_QUEUES,
} RwServerEnd;

#define RW_SERVER_N_ENDS (RW_SERVER_END_QUEUES + 1)

/**
 * RwServerSocketFuncs:
 * @message: a whole text message; @text ends in a NUL that @len leaves out
 * @unwanted: the client sent something that is no text message; @code and
 *   @what describe it, @retry_after_ms says when it may try again, 0 for any
 *   time
 * @closed: it is over; called once, and nothing is called after it
 */
typedef struct {
  void (*message) (RwServerSocket *self, const char *text, gsize len,
                   gpointer user_data);
  void (*unwanted) (RwServerSocket *self, const char *code, const char *what,
                    guint retry_after_ms, gpointer user_data);
  void (*closed) (RwServerSocket *self, RwServerEnd end, gpointer user_data);
} RwServerSocketFuncs;

RwServerSocket *rw_server_socket_new (GIOStream *stream, GUri *uri,
                                      GSocket *socket, RwServerShard *shard,
                                      const RwServerConfig *config,
                                      RwServerQueues *queues,
                                      const RwServerSocketFuncs *funcs,
                                      gpointer user_data);
void rw_server_socket_free (RwServerSocket *self);

void rw_server_socket_send (RwServerSocket *self, GBytes *text,
                            const RwServerNumbers *numbers);
void rw_server_socket_close (RwServerSocket *self, gushort code,
                             const char *why);
void rw_server_socket_leave (RwServerSocket *self);
void rw_server_socket_tick (RwServerSocket *self, gint64 now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerSocket, rw_server_socket_free)

G_END_DECLS

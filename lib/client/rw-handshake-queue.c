/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-handshake-queue.h"

/* How long the others wait for the answer to the handshake of one. */
#define TURN_TIME_US (1 * G_TIME_SPAN_SECOND)

struct _RwHandshakeQueue {
  GHashTable *connections; /* generation -> RwServerConnection */
  RwServerConnection *active;
  gint64 begun_us;
};

RwHandshakeQueue *
rw_handshake_queue_new (void)
{
  RwHandshakeQueue *self = g_new0 (RwHandshakeQueue, 1);

  self->connections = g_hash_table_new_full (g_int64_hash, g_int64_equal,
                                             g_free, g_object_unref);
  return self;
}

void
rw_handshake_queue_free (RwHandshakeQueue *self)
{
  g_hash_table_unref (self->connections);
  g_free (self);
}

void
rw_handshake_queue_add (RwHandshakeQueue *self, RwServerConnection *connection)
{
  guint64 generation = rw_server_connection_get_generation (connection);

  g_hash_table_insert (self->connections,
                       g_memdup2 (&generation, sizeof generation), connection);
}

void
rw_handshake_queue_remove (RwHandshakeQueue *self,
                           RwServerConnection *connection)
{
  guint64 generation = rw_server_connection_get_generation (connection);

  if (connection == self->active)
    self->active = NULL;
  g_hash_table_remove (self->connections, &generation);
}

RwServerConnection *
rw_handshake_queue_lookup (RwHandshakeQueue *self, guint64 generation)
{
  return g_hash_table_lookup (self->connections, &generation);
}

RwServerConnection *
rw_handshake_queue_pop (RwHandshakeQueue *self)
{
  RwServerConnection *any = NULL;
  GHashTableIter iter;
  gpointer connection;

  g_hash_table_iter_init (&iter, self->connections);
  if (g_hash_table_iter_next (&iter, NULL, &connection)) {
    any = g_object_ref (connection);
    rw_handshake_queue_remove (self, any);
  }
  return any;
}

void
rw_handshake_queue_begin (RwHandshakeQueue *self,
                          RwServerConnection *connection, gint64 now_us)
{
  self->active = connection;
  self->begun_us = now_us;
}

void
rw_handshake_queue_end (RwHandshakeQueue *self)
{
  self->active = NULL;
}

RwServerConnection *
rw_handshake_queue_get_active (RwHandshakeQueue *self)
{
  return self->active;
}

gint64
rw_handshake_queue_get_begun_us (RwHandshakeQueue *self)
{
  return self->begun_us;
}

gboolean
rw_handshake_queue_is_busy (RwHandshakeQueue *self, gint64 now_us)
{
  return self->active != NULL && now_us - self->begun_us <= TURN_TIME_US;
}

RwServerConnection *
rw_handshake_queue_find_next (RwHandshakeQueue *self)
{
  GHashTableIter iter;
  gpointer connection;

  g_hash_table_iter_init (&iter, self->connections);
  while (g_hash_table_iter_next (&iter, NULL, &connection))
    if (rw_server_connection_get_used_us (connection) == 0 &&
        rw_server_connection_is_open (connection))
      return connection;
  return NULL;
}

RwConnectStage
rw_handshake_queue_get_stage (RwHandshakeQueue *self)
{
  RwConnectStage stage = RW_CONNECT_STAGE_TCP;
  GHashTableIter iter;
  gpointer connection;

  g_hash_table_iter_init (&iter, self->connections);
  while (g_hash_table_iter_next (&iter, NULL, &connection)) {
    RwConnectStage reached = rw_server_connection_get_stage (connection);

    if (reached == RW_CONNECT_STAGE_PROXY || reached == RW_CONNECT_STAGE_TLS)
      stage = reached;
  }
  return stage;
}

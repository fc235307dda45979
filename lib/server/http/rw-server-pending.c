/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-pending.h"

typedef struct {
  RwServerPending *owner;
  SoupServerMessage *msg;
  gint64 since_us;
  GList link;
} Request;

struct _RwServerPending {
  GHashTable *requests; /* SoupServerMessage to Request */
  GQueue order;         /* the oldest first */
  GDestroyNotify forget;
};

static void
request_free (gpointer data)
{
  Request *request = data;

  g_queue_unlink (&request->owner->order, &request->link);
  request->owner->forget (request->msg);
  g_object_unref (request->msg);
  g_free (request);
}

/** rw_server_pending_new: @forget is called with each that goes. */
RwServerPending *
rw_server_pending_new (GDestroyNotify forget)
{
  RwServerPending *self = g_new0 (RwServerPending, 1);

  self->forget = forget;
  self->requests = g_hash_table_new_full (NULL, NULL, NULL, request_free);
  return self;
}

/** rw_server_pending_free: NULL is fine. */
void
rw_server_pending_free (RwServerPending *self)
{
  if (self == NULL)
    return;

  g_hash_table_unref (self->requests);
  g_free (self);
}

void
rw_server_pending_add (RwServerPending *self, SoupServerMessage *msg,
                       gint64 now_us)
{
  Request *request = g_new0 (Request, 1);

  request->owner = self;
  request->msg = g_object_ref (msg);
  request->since_us = now_us;
  request->link.data = request;
  g_queue_push_tail_link (&self->order, &request->link);
  g_hash_table_insert (self->requests, msg, request);
}

/** rw_server_pending_remove: an unknown one is fine. */
void
rw_server_pending_remove (RwServerPending *self, SoupServerMessage *msg)
{
  g_hash_table_remove (self->requests, msg);
}

guint
rw_server_pending_get_n (RwServerPending *self)
{
  return self->order.length;
}

/** rw_server_pending_cut_oldest: fine when there is none. */
void
rw_server_pending_cut_oldest (RwServerPending *self)
{
  Request *request = g_queue_peek_head (&self->order);
  g_autoptr (SoupServerMessage) msg = NULL;
  GSocket *socket;

  if (request == NULL)
    return;

  msg = g_object_ref (request->msg);
  g_hash_table_remove (self->requests, msg);
  socket = soup_server_message_get_socket (msg);
  if (socket != NULL)
    g_socket_shutdown (socket, TRUE, TRUE, NULL);
}

/** rw_server_pending_cut_late: those that began before @since_us. */
void
rw_server_pending_cut_late (RwServerPending *self, gint64 since_us)
{
  Request *request;

  while ((request = g_queue_peek_head (&self->order)) != NULL &&
         request->since_us < since_us)
    rw_server_pending_cut_oldest (self);
}

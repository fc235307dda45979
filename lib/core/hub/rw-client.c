/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-client.h"

/* Messages that a client may send while other servers are asked about it. */
#define MAX_HELD 1024

struct _RwClient {
  char *id;
  guint64 connection;
  RwGrants *grants;
  gboolean has_sent;
  RwQuality quality;
  RwResumption *resumption;
  RwSignalMessage *pending;
  GQueue held;
};

RwClient *
rw_client_new (char *id, RwGrants *grants)
{
  RwClient *self = g_new0 (RwClient, 1);

  self->id = id;
  self->grants = grants;
  return self;
}

/** rw_client_free: NULL is fine. */
void
rw_client_free (RwClient *self)
{
  if (self == NULL)
    return;

  rw_resumption_free (self->resumption);
  rw_client_drop_held (self);
  g_clear_pointer (&self->pending, rw_signal_message_unref);
  rw_grants_free (self->grants);
  g_free (self->id);
  g_free (self);
}

const char *
rw_client_get_id (const RwClient *self)
{
  return self->id;
}

guint64
rw_client_get_connection (const RwClient *self)
{
  return self->connection;
}

void
rw_client_set_connection (RwClient *self, guint64 connection)
{
  self->connection = connection;
}

const RwGrants *
rw_client_get_grants (const RwClient *self)
{
  return self->grants;
}

/** rw_client_take_grants: (transfer full) (nullable) */
RwGrants *
rw_client_take_grants (RwClient *self)
{
  return g_steal_pointer (&self->grants);
}

/** rw_client_set_grants: @grants: (transfer full) (nullable) */
void
rw_client_set_grants (RwClient *self, RwGrants *grants)
{
  rw_grants_free (self->grants);
  self->grants = grants;
}

gboolean
rw_client_has_sent (const RwClient *self)
{
  return self->has_sent;
}

void
rw_client_note_sent (RwClient *self)
{
  self->has_sent = TRUE;
}

RwQuality
rw_client_get_quality (const RwClient *self)
{
  return self->quality;
}

void
rw_client_set_quality (RwClient *self, RwQuality quality)
{
  self->quality = quality;
}

RwResumption *
rw_client_get_resumption (const RwClient *self)
{
  return self->resumption;
}

/** rw_client_set_resumption: @resumption: (transfer full) */
void
rw_client_set_resumption (RwClient *self, RwResumption *resumption)
{
  rw_resumption_free (self->resumption);
  self->resumption = resumption;
}

/* --- Waiting for other servers --- */

void
rw_client_suspend (RwClient *self, RwSignalMessage *message)
{
  g_return_if_fail (self->pending == NULL);

  self->pending = rw_signal_message_ref (message);
}

RwSignalMessage *
rw_client_get_pending (const RwClient *self)
{
  return self->pending;
}

/** rw_client_take_pending: (transfer full) (nullable) */
RwSignalMessage *
rw_client_take_pending (RwClient *self)
{
  return g_steal_pointer (&self->pending);
}

gboolean
rw_client_hold (RwClient *self, RwSignalMessage *message)
{
  if (self->held.length >= MAX_HELD)
    return FALSE;

  g_queue_push_tail (&self->held, rw_signal_message_ref (message));
  return TRUE;
}

RwSignalMessage *
rw_client_pop_held (RwClient *self)
{
  return g_queue_pop_head (&self->held);
}

void
rw_client_drop_held (RwClient *self)
{
  g_queue_clear_full (&self->held, (GDestroyNotify) rw_signal_message_unref);
}

void
rw_client_move_held (RwClient *self, RwClient *to)
{
  GQueue held = self->held;

  g_queue_init (&self->held);
  rw_client_drop_held (to);
  to->held = held;
}

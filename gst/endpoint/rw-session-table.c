/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-session-table.h"

#include "rw-loop-wait.h"

/* See the header. */

#define CLOSE_US (2 * G_USEC_PER_SEC)

struct _RwSessionTable {
  RwEndpoint *endpoint;
  RwSignaller *signaller;
  gboolean connection_lost; /* closed for good */
  GHashTable *sessions;     /* id -> RwSession */
};

static RwSession *
lookup_open (RwSessionTable *self, const char *id)
{
  RwSession *session = g_hash_table_lookup (self->sessions, id);

  return session && rw_session_is_open (session) ? session : NULL;
}

static void
on_description (RwSignaller *signaller, const char *session_id, RwSdpType type,
                const char *sdp, gpointer data)
{
  RwSession *session = lookup_open (data, session_id);

  if (session)
    rw_session_take_description (session, type, sdp);
}

static void
on_candidate (RwSignaller *signaller, const char *session_id, guint mline,
              const char *candidate, gpointer data)
{
  RwSession *session = lookup_open (data, session_id);

  if (session)
    rw_session_take_candidate (session, mline, candidate);
}

static void
on_session_ended (RwSignaller *signaller, const char *session_id,
                  const char *error, gpointer data)
{
  RwSession *session = lookup_open (data, session_id);

  if (session)
    rw_session_take_end (session, error);
}

static void
on_closed (RwSignaller *signaller, GError *error, gboolean will_retry,
           gint64 delay_us, gpointer data)
{
  RwSessionTable *self = data;

  self->connection_lost = !will_retry;
}

RwSessionTable *
rw_session_table_new (RwEndpoint *endpoint)
{
  RwSignaller *signaller = rw_endpoint_create_signaller (endpoint);
  RwSessionTable *self;

  if (signaller == NULL)
    return NULL;
  self = g_new0 (RwSessionTable, 1);
  self->endpoint = g_object_ref (endpoint);
  self->signaller = signaller;
  self->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                          (GDestroyNotify) rw_session_free);
  g_signal_connect (signaller, "description", G_CALLBACK (on_description),
                    self);
  g_signal_connect (signaller, "candidate", G_CALLBACK (on_candidate), self);
  g_signal_connect (signaller, "session-ended", G_CALLBACK (on_session_ended),
                    self);
  g_signal_connect (signaller, "closed", G_CALLBACK (on_closed), self);
  return self;
}

static gboolean
is_over (gpointer data)
{
  RwSessionTable *self = data;

  return self->connection_lost && g_hash_table_size (self->sessions) == 0;
}

void
rw_session_table_close (RwSessionTable *self)
{
  rw_signaller_stop (self->signaller);
  rw_loop_wait (rw_endpoint_get_loop (self->endpoint), is_over, self, CLOSE_US);
}

void
rw_session_table_free (RwSessionTable *self)
{
  g_signal_handlers_disconnect_by_data (self->signaller, self);
  rw_endpoint_drop_signaller (self->endpoint);
  g_hash_table_unref (self->sessions);
  g_object_unref (self->signaller);
  g_object_unref (self->endpoint);
  g_free (self);
}

RwSignaller *
rw_session_table_get_signaller (RwSessionTable *self)
{
  return self->signaller;
}

static void
on_gone (RwSession *session, gpointer data)
{
  RwSessionTable *self = data;

  g_hash_table_remove (self->sessions, rw_session_get_id (session));
}

RwSession *
rw_session_table_add (RwSessionTable *self, const char *id,
                      RwWebrtcPeerConfig *config, const RwSessionFuncs *funcs,
                      gpointer owner, GDestroyNotify free_owner)
{
  RwSession *session = rw_session_new (self->endpoint, self->signaller, id,
                                       config, funcs, owner, free_owner);

  rw_session_set_gone_func (session, on_gone, self);
  g_hash_table_insert (self->sessions, (gpointer) rw_session_get_id (session),
                       session);
  return session;
}

guint
rw_session_table_get_size (RwSessionTable *self)
{
  return g_hash_table_size (self->sessions);
}

gboolean
rw_session_table_has_id (RwSessionTable *self, const char *id)
{
  return g_hash_table_contains (self->sessions, id);
}

RwSession *
rw_session_table_find (RwSessionTable *self, guint64 generation)
{
  GHashTableIter iter;
  RwSession *session;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &session))
    if (rw_session_get_generation (session) == generation)
      return session;
  return NULL;
}

GPtrArray *
rw_session_table_list (RwSessionTable *self)
{
  GPtrArray *list = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    g_ptr_array_add (list, session);
  return list;
}

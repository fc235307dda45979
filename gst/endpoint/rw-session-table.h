/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-session.h"

G_BEGIN_DECLS

/*
 * RwSessionTable: owns the sessions of an element and its signaller: forwards
 * the server's messages to their session, and keeps each session until its peer
 * has closed.
 *
 * Thread: control.
 */
typedef struct _RwSessionTable RwSessionTable;

/* NULL, and an element error, when the settings are not valid for a signaller.
 * The signaller is not started yet. */
RwSessionTable *rw_session_table_new (RwEndpoint *endpoint);

/**
 * rw_session_table_close:
 * Stops the signaller, and waits until it and all sessions have closed, two
 * seconds at the most. The caller closes the sessions first.
 */
void rw_session_table_close (RwSessionTable *self);

/* Closed before. */
void rw_session_table_free (RwSessionTable *self);

RwSignaller *rw_session_table_get_signaller (RwSessionTable *self);

/* Adds a new session, owned by the table; see rw_session_new(). @id must be
 * unused. */
RwSession *rw_session_table_add (RwSessionTable *self, const char *id,
                                 RwWebrtcPeerConfig *config,
                                 const RwSessionFuncs *funcs, gpointer owner,
                                 GDestroyNotify free_owner);

/* Closing sessions are included in all of these. */
guint rw_session_table_get_size (RwSessionTable *self);
gboolean rw_session_table_has_id (RwSessionTable *self, const char *id);
RwSession *rw_session_table_find (RwSessionTable *self, guint64 generation);

/* A snapshot of the RwSessions, for loops that may close some. */
GPtrArray *rw_session_table_list (RwSessionTable *self);

G_END_DECLS

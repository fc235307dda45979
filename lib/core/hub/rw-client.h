/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-grants.h"
#include "rw-quality.h"
#include "rw-resumption.h"

G_BEGIN_DECLS

/**
 * RwClient:
 *
 * A client of this server: its id, its connection, what its token allows, the
 * message that other servers were asked about, and, if the client requested
 * that, its RwResumption. A client without one lives as long as its connection.
 * Pure; of one thread, and of one RwClientTable.
 */
typedef struct _RwClient RwClient;

/** rw_client_new: @id, @grants: (transfer full); @grants: (nullable) */
RwClient *rw_client_new (char *id, RwGrants *grants);
void rw_client_free (RwClient *self);

const char *rw_client_get_id (const RwClient *self);

/** rw_client_get_connection: 0: there is none at the moment. */
guint64 rw_client_get_connection (const RwClient *self);
void rw_client_set_connection (RwClient *self, guint64 connection);

/** rw_client_get_grants: (nullable): NULL: the server is open. */
const RwGrants *rw_client_get_grants (const RwClient *self);
RwGrants *rw_client_take_grants (RwClient *self);
void rw_client_set_grants (RwClient *self, RwGrants *grants);

/** rw_client_has_sent: whether its first message has come. */
gboolean rw_client_has_sent (const RwClient *self);
void rw_client_note_sent (RwClient *self);

/** rw_client_get_quality: of the connection, as the client reports it. */
RwQuality rw_client_get_quality (const RwClient *self);
void rw_client_set_quality (RwClient *self, RwQuality quality);

/** rw_client_get_resumption: (nullable): NULL: an ordinary client. */
RwResumption *rw_client_get_resumption (const RwClient *self);
void rw_client_set_resumption (RwClient *self, RwResumption *resumption);

/* --- Waiting for other servers --- */

/** rw_client_suspend: other servers are asked before @message is handled; what
 * follows it is held until rw_client_take_pending(). */
void rw_client_suspend (RwClient *self, RwSignalMessage *message);
RwSignalMessage *rw_client_get_pending (const RwClient *self);
RwSignalMessage *rw_client_take_pending (RwClient *self);

/** rw_client_hold: FALSE if too many messages are held. */
gboolean rw_client_hold (RwClient *self, RwSignalMessage *message);

/** rw_client_pop_held: (transfer full) (nullable): the oldest one */
RwSignalMessage *rw_client_pop_held (RwClient *self);
void rw_client_drop_held (RwClient *self);

/** rw_client_move_held: from @self, which may be another of the same
 * connection. */
void rw_client_move_held (RwClient *self, RwClient *to);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwClient, rw_client_free)

G_END_DECLS

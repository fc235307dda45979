/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-ended-sessions.h"
#include "rw-hub-record.h"

G_BEGIN_DECLS

/**
 * RwHubClient:
 *
 * A client as the hub has it: its protocol version, roles, meta, stream name
 * and sessions. A *local* client is homed at this server; a *remote* one is
 * handled by its home. Roles, name and home are set by RwHubDirectory, which
 * lists clients by them. Pure; of one thread, and of one RwHubDirectory.
 */
typedef struct _RwHubClient RwHubClient;

/** rw_hub_client_new: @home: (nullable): NULL: it is local */
RwHubClient *rw_hub_client_new (const char *id, const char *home);
void rw_hub_client_free (RwHubClient *self);

const char *rw_hub_client_get_id (const RwHubClient *self);
const char *rw_hub_client_get_home (const RwHubClient *self);
gboolean rw_hub_client_is_local (const RwHubClient *self);
guint64 rw_hub_client_get_generation (const RwHubClient *self);
void rw_hub_client_set_home (RwHubClient *self, const char *home,
                             guint64 generation);

/* --- The connection --- */

/** rw_hub_client_has_sent: whether its first message has come. */
gboolean rw_hub_client_has_sent (const RwHubClient *self);
void rw_hub_client_note_sent (RwHubClient *self);
gboolean rw_hub_client_is_connected (const RwHubClient *self);
void rw_hub_client_set_connected (RwHubClient *self, gboolean connected);
RwSignalVersion rw_hub_client_get_version (const RwHubClient *self);

/** rw_hub_client_is_resilient: it may reserve a name. */
gboolean rw_hub_client_is_resilient (const RwHubClient *self);

/** rw_hub_client_set_protocol: as @request, a setProtocolVersion, has it. */
void rw_hub_client_set_protocol (RwHubClient *self,
                                 const RwSignalMessage *request);

/** rw_hub_client_is_same: the same program as @other, on another connection:
 * both have sent the same "clientId". */
gboolean rw_hub_client_is_same (const RwHubClient *self,
                                const RwHubClient *other);

/* --- Status --- */

RwRoles rw_hub_client_get_roles (const RwHubClient *self);
void rw_hub_client_set_roles (RwHubClient *self, RwRoles roles);
const char *rw_hub_client_get_name (const RwHubClient *self);
void rw_hub_client_set_name (RwHubClient *self, const char *name);
GRefString *rw_hub_client_get_meta (const RwHubClient *self);
void rw_hub_client_set_meta (RwHubClient *self, GRefString *meta);

/** rw_hub_client_get_link: of the list of all clients of @role */
GList *rw_hub_client_get_link (RwHubClient *self, RwRoles role);

/* --- Sessions --- */

/** rw_hub_client_get_sessions: (element-type RwHubSession) */
GQueue *rw_hub_client_get_sessions (RwHubClient *self);
RwEndedSessions *rw_hub_client_get_ended (const RwHubClient *self);

/* --- Other servers --- */

void rw_hub_client_get_record (const RwHubClient *self, RwHubRecord *record);

/** rw_hub_client_apply_record: all but roles and name. */
void rw_hub_client_apply_record (RwHubClient *self, const RwHubRecord *record);

/** rw_hub_client_save: (transfer floating): an a{sv}, without its sessions */
GVariant *rw_hub_client_save (const RwHubClient *self);

/** rw_hub_client_load: @state may be any a{sv}. It is local, and not
 * connected. */
RwHubClient *rw_hub_client_load (GVariant *state, GError **error);

/** rw_hub_client_take: what @loaded has, but roles, name and sessions. */
void rw_hub_client_take (RwHubClient *self, RwHubClient *loaded);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwHubClient, rw_hub_client_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-hub-session.h"

G_BEGIN_DECLS

/**
 * RwHubDirectory:
 *
 * The clients of the hub by id, by role and by stream name, and their sessions
 * by id; and, for other servers, the local clients whose record has changed. It
 * sends nothing. Pure; of one thread.
 */
typedef struct _RwHubDirectory RwHubDirectory;

RwHubDirectory *rw_hub_directory_new (void);
void rw_hub_directory_free (RwHubDirectory *self);

/* --- Clients --- */

/** rw_hub_directory_add: @id is new; @home: (nullable): NULL: it is local */
RwHubClient *rw_hub_directory_add (RwHubDirectory *self, const char *id,
                                   const char *home);

/** rw_hub_directory_ensure: the client @id, or a new remote one that is in a
 * session with a local client, and no more is known of it. */
RwHubClient *rw_hub_directory_ensure (RwHubDirectory *self, const char *id,
                                      const char *home);

/** rw_hub_directory_remove: it has no roles, name and sessions any more. */
void rw_hub_directory_remove (RwHubDirectory *self, RwHubClient *client);
RwHubClient *rw_hub_directory_find (RwHubDirectory *self, const char *id);

/** rw_hub_directory_find_name: the holder of the stream name. */
RwHubClient *rw_hub_directory_find_name (RwHubDirectory *self,
                                         const char *name);

/** rw_hub_directory_get_clients: (transfer container) */
GList *rw_hub_directory_get_clients (RwHubDirectory *self);

/** rw_hub_directory_get_of_role: (element-type RwHubClient): in the order in
 * which they took the role; of listeners only the local ones, as a remote one
 * is notified by its home. */
const GQueue *rw_hub_directory_get_of_role (RwHubDirectory *self, RwRoles role);

void rw_hub_directory_set_roles (RwHubDirectory *self, RwHubClient *client,
                                 RwRoles roles);

/** rw_hub_directory_set_name: only a resilient producer has one; no other
 * client may have it. */
void rw_hub_directory_set_name (RwHubDirectory *self, RwHubClient *client,
                                const char *name);
void rw_hub_directory_set_home (RwHubDirectory *self, RwHubClient *client,
                                const char *home, guint64 generation);

/** rw_hub_directory_get_meta_bytes: of all clients but @except */
gsize rw_hub_directory_get_meta_bytes (RwHubDirectory *self,
                                       const char *except);

/* --- Sessions --- */

/** rw_hub_directory_start_session: @id: (transfer full) */
RwHubSession *rw_hub_directory_start_session (RwHubDirectory *self, char *id,
                                              RwHubClient *producer,
                                              RwHubClient *consumer);

/** rw_hub_directory_forget_session: it is freed. */
void rw_hub_directory_forget_session (RwHubDirectory *self,
                                      RwHubSession *session);
RwHubSession *rw_hub_directory_find_session (RwHubDirectory *self,
                                             const char *id);

/** rw_hub_directory_get_sessions: (transfer container) */
GList *rw_hub_directory_get_sessions (RwHubDirectory *self);

/** rw_hub_directory_get_last_session: the number of the last that began here.
 */
guint64 rw_hub_directory_get_last_session (RwHubDirectory *self);

/* --- Changes of records --- */

/** rw_hub_directory_track_changes: from now on. */
void rw_hub_directory_track_changes (RwHubDirectory *self);
void rw_hub_directory_note_changed (RwHubDirectory *self,
                                    const RwHubClient *client);

/** rw_hub_directory_note_session: a client's record names its sessions with
 * clients of other homes. */
void rw_hub_directory_note_session (RwHubDirectory *self,
                                    const RwHubSession *session);

/** rw_hub_directory_pop_changed: (transfer full) (nullable): the id of a local
 * client; it may have left */
char *rw_hub_directory_pop_changed (RwHubDirectory *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwHubDirectory, rw_hub_directory_free)

G_END_DECLS

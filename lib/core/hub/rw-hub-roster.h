/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-hub-sessions.h"

G_BEGIN_DECLS

/**
 * RwHubRoster:
 *
 * The status of clients: their roles, meta and stream names. It decides which
 * client has a name, ends the sessions of a role that is given up, and notifies
 * the listeners. Pure; of one thread.
 */
typedef struct _RwHubRoster RwHubRoster;

/** rw_hub_roster_new: all of these outlive it. */
RwHubRoster *rw_hub_roster_new (RwHubDirectory *directory,
                                RwHubNotifier *notifier,
                                RwHubSessions *sessions);
void rw_hub_roster_free (RwHubRoster *self);

void rw_hub_roster_on_status (RwHubRoster *self, RwHubClient *client,
                              const RwSignalMessage *message);

/** rw_hub_roster_retire: @client loses its sessions, roles and name. */
void rw_hub_roster_retire (RwHubRoster *self, RwHubClient *client,
                           const char *reason);

/** rw_hub_roster_remove: it is freed, too; @reason: (nullable) */
void rw_hub_roster_remove (RwHubRoster *self, RwHubClient *client,
                           const char *reason);

/** rw_hub_roster_yield_name: another client than @id has @name (nullable) no
 * more. */
void rw_hub_roster_yield_name (RwHubRoster *self, const char *id,
                               const char *name);

/* --- What other servers have decided: nobody is notified --- */

/** rw_hub_roster_set_status: @name: (nullable): another holder yields it. */
void rw_hub_roster_set_status (RwHubRoster *self, RwHubClient *client,
                               RwRoles roles, const char *name);

/** rw_hub_roster_set_record: the same, and the rest of the record. */
void rw_hub_roster_set_record (RwHubRoster *self, RwHubClient *client,
                               const RwHubRecord *record);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwHubRoster, rw_hub_roster_free)

G_END_DECLS

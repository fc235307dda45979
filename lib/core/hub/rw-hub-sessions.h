/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-hub-notifier.h"

G_BEGIN_DECLS

#define RW_HUB_MAX_SESSIONS_PER_CLIENT 1024

/** RwIdFunc: makes an id that has never been and cannot be guessed. */
typedef char *(*RwIdFunc) (gpointer user_data);

/**
 * RwHubSessions:
 *
 * Begins sessions, passes their messages from one side to the other, and ends
 * them. Pure; of one thread.
 */
typedef struct _RwHubSessions RwHubSessions;

/** rw_hub_sessions_new: @directory and @notifier outlive it; @new_id makes the
 * ids of sessions. */
RwHubSessions *rw_hub_sessions_new (RwHubDirectory *directory,
                                    RwHubNotifier *notifier, RwIdFunc new_id,
                                    gpointer user_data);
void rw_hub_sessions_free (RwHubSessions *self);

/** rw_hub_sessions_get_roles: who produces and consumes when @client calls
 * @other (nullable); FALSE if neither can. */
gboolean rw_hub_sessions_get_roles (RwHubClient *client, RwHubClient *other,
                                    RwHubClient **producer,
                                    RwHubClient **consumer);

/* --- Messages of clients --- */

void rw_hub_sessions_on_start (RwHubSessions *self, RwHubClient *client,
                               const RwSignalMessage *message);
void rw_hub_sessions_on_end (RwHubSessions *self, RwHubClient *client,
                             const RwSignalMessage *message);
void rw_hub_sessions_on_peer (RwHubSessions *self, RwHubClient *client,
                              RwSignalMessage *message);

/* --- Ends --- */

/** rw_hub_sessions_end: both sides are notified, save @by (nullable), which has
 * ended it. @reason: (nullable) */
void rw_hub_sessions_end (RwHubSessions *self, RwHubSession *session,
                          const RwHubClient *by, const char *reason);

/** rw_hub_sessions_end_of: the sessions in which @client has the roles @lost.
 */
void rw_hub_sessions_end_of (RwHubSessions *self, RwHubClient *client,
                             RwRoles lost, const RwHubClient *by,
                             const char *reason);

/** rw_hub_sessions_ensure: the session of @to, a local client, with @from, that
 * @message is of, or that it begins; NULL: they are in no such session. */
RwHubSession *rw_hub_sessions_ensure (RwHubSessions *self, RwHubClient *to,
                                      RwHubClient *from,
                                      const RwSignalMessage *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwHubSessions, rw_hub_sessions_free)

G_END_DECLS

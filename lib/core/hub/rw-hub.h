/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-hub-directory.h"
#include "rw-hub-notifier.h"
#include "rw-hub-roster.h"
#include "rw-hub-sessions.h"
#include "rw-signal-message.h"

G_BEGIN_DECLS

/**
 * RwHub:
 *
 * The signalling server without its sockets: its clients with their roles, and
 * the sessions between them. It takes messages of clients and queues (client,
 * message) pairs for others; it has no socket, clock or JSON. A client is named
 * by its peer id. Of one thread; memory is bounded by the limits and the number
 * of clients that its owner lets in. It owns its parts (RwHubDirectory,
 * RwHubSessions, RwHubRoster, RwHubNotifier).
 */
typedef struct _RwHub RwHub;

/** RwHubCounts: how much there is at the moment. */
typedef struct {
  guint clients;
  guint producers;
  guint sessions;
} RwHubCounts;

RwHub *rw_hub_new (RwIdFunc new_id, gpointer user_data);
void rw_hub_free (RwHub *self);

void rw_hub_add_client (RwHub *self, const char *id);
void rw_hub_remove_client (RwHub *self, const char *id, const char *reason);
void rw_hub_set_connected (RwHub *self, const char *id, gboolean connected);
void rw_hub_handle (RwHub *self, const char *id, RwSignalMessage *message);
gsize rw_hub_get_meta_bytes (RwHub *self, const char *except);
void rw_hub_fail (RwHub *self, const char *id, const char *code,
                  const char *details, guint64 retry_after_ms);

void rw_hub_refuse (RwHub *self, const char *id, const RwSignalMessage *message,
                    guint64 retry_after_ms);

gboolean rw_hub_has_client (RwHub *self, const char *id);
RwRoles rw_hub_get_session_role (RwHub *self, const char *id,
                                 const char *other_id);
RwSignalMessage *rw_hub_pop (RwHub *self, char **id);
void rw_hub_get_counts (RwHub *self, RwHubCounts *counts);

/* Its parts: (transfer none), for rw-hub-remote.h. */
RwHubDirectory *rw_hub_get_directory (RwHub *self);
RwHubNotifier *rw_hub_get_notifier (RwHub *self);
RwHubSessions *rw_hub_get_sessions (RwHub *self);
RwHubRoster *rw_hub_get_roster (RwHub *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwHub, rw_hub_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-hub-directory.h"
#include "rw-hub-outbox.h"

G_BEGIN_DECLS

/**
 * RwHubNotifier:
 *
 * The messages that the hub sends to clients by itself: status changes, the
 * ends of sessions and errors. Pure: it goes to an outbox. Of one thread.
 */
typedef struct _RwHubNotifier RwHubNotifier;

/** rw_hub_notifier_new: @directory outlives it. */
RwHubNotifier *rw_hub_notifier_new (RwHubDirectory *directory);
void rw_hub_notifier_free (RwHubNotifier *self);

void rw_hub_notifier_send (RwHubNotifier *self, const RwHubClient *client,
                           RwSignalMessage *message);

/**
 * rw_hub_notifier_send_error:
 * @session_id: (nullable): that it is about
 * @retry_after_ms: 0 for none
 */
void rw_hub_notifier_send_error (RwHubNotifier *self, const RwHubClient *client,
                                 const char *session_id, const char *code,
                                 const char *details, guint64 retry_after_ms);

/** rw_hub_notifier_send_name_taken: @holder: the id of the other client */
void rw_hub_notifier_send_name_taken (RwHubNotifier *self,
                                      const RwHubClient *client,
                                      const char *name, const char *holder);

/** rw_hub_notifier_send_status: of @client to itself. */
void rw_hub_notifier_send_status (RwHubNotifier *self,
                                  const RwHubClient *client);

/** rw_hub_notifier_announce: the status of @client, to all listeners. */
void rw_hub_notifier_announce (RwHubNotifier *self, const RwHubClient *client);

/** rw_hub_notifier_send_end: of the session @id; @reason: (nullable) */
void rw_hub_notifier_send_end (RwHubNotifier *self, const RwHubClient *client,
                               const char *id, const char *reason);

/** rw_hub_notifier_pop: as rw_hub_outbox_pop(). */
RwSignalMessage *rw_hub_notifier_pop (RwHubNotifier *self, char **id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwHubNotifier, rw_hub_notifier_free)

G_END_DECLS

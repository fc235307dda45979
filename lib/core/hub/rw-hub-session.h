/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-hub-client.h"

G_BEGIN_DECLS

/**
 * RwHubSession:
 *
 * A session of a producer and a consumer; it is in the list of both. Pure; of
 * one thread, and of one RwHubDirectory.
 */
typedef struct _RwHubSession RwHubSession;

/** rw_hub_session_new: @id: (transfer full); @number grows with each session
 * that begins here. */
RwHubSession *rw_hub_session_new (char *id, guint64 number,
                                  RwHubClient *producer, RwHubClient *consumer);
void rw_hub_session_free (RwHubSession *self);

const char *rw_hub_session_get_id (const RwHubSession *self);
guint64 rw_hub_session_get_number (const RwHubSession *self);
RwHubClient *rw_hub_session_get_producer (const RwHubSession *self);
RwHubClient *rw_hub_session_get_consumer (const RwHubSession *self);

/** rw_hub_session_has: whether @client is one of the two. */
gboolean rw_hub_session_has (const RwHubSession *self,
                             const RwHubClient *client);

/** rw_hub_session_get_other: than @client, which is one of the two. */
RwHubClient *rw_hub_session_get_other (const RwHubSession *self,
                                       const RwHubClient *client);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwHubSession, rw_hub_session_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-hub.h"

G_BEGIN_DECLS

/* A client of the hub that comes from another server, or goes there. Of RwHub's
 * thread. */

/**
 * rw_hub_restore_client:
 * @request: with which it requested resumption
 *
 * A client whose home has died is local from now on, and connected.
 */
void rw_hub_restore_client (RwHub *self, const RwHubRecord *record,
                            const RwSignalMessage *request);

/** rw_hub_save_client: (transfer floating): of a client that moves; without its
 * sessions. */
GVariant *rw_hub_save_client (RwHub *self, const char *id);

/** rw_hub_load_client: it is local from now on, and not connected yet. Its
 * sessions with clients that are here stay. @state may be any a{sv}. */
gboolean rw_hub_load_client (RwHub *self, GVariant *state, GError **error);

G_END_DECLS

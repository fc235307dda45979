/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-signal-message.h"

G_BEGIN_DECLS

/**
 * RwHubOutbox:
 *
 * Messages on their way to clients, in the order in which they were added.
 * Pure; of one thread.
 */
typedef struct _RwHubOutbox RwHubOutbox;

RwHubOutbox *rw_hub_outbox_new (void);
void rw_hub_outbox_free (RwHubOutbox *self);

/** rw_hub_outbox_add: @message is for the client @id. */
void rw_hub_outbox_add (RwHubOutbox *self, const char *id,
                        RwSignalMessage *message);

/**
 * rw_hub_outbox_pop:
 * @id: (out) (transfer full): the client; it may have left meanwhile
 *
 * Returns: (transfer full) (nullable): the oldest message
 */
RwSignalMessage *rw_hub_outbox_pop (RwHubOutbox *self, char **id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwHubOutbox, rw_hub_outbox_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-signal-message.h"

G_BEGIN_DECLS

/** RwOwnStatus: what a client announces about itself; zeros: nothing yet.
 * Caller-owned, pure. */
typedef struct {
  gboolean is_set;
  RwRoles roles;
  char *name;
  char *stream_id;
} RwOwnStatus;

/** rw_own_status_set: @name and @stream_id: of a producer, or NULL. */
void rw_own_status_set (RwOwnStatus *self, RwRoles roles, const char *name,
                        const char *stream_id);
void rw_own_status_clear (RwOwnStatus *self);

gboolean rw_own_status_is_listener (const RwOwnStatus *self);

/** rw_own_status_new_message: setPeerStatus with it; NULL: not set. */
RwSignalMessage *rw_own_status_new_message (const RwOwnStatus *self);

/** rw_own_status_new_leave_message: setPeerStatus without roles: the client
 * leaves, and is not to be waited for; NULL: it had announced nothing. */
RwSignalMessage *rw_own_status_new_leave_message (const RwOwnStatus *self);

G_END_DECLS

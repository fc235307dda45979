/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-signal-message.h"

G_BEGIN_DECLS

/**
 * RwGrants:
 * @user: whose token it was; the same at every server and connection
 * @name: (nullable): the only stream name that it may produce under
 * @rooms: (nullable): the rooms that it may enter; NULL, or "*" in it: all
 * @roles: what it may be; a listener anybody may be
 * @expires_us: wall clock, G_MAXINT64 for never
 *
 * The permissions that a token gives its bearer. A server without a key has
 * none of these, and lets everybody do everything.
 */
typedef struct {
  char *user;
  char *name;
  char **rooms;
  RwRoles roles;
  gint64 expires_us;
} RwGrants;

RwGrants *rw_grants_new (const char *user);
void rw_grants_free (RwGrants *self);

gboolean rw_grants_allow_room (const RwGrants *self, const char *room_id);
gboolean rw_grants_include (const RwGrants *self, const RwGrants *other);
const char *rw_grants_refuse (const RwGrants *self,
                              const RwSignalMessage *message, RwRoles role);

GVariant *rw_grants_save (const RwGrants *self);
RwGrants *rw_grants_load (GVariant *state, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwGrants, rw_grants_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-grants.h"
#include "rw-server-config.h"

G_BEGIN_DECLS

/**
 * RwServerAuth:
 *
 * Checks tokens: JWTs of one algorithm, signed with one key. Server's thread.
 */
typedef struct _RwServerAuth RwServerAuth;

RwServerAuth *rw_server_auth_new (const char *key_file, const char *algorithm,
                                  GError **error);
void rw_server_auth_free (RwServerAuth *self);

RwGrants *rw_server_auth_check (RwServerAuth *self, const char *token,
                                gint64 now_us, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerAuth, rw_server_auth_free)

G_END_DECLS

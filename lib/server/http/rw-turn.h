/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwTurn:
 *
 * Makes time-limited TURN credentials in the scheme that coturn checks with
 * `use-auth-secret`: the user name is the time of expiry and the user, the
 * password the HMAC-SHA1 of that name under the shared secret.
 */
typedef struct _RwTurn RwTurn;

RwTurn *rw_turn_new (char *const *uris, const char *secret_file, guint ttl_s,
                     GError **error);
void rw_turn_free (RwTurn *self);

char *rw_turn_make_username (RwTurn *self, const char *user, gint64 now_us);
char *rw_turn_make_password (RwTurn *self, const char *username);
char *rw_turn_to_json (RwTurn *self, const char *user, gint64 now_us);

/** rw_turn_get_ttl_ms: how long what is made now is good for. */
guint64 rw_turn_get_ttl_ms (RwTurn *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwTurn, rw_turn_free)

G_END_DECLS

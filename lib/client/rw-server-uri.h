/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** rw_server_uri_check: whether @uri names a signalling server; the error says
 * what to write instead. Pure. */
gboolean rw_server_uri_check (const char *uri, GError **error);

/** rw_server_uri_dup_shown: @uri without a user, a password or a query, for
 * logs and errors. Pure. */
char *rw_server_uri_dup_shown (const char *uri);

G_END_DECLS

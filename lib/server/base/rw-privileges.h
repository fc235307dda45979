/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * rw_privileges_drop:
 *
 * From now on, and for good, the process runs as @user with that user's groups.
 * To be called when all that needs a privilege has been opened; by root only.
 */
gboolean rw_privileges_drop (const char *user, GError **error);

/** rw_privileges_are_root: whether there is anything to drop. */
gboolean rw_privileges_are_root (void);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Names nobody can guess: from the kernel's generator, where GLib's own is
 * seeded once and can be computed from what it gave before. Any thread. */

void rw_random_fill (guint8 *bytes, gsize len);
char *rw_random_uuid (void);
char *rw_random_token (void);

G_END_DECLS

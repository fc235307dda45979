/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * GIO's default proxy resolver, for this program: what the desktop or the
 * environment says elsewhere, the test says here.
 */

/** test_resolver_install: before GIO is asked for any. */
void test_resolver_install (void);

/** test_resolver_set: @uri is the proxy, or NULL; @ignored are the hosts
 * that need none, or NULL. */
void test_resolver_set (const char *uri, const char *const *ignored);

G_END_DECLS

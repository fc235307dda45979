/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * RwTrustedProxies:
 *
 * The proxies whose word counts when they name the client that they forward.
 * Pure; of any thread.
 */
typedef struct _RwTrustedProxies RwTrustedProxies;

RwTrustedProxies *rw_trusted_proxies_new (char *const *masks, GError **error);
void rw_trusted_proxies_free (RwTrustedProxies *self);

char *rw_trusted_proxies_find_client (RwTrustedProxies *self, const char *peer,
                                      const char *forwarded_for);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwTrustedProxies, rw_trusted_proxies_free)

G_END_DECLS

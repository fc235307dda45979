/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * RwTestProxy:
 * An HTTP proxy on 127.0.0.1 that knows CONNECT alone, on threads of its own,
 * and notes what it was asked for.
 */
typedef struct _RwTestProxy RwTestProxy;

RwTestProxy *rw_test_proxy_new (void);
/** rw_test_proxy_secure: it speaks TLS from now on; before it is used. */
void rw_test_proxy_secure (RwTestProxy *self, const char *cert,
                           const char *key);
void rw_test_proxy_free (RwTestProxy *self);
/** rw_test_proxy_refuse: answers everything so, or, if empty, never; before it
 * is used. */
void rw_test_proxy_refuse (RwTestProxy *self, const char *status_line);

/** rw_test_proxy_want: from now on it connects those alone who give this name
 * and password (RFC 7617), and asks the others for it; before it is used. */
void rw_test_proxy_want (RwTestProxy *self, const char *user,
                         const char *password);

char *rw_test_proxy_dup_uri (RwTestProxy *self);

/** rw_test_proxy_dup_asked: the first lines of all requests so far. */
char *rw_test_proxy_dup_asked (RwTestProxy *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwTestProxy, rw_test_proxy_free)

G_END_DECLS

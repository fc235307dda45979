/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * TestProxy:
 * An HTTP proxy on 127.0.0.1 that knows CONNECT alone, on threads of its own,
 * and notes what it was asked for.
 */
typedef struct _TestProxy TestProxy;

TestProxy *test_proxy_new (void);
/** test_proxy_secure: it speaks TLS from now on; before it is used. */
void test_proxy_secure (TestProxy *self, const char *cert, const char *key);
void test_proxy_free (TestProxy *self);
/** test_proxy_refuse: answers everything so, or, if empty, never; before it
 * is used. */
void test_proxy_refuse (TestProxy *self, const char *status_line);

/** test_proxy_want: from now on it connects those alone who give this name
 * and password (RFC 7617), and asks the others for it; before it is used. */
void test_proxy_want (TestProxy *self, const char *user, const char *password);

char *test_proxy_dup_uri (TestProxy *self);

/** test_proxy_dup_asked: the first lines of all requests so far. */
char *test_proxy_dup_asked (TestProxy *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestProxy, test_proxy_free)

G_END_DECLS

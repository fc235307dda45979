/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * TestIdentity:
 * A server's certificate and key, and the certificate of the authority that
 * has signed it; files in PEM form that go with it.
 */
typedef struct {
  char *dir;
  char *ca;
  char *cert;
  char *key;
} TestIdentity;

/** test_identity_new: for @name ("IP:127.0.0.1"), valid from so many days
 * from now until so many. NULL if there is no openssl; the test is skipped. */
TestIdentity *test_identity_new (const char *name, int from_days,
                                 int until_days);
void test_identity_free (TestIdentity *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestIdentity, test_identity_free)

G_END_DECLS

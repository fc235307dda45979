/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwTestIdentity:
 * A server's certificate and key, and the certificate of the authority that
 * has signed it; files in PEM form that go with it.
 */
typedef struct {
  char *dir;
  char *ca;
  char *cert;
  char *key;
} RwTestIdentity;

/** rw_test_identity_new: for @name ("IP:127.0.0.1"), valid from so many days
 * from now until so many. NULL if there is no openssl; the test is skipped. */
RwTestIdentity *rw_test_identity_new (const char *name, int from_days,
                                      int until_days);
void rw_test_identity_free (RwTestIdentity *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwTestIdentity, rw_test_identity_free)

G_END_DECLS

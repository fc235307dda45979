/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A self-signed certificate with its key, both in the PEM file @path. FALSE
 * where there is no openssl. */
gboolean test_certificate_make (const char *path, const char *name);

G_END_DECLS

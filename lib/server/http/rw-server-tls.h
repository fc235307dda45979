/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The server's certificate and its key. Any thread. */

GTlsCertificate *rw_server_tls_load (const char *certificate_file,
                                     const char *key_file, GError **error);

G_END_DECLS

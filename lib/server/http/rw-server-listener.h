/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "rw-server-config.h"

G_BEGIN_DECLS

gboolean rw_server_load_tls (SoupServer *soup, const RwServerConfig *config,
                             GError **error);
guint16 rw_server_listen (SoupServer *soup, const RwServerConfig *config,
                          GError **error);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-server.h"

G_BEGIN_DECLS

/** test_serve: a server with @config on a free port, on the caller's main
 * context. It must start. */
RwServer *test_serve (RwServerConfig *config);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-serve.h"

RwServer *
test_serve (RwServerConfig *config)
{
  g_autoptr (GError) error = NULL;
  RwServer *server;

  config->port = 0;
  server = rw_server_new (config);
  g_assert_true (rw_server_start (server, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (rw_server_get_port (server), !=, 0);
  return server;
}

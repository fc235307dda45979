/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-config.h"

/** rw_server_config_new: the defaults. */
RwServerConfig *
rw_server_config_new (void)
{
  RwServerConfig *self = g_new0 (RwServerConfig, 1);

  self->host = g_strdup ("0.0.0.0");
  self->port = 8443;
  self->max_clients = 10000;
  self->max_message_bytes = 1024 * 1024;
  self->max_queue_bytes = 4 * 1024 * 1024;
  /* A producer whose hundred consumers all return at once answers each with
   * an offer and some ten candidates. */
  self->message_rate = 500;
  self->message_burst = 2000;
  self->ping_interval_s = 5;
  self->ping_timeout_s = 15;
  self->http_timeout_s = 10;
  self->grace_ms = 30000;

  return self;
}

RwServerConfig *
rw_server_config_copy (const RwServerConfig *self)
{
  RwServerConfig *copy;

  g_return_val_if_fail (self != NULL, NULL);

  copy = g_new (RwServerConfig, 1);
  *copy = *self;
  copy->host = g_strdup (self->host);

  return copy;
}

/** rw_server_config_free: NULL is fine. */
void
rw_server_config_free (RwServerConfig *self)
{
  if (self == NULL)
    return;

  g_free (self->host);
  g_free (self);
}

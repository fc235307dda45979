/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signaller-options.h"

static char **
choose_uris (const RwEndpointSettings *settings, const char *own_uri)
{
  gboolean has_list = settings->signaller_uris && settings->signaller_uris[0];
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (own_uri)
    g_strv_builder_add (builder, own_uri);
  else if (has_list)
    g_strv_builder_addv (builder, (const char **) settings->signaller_uris);
  else
    g_strv_builder_add (builder,
                        settings->signaller_uri ? settings->signaller_uri : "");
  return g_strv_builder_end (builder);
}

void
rw_signaller_options_init (RwSignallerOptions *self,
                           const RwEndpointSettings *settings,
                           const char *own_uri)
{
  self->config = RW_WS_SIGNALLER_CONFIG_DEFAULT;
  self->uris = choose_uris (settings, own_uri);
  self->tls_ca_file = g_strdup (settings->tls_ca_file);
  self->auth_token = g_strdup (settings->auth_token);
  self->config.uris = (const char *const *) self->uris;
  self->config.tls_ca_file = self->tls_ca_file;
  self->config.auth_token = self->auth_token;
  self->config.insecure_tls = settings->insecure_tls;
  self->config.backoff = rw_retry_settings_get_backoff (&settings->retry);
  self->config.ping_interval_us =
      settings->retry.ping_interval_s * G_USEC_PER_SEC;
}

void
rw_signaller_options_clear (RwSignallerOptions *self)
{
  g_clear_pointer (&self->uris, g_strfreev);
  g_clear_pointer (&self->tls_ca_file, g_free);
  g_clear_pointer (&self->auth_token, g_free);
}

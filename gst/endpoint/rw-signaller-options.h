/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint-settings.h"
#include "rw-ws-signaller.h"

G_BEGIN_DECLS

/**
 * RwSignallerOptions: a signaller's configuration as the settings were at one
 * moment, with its own copies of the strings.
 *
 * A plain struct; any thread.
 */
typedef struct {
  RwWsSignallerConfig config; /* borrows the following strings */
  char **uris;
  char *tls_ca_file;
  char *auth_token;
} RwSignallerOptions;

/* @own_uri: of the embedded server, which precedes all others; or NULL. */
void rw_signaller_options_init (RwSignallerOptions *self,
                                const RwEndpointSettings *settings,
                                const char *own_uri);
void rw_signaller_options_clear (RwSignallerOptions *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RwSignallerOptions,
                                  rw_signaller_options_clear)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

#include "rw-ice-binding.h"
#include "rw-retry-settings.h"
#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

/*
 * RwEndpointSettings: the properties about servers, ICE and retries, which
 * both elements have: their declaration and their values. A plain struct; its
 * owner locks.
 */

/* Property ids of GstResilientWebrtcBin. */
enum {
  RW_ENDPOINT_PROP_0,
  RW_ENDPOINT_PROP_SIGNALLER_URI,
  RW_ENDPOINT_PROP_SIGNALLER_URIS,
  RW_ENDPOINT_PROP_TLS_CA_FILE,
  RW_ENDPOINT_PROP_INSECURE_TLS,
  RW_ENDPOINT_PROP_AUTH_TOKEN,
  RW_ENDPOINT_PROP_RUN_SERVER,
  RW_ENDPOINT_PROP_SERVER_HOST,
  RW_ENDPOINT_PROP_SERVER_PORT,
  RW_ENDPOINT_PROP_STUN_SERVER,
  RW_ENDPOINT_PROP_TURN_SERVERS,
  RW_ENDPOINT_PROP_ICE_POLICY,
  RW_ENDPOINT_PROP_STALL_TIMEOUT,
  RW_ENDPOINT_PROP_RETRY_DELAY,
  RW_ENDPOINT_PROP_RETRY_FACTOR,
  RW_ENDPOINT_PROP_RETRY_DELAY_MAX,
  RW_ENDPOINT_PROP_RETRY_JITTER,
  RW_ENDPOINT_PROP_RETRIES,
  RW_ENDPOINT_PROP_PING_INTERVAL,
  RW_ENDPOINT_PROP_ROOM,
  RW_ENDPOINT_PROP_MEMBERS,
  RW_ENDPOINT_PROP_LOCAL_ADDRESS,
  RW_ENDPOINT_PROP_ANNOUNCED_ADDRESS,
  RW_ENDPOINT_PROP_MIN_RTP_PORT,
  RW_ENDPOINT_PROP_MAX_RTP_PORT,
  RW_ENDPOINT_PROP_STATE,
  RW_ENDPOINT_PROP_STATS,
  RW_ENDPOINT_N_PROPS
};

typedef struct {
  char *signaller_uri;
  char **signaller_uris; /* or NULL: the one above */
  char *tls_ca_file;
  gboolean insecure_tls;
  char *auth_token;
  gboolean run_server;
  char *server_host;
  guint server_port;
  char *stun_server;
  char **turn_servers;
  GstWebRTCICETransportPolicy ice_policy;
  RwIceBinding binding;
  guint stall_timeout_ms;
  RwRetrySettings retry;
  char *room; /* or NULL */
} RwEndpointSettings;

void rw_endpoint_install_properties (GObjectClass *klass);

void rw_endpoint_settings_init (RwEndpointSettings *self);
void rw_endpoint_settings_clear (RwEndpointSettings *self);

/* FALSE and an error for what no property's type can refuse. */
gboolean rw_endpoint_settings_check (const RwEndpointSettings *self,
                                     GError **error);

/* FALSE when @id is no setting: of another class, or an observation (state,
 * stats), which its owner answers. */
gboolean rw_endpoint_settings_set (RwEndpointSettings *self, guint id,
                                   const GValue *value);
gboolean rw_endpoint_settings_get (const RwEndpointSettings *self, guint id,
                                   GValue *value);

/**
 * rw_endpoint_settings_fill_peer:
 * @stun, @turn: (nullable): recommended by the signalling server, for what the
 *   application has not set
 *
 * Sets the members of @config about ICE, which borrow all strings.
 */
void rw_endpoint_settings_fill_peer (const RwEndpointSettings *self,
                                     RwWebrtcPeerConfig *config,
                                     const char *stun, const char *const *turn);

G_END_DECLS

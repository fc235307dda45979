/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-post.h"
#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

/**
 * RwIceAgent:
 * The libnice agent inside a webrtcbin, as our sessions want it: quick to
 * connect, quiet once connected, and still before it is taken apart. Features
 * that another version of the agent lacks are left alone.
 *
 * Control thread, but for silence.
 */
typedef struct _RwIceAgent RwIceAgent;

/** rw_ice_agent_new: of a session with the servers and generation of @config.
 */
RwIceAgent *rw_ice_agent_new (const RwWebrtcPeerConfig *config);
void rw_ice_agent_free (RwIceAgent *self);

/** rw_ice_agent_attach: @webrtc is new, and borrowed until free. */
void rw_ice_agent_attach (RwIceAgent *self, GstElement *webrtc);

/** rw_ice_agent_add_servers: webrtcbin is READY. */
void rw_ice_agent_add_servers (RwIceAgent *self);

/** rw_ice_agent_watch_peer: as rw_webrtc_pipeline_watch_peer(). */
void rw_ice_agent_watch_peer (RwIceAgent *self);

/** rw_ice_agent_rest: connected: it may stop looking. */
void rw_ice_agent_rest (RwIceAgent *self);

/** rw_ice_agent_release_relays: the session has ended: as rw_relay_release().
 * FALSE where the session had no TURN server. */
gboolean rw_ice_agent_release_relays (RwIceAgent *self, RwLoop *loop,
                                      gpointer owner, RwPostFunc func,
                                      gpointer data);

/** rw_ice_agent_silence: when it returns the agent's thread calls webrtcbin no
 * more. Any thread but webrtcbin's and the agent's. */
void rw_ice_agent_silence (RwIceAgent *self);

G_END_DECLS

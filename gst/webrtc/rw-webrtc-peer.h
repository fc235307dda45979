/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

#include "rw-frame.h"
#include "rw-ice-binding.h"
#include "rw-loop.h"
#include "rw-opus-sdp.h"
#include "rw-peer.h"
#include "rw-teardown.h"

G_BEGIN_DECLS

/**
 * RwWebrtcPeer:
 * One session over webrtcbin: one Opus stream in one direction, and the
 * protocol's messages in RTCP or on a data channel. It has a pipeline of its
 * own, so that it does not appear in the application's pipeline, bus or state
 * changes. Methods belong to the control thread (the RwLoop of its config)
 * unless stated otherwise.
 *
 * A peer is "resilient" when its description names the frame extension; every
 * other peer is "ordinary".
 */
#define RW_TYPE_WEBRTC_PEER (rw_webrtc_peer_get_type ())
G_DECLARE_FINAL_TYPE (RwWebrtcPeer, rw_webrtc_peer, RW, WEBRTC_PEER, GObject)

typedef enum {
  RW_WEBRTC_PEER_PRODUCER,
  RW_WEBRTC_PEER_CONSUMER,
} RwWebrtcPeerRole;

/**
 * RwWebrtcPeerFuncs:
 * Receivers of a session's media and messages; each may be NULL. Called on the
 * session's streaming threads, never after "closed", and never for a frame and
 * a buffer in one session. They must not call the peer, but for
 * rw_webrtc_peer_send_now(), must not block for long, and must not take a lock
 * that is held while the peer is closed: closing waits for a call in progress.
 *
 * @frame: a resilient peer's frame as it arrived: unordered, possibly
 *   duplicate. The struct and its data are borrowed for the call. @arrival_us
 *   is g_get_monotonic_time() at its arrival. Without a capture time
 *   capture_time_ns is RW_CAPTURE_TIME_NONE.
 * @buffer: an ordinary peer's Opus packet, after the jitter buffer: ordered,
 *   PTS is running time against the clock and base time of the config. The
 *   buffer is the callee's.
 * @gap: the jitter buffer has given up packets at running time @pts of
 *   @duration ns (GST_CLOCK_TIME_NONE if unknown).
 * @paused: an ordinary peer sends reports and no RTP, though it did; or sends
 *   RTP again.
 * @message: a message has come over RTCP; with %TRUE it is dealt with, and no
 *   "channel-message" follows.
 */
typedef struct {
  void (*frame) (const RwFrame *frame, gint64 arrival_us, gpointer user_data);
  void (*buffer) (GstBuffer *buffer, gpointer user_data);
  void (*gap) (GstClockTime pts, GstClockTime duration, gpointer user_data);
  void (*paused) (gboolean is_paused, gpointer user_data);
  gboolean (*message) (GBytes *message, gpointer user_data);
} RwWebrtcPeerFuncs;

/**
 * RwWebrtcPeerConfig:
 * Everything is copied or referenced by the constructor.
 *
 * @role: producers send, consumers receive.
 * @offers: a consumer that makes the offer itself. Producers offer unless
 * they are given an offer before the start.
 * @takes_rtcp: that messages may travel in RTCP. A producer then offers that
 *   instead of a data channel, so the consumer must have requested it; a
 *   consumer accepts it, unless it makes the offer itself.
 * @loop: the control thread.
 * @teardown: (nullable): where its pipeline is torn down; outlives it. NULL: on
 *   the control thread.
 * @generation: the owner's number for this session.
 * @clock, @base_time: the element's, so that running times agree; without a
 *   clock (NULL) the system's monotonic clock and the time of the start.
 * @stun_server: "stun://host:port" or NULL.
 * @turn_servers: NULL-terminated "turn(s)://user:password@host:port", or
 * NULL.
 * @ice_transport_policy: all or relay.
 * @binding: (nullable): where the agent listens; NULL for everywhere.
 * @latency_ms: of the jitter buffer, for ordinary peers.
 * @caps: audio/x-opus that a producer sends, fixed; its channels and
 *   channel-mapping fields decide what is offered. NULL for stereo.
 * @terms: packet duration and bit rate in the local description: of a producer,
 *   what it sends; of a consumer, what it asks for.
 * @funcs, @user_data, @destroy: see RwWebrtcPeerFuncs; @destroy frees
 *   @user_data when no more calls can come, on any thread.
 */
typedef struct {
  RwWebrtcPeerRole role;
  gboolean offers;
  gboolean takes_rtcp;
  RwLoop *loop;
  RwTeardown *teardown;
  guint64 generation;
  GstClock *clock;
  GstClockTime base_time;
  const char *stun_server;
  const char *const *turn_servers;
  GstWebRTCICETransportPolicy ice_transport_policy;
  const RwIceBinding *binding;
  guint latency_ms;
  GstCaps *caps;
  RwOpusTerms terms;
  const RwWebrtcPeerFuncs *funcs;
  gpointer user_data;
  GDestroyNotify destroy;
} RwWebrtcPeerConfig;

/** rw_webrtc_peer_new: any thread. Nothing happens before rw_peer_start(). */
RwWebrtcPeer *rw_webrtc_peer_new (const RwWebrtcPeerConfig *config);

/** rw_webrtc_peer_tear_down: the function of the RwTeardown of the config. */
void rw_webrtc_peer_tear_down (gpointer peer);

/**
 * rw_webrtc_peer_set_close_reason:
 * The message that a graceful rw_peer_close() sends: again and again until the
 * other peer
 * has closed the carrier, 200 ms at most; then this side closes it. Without a
 * reason (NULL) it does so at once.
 */
void rw_webrtc_peer_set_close_reason (RwWebrtcPeer *self, GBytes *message);

/**
 * rw_webrtc_peer_push_frame:
 * Sends @frame on a producer's live lane. Any thread, one at a time; never
 * blocks for the network. Frames before "transport-connected" are dropped,
 * but for the newest, which goes first then. Returns FALSE if the session is
 * closing or is a consumer. RW_FRAME_FLAG_DISCONT sets the marker bit.
 */
gboolean rw_webrtc_peer_push_frame (RwWebrtcPeer *self, const RwFrame *frame);

/**
 * rw_webrtc_peer_send_now:
 * As rw_peer_send(), on any thread. Messages go over RTCP alone: FALSE where
 * the session has a data channel.
 */
gboolean rw_webrtc_peer_send_now (RwWebrtcPeer *self, GBytes *message);

/**
 * rw_webrtc_peer_uses_rtcp: whether messages travel in RTCP; known since
 * "channel-open".
 */
gboolean rw_webrtc_peer_uses_rtcp (RwWebrtcPeer *self);

/**
 * rw_webrtc_peer_set_base_time:
 * The element's base time has changed (a pause). Any thread.
 */
void rw_webrtc_peer_set_base_time (RwWebrtcPeer *self, GstClockTime base_time);

/**
 * rw_webrtc_peer_set_blackout:
 * For simulated outages: while set, outgoing and incoming packets of media and
 * data channel are dropped. ICE's own packets pass, so the session survives any
 * duration. Any thread, any time.
 */
void rw_webrtc_peer_set_blackout (RwWebrtcPeer *self, gboolean blackout);

/**
 * rw_webrtc_peer_is_resilient: whether the other peer's description named our
 * frame extension. FALSE until it has come. Any thread.
 */
gboolean rw_webrtc_peer_is_resilient (RwWebrtcPeer *self);

/**
 * rw_webrtc_peer_dup_caps:
 * The caps of the received audio: audio/x-opus according to the remote
 * description.
 * NULL before its arrival. Any thread.
 */
GstCaps *rw_webrtc_peer_dup_caps (RwWebrtcPeer *self);

G_END_DECLS

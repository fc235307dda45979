/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

#include "rw-frame.h"
#include "rw-loop.h"
#include "rw-peer.h"

G_BEGIN_DECLS

/**
 * RwWebrtcPeer:
 * A session over webrtcbin, and the only type that knows webrtcbin: one Opus
 * stream in one direction, and one data channel. It lives in a pipeline of its
 * own, so nothing of it shows in the application's pipeline, bus or state
 * changes. Methods belong to the control thread (the RwLoop of its config)
 * except where they say otherwise.
 *
 * A peer is "resilient" when it speaks our frame extension in its description;
 * every other one is "ordinary".
 */
#define RW_TYPE_WEBRTC_PEER (rw_webrtc_peer_get_type ())
G_DECLARE_FINAL_TYPE (RwWebrtcPeer, rw_webrtc_peer, RW, WEBRTC_PEER, GObject)

typedef enum {
  RW_WEBRTC_PEER_PRODUCER,
  RW_WEBRTC_PEER_CONSUMER,
} RwWebrtcPeerRole;

/**
 * RwWebrtcPeerFuncs:
 * Where a consumer's media goes. Called on the session's streaming threads,
 * never after "closed", and never for a frame and a buffer in one session.
 * They must not call the peer, must not block for long, and must not want a
 * lock that is held while the peer is closed: closing waits for a call that is
 * in progress.
 *
 * @frame: a resilient peer's frame as it came in: not ordered, perhaps twice.
 *   The struct and its data are borrowed for the call. @arrival_us is
 *   g_get_monotonic_time() at its arrival. Fields that did not come:
 *   capture_time_ns is RW_CAPTURE_TIME_NONE.
 * @buffer: an ordinary peer's Opus packet, after the jitter buffer: ordered,
 *   PTS is running time against the clock and base time of the config. The
 *   buffer is the callee's.
 * @gap: the jitter buffer has given up on something at running time @pts for
 *   @duration ns (GST_CLOCK_TIME_NONE if unknown).
 */
typedef struct {
  void (*frame) (const RwFrame *frame, gint64 arrival_us, gpointer user_data);
  void (*buffer) (GstBuffer *buffer, gpointer user_data);
  void (*gap) (GstClockTime pts, GstClockTime duration, gpointer user_data);
} RwWebrtcPeerFuncs;

/**
 * RwWebrtcPeerConfig:
 * Everything is copied or referenced by the constructor.
 *
 * @role: producers send, consumers receive.
 * @offers: a consumer that makes the offer itself. Producers offer unless
 * they are given an offer before the start.
 * @loop: the control thread.
 * @generation: the owner's number for this session.
 * @clock, @base_time: the element's, so that running times agree; without a
 *   clock (NULL) the system's monotonic clock and the time of the start.
 * @stun_server: "stun://host:port" or NULL.
 * @turn_servers: NULL-terminated "turn(s)://user:password@host:port", or
 * NULL.
 * @ice_transport_policy: all or relay.
 * @latency_ms: of the jitter buffer, for ordinary peers.
 * @caps: audio/x-opus that a producer sends, fixed; its channels and
 *   channel-mapping fields decide what is offered. NULL for stereo.
 * @funcs, @user_data, @destroy: see RwWebrtcPeerFuncs; @destroy frees
 *   @user_data when no more calls can come, on any thread.
 */
typedef struct {
  RwWebrtcPeerRole role;
  gboolean offers;
  RwLoop *loop;
  guint64 generation;
  GstClock *clock;
  GstClockTime base_time;
  const char *stun_server;
  const char *const *turn_servers;
  GstWebRTCICETransportPolicy ice_transport_policy;
  guint latency_ms;
  GstCaps *caps;
  const RwWebrtcPeerFuncs *funcs;
  gpointer user_data;
  GDestroyNotify destroy;
} RwWebrtcPeerConfig;

/** rw_webrtc_peer_new: any thread. Nothing happens before rw_peer_start(). */
RwWebrtcPeer *rw_webrtc_peer_new (const RwWebrtcPeerConfig *config);

/**
 * rw_webrtc_peer_set_farewell:
 * What a graceful rw_peer_close() says on the data channel: again and again
 * until the other peer has closed the channel, 200 ms at most; then this side
 * closes it. Without a farewell (NULL) it does so at once.
 */
void rw_webrtc_peer_set_farewell (RwWebrtcPeer *self, GBytes *message);

/**
 * rw_webrtc_peer_push_frame:
 * Sends @frame on a producer's live lane. Any thread, one at a time; never
 * blocks for the network. Frames before "transport-connected" are dropped,
 * but for the newest, which goes first then; beyond 64 waiting packets the
 * oldest are dropped. Returns FALSE if the session is closing or is a
 * consumer. RW_FRAME_FLAG_DISCONT sets the marker bit.
 */
gboolean rw_webrtc_peer_push_frame (RwWebrtcPeer *self, const RwFrame *frame);

/**
 * rw_webrtc_peer_set_base_time:
 * The element's base time has changed (a pause). Any thread.
 */
void rw_webrtc_peer_set_base_time (RwWebrtcPeer *self, GstClockTime base_time);

/**
 * rw_webrtc_peer_set_blackout:
 * For rehearsals: while set, nothing that media or the data channel sends
 * leaves, and nothing that comes for them is taken. ICE's own packets are not
 * touched, so it lasts as long as the caller wants. Any thread, any time.
 */
void rw_webrtc_peer_set_blackout (RwWebrtcPeer *self, gboolean blackout);

/** rw_webrtc_peer_get_generation: any thread. */
guint64 rw_webrtc_peer_get_generation (RwWebrtcPeer *self);

/**
 * rw_webrtc_peer_is_resilient: whether the other peer's description named our
 * frame extension. FALSE until it has come. Any thread.
 */
gboolean rw_webrtc_peer_is_resilient (RwWebrtcPeer *self);

/**
 * rw_webrtc_peer_dup_caps:
 * What a consumer receives: audio/x-opus as the other peer's description
 * tells it. NULL until that has come. Any thread.
 */
GstCaps *rw_webrtc_peer_dup_caps (RwWebrtcPeer *self);

/**
 * rw_webrtc_peer_get_last_arrival:
 * g_get_monotonic_time() of the last RTP packet of the stream, or 0. Any
 * thread. Also counts RTP that carries nothing new: proof of a working path.
 */
gint64 rw_webrtc_peer_get_last_arrival (RwWebrtcPeer *self);

/**
 * rw_webrtc_peer_get_stats:
 * A structure "session" for the user to free: generation (uint64), resilient
 * (boolean), ice-state, connection-state (string), frames-sent,
 * frames-dropped, frames-received, messages-sent, messages-received (uint64),
 * connect-time (ns from the start to "transport-connected", uint64, 0
 * before), and, where webrtcbin knew them at the last refresh:
 * rtp-packets-lost (int64), rtp-jitter (double, s), rtp-round-trip-time
 * (double, s). Any thread.
 */
GstStructure *rw_webrtc_peer_get_stats (RwWebrtcPeer *self);

/**
 * rw_webrtc_peer_refresh_stats:
 * Asks webrtcbin for its figures; the next get_stats() after its answer has
 * them. Costs about a millisecond of webrtcbin's thread.
 */
void rw_webrtc_peer_refresh_stats (RwWebrtcPeer *self);

/**
 * rw_webrtc_peer_check_elements:
 * Whether all the GStreamer elements that a session needs are installed; else
 * sets RW_PEER_ERROR_MISSING_PLUGIN with the Debian package to install. Any
 * thread; loads plugins, so call it when going to READY.
 */
gboolean rw_webrtc_peer_check_elements (GError **error);

/**
 * rw_webrtc_peer_prewarm:
 * Makes this process's DTLS certificate (an RSA key: 90 to 670 ms) and loads
 * the plugins on a thread of its own, once; the first session then starts as
 * quickly as the others. Returns at once. Any thread.
 */
void rw_webrtc_peer_prewarm (void);

/**
 * rw_webrtc_peer_finish_prewarm:
 * Waits until that thread is done: a process that ended meanwhile would take
 * OpenSSL away from under it. Any thread.
 */
void rw_webrtc_peer_finish_prewarm (void);

G_END_DECLS

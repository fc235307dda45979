/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "rw-signal-types.h"

G_BEGIN_DECLS

/**
 * RwPeer:
 * One session with one other peer: a transport for media and a data channel.
 * It is used once: never repaired, only closed and replaced. Methods are
 * called, and signals come, on the control thread alone; no signal comes from
 * inside a method.
 *
 * Signals (arguments after the object):
 *   local-description (RwSdpType type, const char *sdp)
 *     The offer or answer of this side, to be carried to the other peer.
 *   local-candidate (guint mline, const char *candidate)
 *     An ICE candidate of this side, after the description it belongs to. An
 *     empty candidate means that there are no more.
 *   transport-connected ()
 *     ICE and DTLS are up: media can flow. Says nothing about its arrival.
 *   channel-open ()
 *     send() works from now on.
 *   channel-message (GBytes *message)
 *   channel-closed ()
 *     The other peer closed the data channel in good order. Comes only after
 *     channel-open, and not when this side closed it.
 *   failed (GError *error)
 *     This session will not work, or no longer; comes once at most. The owner
 *     closes it. @error's text can be shown to a user.
 *   closed ()
 *     The last signal: no thread, socket or callback of the session is left.
 */
#define RW_TYPE_PEER (rw_peer_get_type ())
G_DECLARE_INTERFACE (RwPeer, rw_peer, RW, PEER, GObject)

/**
 * RwPeerError: why a session failed.
 * @RW_PEER_ERROR_MISSING_PLUGIN: a GStreamer element is not installed; the
 *   text names the Debian package that has it. Retrying will not help.
 * @RW_PEER_ERROR_SDP: the other peer's description cannot be parsed or used.
 * @RW_PEER_ERROR_NO_AUDIO: it has no audio that flows in the needed direction.
 * @RW_PEER_ERROR_CODEC: it has audio, but not in Opus.
 * @RW_PEER_ERROR_TRANSPORT: ICE or DTLS failed.
 * @RW_PEER_ERROR_CLOSED: the other peer has closed the connection, and says so
 *   (the close_notify of DTLS).
 * @RW_PEER_ERROR_IDENTITY: the other end of DTLS has another certificate than
 *   the one that the description announced.
 * @RW_PEER_ERROR_FORMAT: it sends Opus of a kind that no decoder takes.
 * @RW_PEER_ERROR_INTERNAL: webrtcbin refused something that it should not, or
 *   the other peer's description came out of turn: another session may do
 *   better.
 */
typedef enum {
  RW_PEER_ERROR_MISSING_PLUGIN,
  RW_PEER_ERROR_SDP,
  RW_PEER_ERROR_NO_AUDIO,
  RW_PEER_ERROR_CODEC,
  RW_PEER_ERROR_TRANSPORT,
  RW_PEER_ERROR_INTERNAL,
  RW_PEER_ERROR_IDENTITY,
  RW_PEER_ERROR_FORMAT,
  RW_PEER_ERROR_CLOSED,
} RwPeerError;

#define RW_PEER_ERROR (rw_peer_error_quark ())
GQuark rw_peer_error_quark (void);

struct _RwPeerInterface {
  GTypeInterface parent_iface;

  void (*start) (RwPeer *self);
  void (*set_remote_description) (RwPeer *self, RwSdpType type,
                                  const char *sdp);
  void (*add_remote_candidate) (RwPeer *self, guint mline,
                                const char *candidate);
  gboolean (*send) (RwPeer *self, GBytes *message);
  guint64 (*get_buffered_amount) (RwPeer *self);
  void (*close) (RwPeer *self, gboolean graceful);
};

/**
 * rw_peer_start:
 * Brings the session up, once. The side that offers emits its description
 * soon after, unless a remote offer was set before this call: then it
 * answers. From here until "closed" the session holds a reference on itself,
 * so the owner must call rw_peer_close(), also after "failed".
 */
void rw_peer_start (RwPeer *self);

/**
 * rw_peer_set_remote_description:
 * @sdp: untrusted text; "failed" reports what is wrong with it.
 *
 * An offer is answered. May be called before rw_peer_start() (see there).
 */
void rw_peer_set_remote_description (RwPeer *self, RwSdpType type,
                                     const char *sdp);

/**
 * rw_peer_add_remote_candidate:
 * @candidate: untrusted text, with or without "candidate:" or "a=" in front;
 *   empty for "no more". A bad one is logged and ignored.
 *
 * Candidates that come before the remote description are held until then.
 */
void rw_peer_add_remote_candidate (RwPeer *self, guint mline,
                                   const char *candidate);

/**
 * rw_peer_send:
 * Sends @message on the data channel: unordered, not retransmitted. Never
 * blocks. Returns FALSE, and sends nothing, when the channel is not open, the
 * message is too large or too much is waiting already.
 */
gboolean rw_peer_send (RwPeer *self, GBytes *message);

/**
 * rw_peer_get_buffered_amount: bytes accepted by rw_peer_send() that have not
 * been put on the wire. Zero does not imply delivery.
 */
guint64 rw_peer_get_buffered_amount (RwPeer *self);

/**
 * rw_peer_close:
 * @graceful: close the data channel first and wait, 200 ms at the most, until
 * the other peer has closed it too.
 *
 * Returns at once; "closed" follows, and nothing but "closed". A second call
 * without @graceful ends that wait; others change nothing. A session
 * that was never started only emits "closed".
 */
void rw_peer_close (RwPeer *self, gboolean graceful);

G_END_DECLS

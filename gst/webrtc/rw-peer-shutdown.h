/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-carrier.h"
#include "rw-negotiator.h"

G_BEGIN_DECLS

/**
 * RwPeerShutdown:
 * The end of a running session, step by step, so that the other peer is
 * notified and nothing leaks: the close reason is sent until the other peer
 * answers by closing the carrier; the carrier is closed; webrtcbin finishes
 * what it has begun; the TURN servers get back what the session has allocated.
 * Each step has its time.
 *
 * Control thread.
 */
typedef struct _RwPeerShutdown RwPeerShutdown;

/**
 * RwPeerShutdownFuncs:
 * @release: gives the TURN allocations back; FALSE where there are none, else
 * rw_peer_shutdown_note_released() is called later. Once
 * @done: the pipeline may be torn down now. Once
 */
typedef struct {
  gboolean (*release) (gpointer user_data);
  void (*done) (gpointer user_data);
} RwPeerShutdownFuncs;

/** rw_peer_shutdown_new: @negotiator is borrowed, @funcs copied. */
RwPeerShutdown *rw_peer_shutdown_new (RwLoop *loop, RwNegotiator *negotiator,
                                      const RwPeerShutdownFuncs *funcs,
                                      gpointer user_data);
void rw_peer_shutdown_free (RwPeerShutdown *self);

/** rw_peer_shutdown_set_close_reason: as rw_webrtc_peer_set_close_reason(). */
void rw_peer_shutdown_set_close_reason (RwPeerShutdown *self, GBytes *message);

/** rw_peer_shutdown_begin: the first step; may be done at once. @carrier:
 * (nullable): by which the other peer is notified; borrowed. */
void rw_peer_shutdown_begin (RwPeerShutdown *self, RwCarrier *carrier);

/** rw_peer_shutdown_hurry: the other peer is not waited for any more. */
void rw_peer_shutdown_hurry (RwPeerShutdown *self);

/** rw_peer_shutdown_note_carrier_closed: the other peer has answered. */
void rw_peer_shutdown_note_carrier_closed (RwPeerShutdown *self);

/** rw_peer_shutdown_note_idle: the negotiator is idle. */
void rw_peer_shutdown_note_idle (RwPeerShutdown *self);

/** rw_peer_shutdown_note_released: the TURN servers have answered. */
void rw_peer_shutdown_note_released (RwPeerShutdown *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwPeerShutdown, rw_peer_shutdown_free)

G_END_DECLS

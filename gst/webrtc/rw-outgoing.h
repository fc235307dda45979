/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

/*
 * RwOutgoing: messages that were made under a lock and are sent without it.
 * Begins as NULL, as most times there are none.
 */
typedef GArray RwOutgoing;

/* Takes @message. */
void rw_outgoing_add (RwOutgoing **self, RwWebrtcPeer *peer, GBytes *message);

/* Sends the messages at once, and frees @self (nullable); without the lock. */
void rw_outgoing_send (RwOutgoing *self);

G_END_DECLS

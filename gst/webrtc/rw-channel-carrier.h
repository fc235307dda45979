/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-carrier.h"
#include "rw-loop.h"

G_BEGIN_DECLS

/**
 * RwChannelCarrier:
 * A session's data channel, unordered and without retransmission, with bounded
 * queues on both sides. The owner creates it on webrtcbin before the offer, or
 * takes the channel of the remote peer. Control thread, unless stated
 * otherwise.
 */
#define RW_TYPE_CHANNEL_CARRIER (rw_channel_carrier_get_type ())
G_DECLARE_FINAL_TYPE (RwChannelCarrier, rw_channel_carrier, RW, CHANNEL_CARRIER,
                      GObject)

/**
 * rw_channel_carrier_new:
 * @owner: the object that @user_data is a part of; referenced only while an
 *   event is posted.
 */
RwChannelCarrier *rw_channel_carrier_new (GObject *owner, RwLoop *loop,
                                          const RwCarrierFuncs *funcs,
                                          gpointer user_data);

/** rw_channel_carrier_watch: takes the channel that the remote peer creates. */
void rw_channel_carrier_watch (RwChannelCarrier *self, GstElement *webrtc);

/** rw_channel_carrier_create: creates the channel on this side. */
void rw_channel_carrier_create (RwChannelCarrier *self, GstElement *webrtc);

G_END_DECLS

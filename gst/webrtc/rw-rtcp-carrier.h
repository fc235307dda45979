/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-carrier.h"
#include "rw-loop.h"

G_BEGIN_DECLS

/**
 * RwRtcpCarrier:
 * Carries messages in SRTCP packets of type APP, without a data channel: they
 * take the way of webrtcbin's own RTCP, past its RTP session, which sees none
 * of them and schedules none. The transport sends each packet that it accepts
 * at once, so that nothing is ever buffered. Methods: control thread, unless
 * stated otherwise.
 *
 * Closing: each side sends a packet that closes; the side that receives one
 * without having sent one answers with its own.
 */
#define RW_TYPE_RTCP_CARRIER (rw_rtcp_carrier_get_type ())
G_DECLARE_FINAL_TYPE (RwRtcpCarrier, rw_rtcp_carrier, RW, RTCP_CARRIER, GObject)

/**
 * rw_rtcp_carrier_new:
 * @owner: the object that @user_data is a part of; referenced only while an
 *   event is posted. It outlives the pipeline that the carrier is attached to.
 */
RwRtcpCarrier *rw_rtcp_carrier_new (GObject *owner, RwLoop *loop,
                                    const RwCarrierFuncs *funcs,
                                    gpointer user_data);

/** rw_rtcp_carrier_attach: to a webrtcbin in NULL. Packets are dropped until
 * the carrier is opened. */
void rw_rtcp_carrier_attach (RwRtcpCarrier *self, GstElement *webrtc);

/**
 * rw_rtcp_carrier_open:
 * The transport is connected, the other peer authenticated, and both peers
 * take messages in RTCP: opens it. Not earlier: the transport would block.
 */
void rw_rtcp_carrier_open (RwRtcpCarrier *self);

/** rw_rtcp_carrier_send_now: as rw_carrier_send(), on any thread. FALSE before
 * the opening and after a detach. */
gboolean rw_rtcp_carrier_send_now (RwRtcpCarrier *self, GBytes *message);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/** Largest message of any carrier. */
#define RW_CARRIER_MAX_MESSAGE 65536

/**
 * RwCarrierFuncs: events of a carrier, on the control thread. None comes after
 * a detach.
 *
 * @arrived: a message has come over RTCP; on a thread of webrtcbin's, before
 *   the event @message and instead of it where it returns %TRUE.
 * @opened: messages can be sent.
 * @closed: the other peer has closed the carrier, or has confirmed that this
 *   side closed it. Only after @opened.
 */
typedef struct {
  gboolean (*arrived) (gpointer user_data, GBytes *message);
  void (*opened) (gpointer user_data);
  void (*message) (gpointer user_data, GBytes *message);
  void (*closed) (gpointer user_data);
} RwCarrierFuncs;

/**
 * RwCarrier:
 * The carrier of the protocol messages of a session. Messages are unordered and
 * may be lost. Control thread, unless stated otherwise.
 */
#define RW_TYPE_CARRIER (rw_carrier_get_type ())
G_DECLARE_INTERFACE (RwCarrier, rw_carrier, RW, CARRIER, GObject)

struct _RwCarrierInterface {
  GTypeInterface parent_iface;

  gboolean (*is_open) (RwCarrier *self);
  gboolean (*send) (RwCarrier *self, GBytes *message);
  guint64 (*get_buffered_amount) (RwCarrier *self);
  void (*close) (RwCarrier *self);
  GObject *(*detach) (RwCarrier *self, GstElement *webrtc);
};

gboolean rw_carrier_is_open (RwCarrier *self);

/** rw_carrier_send: as rw_peer_send(). */
gboolean rw_carrier_send (RwCarrier *self, GBytes *message);

/** rw_carrier_get_buffered_amount: as rw_peer_get_buffered_amount(). */
guint64 rw_carrier_get_buffered_amount (RwCarrier *self);

/**
 * rw_carrier_close:
 * Closes an open carrier; "closed" follows when the other peer has seen it.
 * The request may be lost, so the owner repeats the call.
 */
void rw_carrier_close (RwCarrier *self);

/**
 * rw_carrier_detach:
 * No callback of @webrtc's finds its way here any more, and nothing is sent.
 *
 * Returns: (transfer full) (nullable): an object that must outlive the
 * pipeline.
 */
GObject *rw_carrier_detach (RwCarrier *self, GstElement *webrtc);

G_END_DECLS

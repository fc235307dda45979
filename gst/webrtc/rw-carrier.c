/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-carrier.h"

G_DEFINE_INTERFACE (RwCarrier, rw_carrier, G_TYPE_OBJECT)

static void
rw_carrier_default_init (RwCarrierInterface *iface)
{
}

gboolean
rw_carrier_is_open (RwCarrier *self)
{
  return RW_CARRIER_GET_IFACE (self)->is_open (self);
}

gboolean
rw_carrier_send (RwCarrier *self, GBytes *message)
{
  return RW_CARRIER_GET_IFACE (self)->send (self, message);
}

guint64
rw_carrier_get_buffered_amount (RwCarrier *self)
{
  return RW_CARRIER_GET_IFACE (self)->get_buffered_amount (self);
}

void
rw_carrier_close (RwCarrier *self)
{
  RW_CARRIER_GET_IFACE (self)->close (self);
}

GObject *
rw_carrier_detach (RwCarrier *self, GstElement *webrtc)
{
  return RW_CARRIER_GET_IFACE (self)->detach (self, webrtc);
}

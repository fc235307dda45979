/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-rtcp-carrier.h"

#include "rw-app-assembler.h"
#include "rw-inbox-limit.h"
#include "rw-post.h"

/* Packets are pushed through the pad of rtpbin that its RTCP leaves by, and
 * taken by a probe on the pad where RTCP comes in, decrypted. */

struct _RwRtcpCarrier {
  GObject parent_instance;

  GObject *owner;
  RwLoop *loop;
  RwCarrierFuncs funcs;
  gpointer user_data;
  GstElement *rtpbin;
  guint32 ssrc;
  RwInboxLimit inbox;

  /* Of the control thread. */
  gboolean is_open;
  gboolean is_closing;
  gboolean was_closed;

  GMutex lock; /* guards what follows */
  GstPad *pad; /* packets leave here; NULL before it exists, and at the end */
  gboolean carries;
  guint16 next_number;
  RwAppAssembler *assembler;
};

static void rw_rtcp_carrier_iface_init (RwCarrierInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (
    RwRtcpCarrier, rw_rtcp_carrier, G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (RW_TYPE_CARRIER, rw_rtcp_carrier_iface_init))

/* --- Packets out: any thread --------------------------------------------- */

/* The pad has a reference of its own during a push, which may meet the end of
 * the session: then the pad refuses the packet. */
static GstPad *
ref_pad (RwRtcpCarrier *self, guint16 *number)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (!self->carries || self->pad == NULL)
    return NULL;
  *number = self->next_number++;
  return gst_object_ref (self->pad);
}

static gboolean
push (GstPad *pad, const RwAppPacket *packet)
{
  guint8 bytes[RW_APP_MAX_SIZE];
  gsize size = rw_app_packet_write (packet, bytes);

  return gst_pad_push (pad, gst_buffer_new_memdup (bytes, size)) == GST_FLOW_OK;
}

static gboolean
send_message (RwRtcpCarrier *self, GBytes *message)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (message, &size);
  guint n_parts = rw_app_count_parts (size);
  guint16 number;
  g_autoptr (GstPad) pad = NULL;
  guint i;

  if (n_parts == 0 || (pad = ref_pad (self, &number)) == NULL)
    return FALSE;
  for (i = 0; i < n_parts; i++) {
    RwAppPacket part = rw_app_take_part (self->ssrc, number, data, size, i);

    if (!push (pad, &part))
      return FALSE;
  }
  return TRUE;
}

static void
send_close (RwRtcpCarrier *self)
{
  const RwAppPacket packet = {.kind = RW_APP_CLOSE, .ssrc = self->ssrc};
  guint16 unused;
  g_autoptr (GstPad) pad = ref_pad (self, &unused);

  if (pad != NULL)
    push (pad, &packet);
}

/* --- On the control thread ----------------------------------------------- */

static void
handle_message (gpointer data, gpointer message)
{
  RwRtcpCarrier *self = data;

  rw_inbox_limit_release (&self->inbox, g_bytes_get_size (message));
  if (self->is_open)
    self->funcs.message (self->user_data, message);
}

/* A repeated close means that the answer was lost. */
static void
handle_close (gpointer data, gpointer unused)
{
  RwRtcpCarrier *self = data;

  if (!self->is_closing)
    send_close (self);
  if (!self->is_open)
    return;
  self->is_open = FALSE;
  self->was_closed = TRUE;
  self->funcs.closed (self->user_data);
}

/* --- Packets in: a thread of webrtcbin's --------------------------------- */

static GBytes *
assemble (RwRtcpCarrier *self, const RwAppPacket *part)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->carries ? rw_app_assembler_add (self->assembler, part) : NULL;
}

static void
take_part (RwRtcpCarrier *self, const RwAppPacket *part)
{
  g_autoptr (GBytes) message = assemble (self, part);

  if (message == NULL || self->funcs.arrived (self->user_data, message))
    return;
  if (rw_inbox_limit_admit (&self->inbox, g_bytes_get_size (message)))
    rw_post (self->loop, self->owner, handle_message, self,
             g_steal_pointer (&message), (GDestroyNotify) g_bytes_unref);
}

static gboolean
carries (RwRtcpCarrier *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->carries;
}

static void
take_packet (RwRtcpCarrier *self, const guint8 *bytes, gsize size)
{
  RwAppPacket packet;

  if (!rw_app_packet_read (&packet, bytes, size))
    return;
  if (packet.kind == RW_APP_PART)
    take_part (self, &packet);
  else if (carries (self))
    rw_post (self->loop, self->owner, handle_close, self, NULL, NULL);
}

/* Nothing of ours reaches the RTP session, valid or not. */
static GstPadProbeReturn
on_rtcp (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstMapInfo map;
  gboolean is_ours;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return GST_PAD_PROBE_OK;
  is_ours = rw_app_packet_is_ours (map.data, map.size);
  if (is_ours)
    take_packet (user_data, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  return is_ours ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

static void
take_pad (RwRtcpCarrier *self, GstPad *pad)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->pad == NULL)
    self->pad = gst_object_ref (pad);
}

static void
on_pad_added (GstElement *rtpbin, GstPad *pad, RwRtcpCarrier *self)
{
  if (g_str_has_prefix (GST_PAD_NAME (pad), "recv_rtcp_sink_"))
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_rtcp, self, NULL);
  else if (g_str_has_prefix (GST_PAD_NAME (pad), "send_rtcp_src_"))
    take_pad (self, pad);
}

/* --- The interface ------------------------------------------------------- */

static gboolean
rw_rtcp_carrier_is_open (RwCarrier *carrier)
{
  return RW_RTCP_CARRIER (carrier)->is_open;
}

static gboolean
rw_rtcp_carrier_send (RwCarrier *carrier, GBytes *message)
{
  RwRtcpCarrier *self = RW_RTCP_CARRIER (carrier);

  return self->is_open && send_message (self, message);
}

gboolean
rw_rtcp_carrier_send_now (RwRtcpCarrier *self, GBytes *message)
{
  return send_message (self, message);
}

static guint64
rw_rtcp_carrier_get_buffered_amount (RwCarrier *carrier)
{
  return 0;
}

static void
rw_rtcp_carrier_close (RwCarrier *carrier)
{
  RwRtcpCarrier *self = RW_RTCP_CARRIER (carrier);

  self->is_closing = TRUE;
  send_close (self);
}

static GObject *
rw_rtcp_carrier_detach (RwCarrier *carrier, GstElement *webrtc)
{
  RwRtcpCarrier *self = RW_RTCP_CARRIER (carrier);
  g_autoptr (GstPad) pad = NULL;

  if (self->rtpbin != NULL)
    g_signal_handlers_disconnect_by_data (self->rtpbin, self);
  gst_clear_object (&self->rtpbin);
  self->is_open = FALSE;
  self->was_closed = TRUE;

  g_mutex_lock (&self->lock);
  self->carries = FALSE;
  pad = g_steal_pointer (&self->pad);
  g_mutex_unlock (&self->lock);
  return NULL;
}

static void
rw_rtcp_carrier_iface_init (RwCarrierInterface *iface)
{
  iface->is_open = rw_rtcp_carrier_is_open;
  iface->send = rw_rtcp_carrier_send;
  iface->get_buffered_amount = rw_rtcp_carrier_get_buffered_amount;
  iface->close = rw_rtcp_carrier_close;
  iface->detach = rw_rtcp_carrier_detach;
}

/* --- The object ---------------------------------------------------------- */

static void
rw_rtcp_carrier_finalize (GObject *object)
{
  RwRtcpCarrier *self = RW_RTCP_CARRIER (object);

  g_assert (self->pad == NULL && self->rtpbin == NULL);
  rw_app_assembler_free (self->assembler);
  rw_inbox_limit_clear (&self->inbox);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (rw_rtcp_carrier_parent_class)->finalize (object);
}

static void
rw_rtcp_carrier_class_init (RwRtcpCarrierClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = rw_rtcp_carrier_finalize;
}

static void
rw_rtcp_carrier_init (RwRtcpCarrier *self)
{
  g_mutex_init (&self->lock);
  rw_inbox_limit_init (&self->inbox);
  self->assembler = rw_app_assembler_new ();
  self->ssrc = g_random_int ();
}

/* --- Public -------------------------------------------------------------- */

RwRtcpCarrier *
rw_rtcp_carrier_new (GObject *owner, RwLoop *loop, const RwCarrierFuncs *funcs,
                     gpointer user_data)
{
  RwRtcpCarrier *self = g_object_new (RW_TYPE_RTCP_CARRIER, NULL);

  self->owner = owner;
  self->loop = loop;
  self->funcs = *funcs;
  self->user_data = user_data;
  return self;
}

void
rw_rtcp_carrier_attach (RwRtcpCarrier *self, GstElement *webrtc)
{
  self->rtpbin = gst_bin_get_by_name (GST_BIN (webrtc), "rtpbin");
  g_signal_connect (self->rtpbin, "pad-added", G_CALLBACK (on_pad_added), self);
}

/* The RTP session pushes the same when it sends its first report. */
static void
push_first_events (GstPad *pad)
{
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("application/x-rtcp");
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (pad, gst_event_new_stream_start ("rw-rtcp"));
  gst_pad_push_event (pad, gst_event_new_caps (caps));
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
}

void
rw_rtcp_carrier_open (RwRtcpCarrier *self)
{
  g_autoptr (GstPad) pad = NULL;

  if (self->is_open || self->was_closed)
    return;
  g_mutex_lock (&self->lock);
  if (self->pad != NULL)
    pad = gst_object_ref (self->pad);
  g_mutex_unlock (&self->lock);
  if (pad == NULL)
    return;
  push_first_events (pad);

  g_mutex_lock (&self->lock);
  self->carries = TRUE;
  g_mutex_unlock (&self->lock);
  self->is_open = TRUE;
  self->funcs.opened (self->user_data);
}

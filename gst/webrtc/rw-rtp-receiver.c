/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-rtp-receiver.h"

#include <gst/rtp/rtp.h>
#include <string.h>

#include "rw-opus-packet.h"
#include "rw-red.h"
#include "rw-rtp-numbers.h"

/* See the header. Packets arrive on webrtcbin's streaming thread; an ordinary
 * peer's packets leave on the jitter buffer's. The lock guards what the control
 * thread sets and reads. */

/* After so long a silence another SSRC may replace the stream. */
#define SSRC_TIMEOUT_US (1 * G_TIME_SPAN_SECOND)

/* A report that comes so long after the last packet has come over a path that
 * works, from a peer that sends no media: its user has muted it. Opus in DTX is
 * silent for 400 ms. */
#define PAUSE_US (1 * G_TIME_SPAN_SECOND)

struct _RwRtpReceiver {
  GstBin *bin;
  guint latency_ms;
  const RwWebrtcPeerFuncs *funcs;
  gpointer user_data;

  int is_closed; /* atomic */

  GMutex lock;
  RwRtpNumbers numbers;

  /* Of an ordinary peer alone. */
  guint8 payload_type; /* that the jitter buffer has been told of */
  GstPad *source;
  GstPad *sink;
  guint32 ssrc;
  gint64 ssrc_arrival_us; /* under the lock */
  gboolean is_paused;     /* likewise */
  RwRed red;
};

/* --- An ordinary peer: our jitter buffer --------------------------------- */

static GstBuffer *
take_payload (GstBuffer *packet)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  GstBuffer *payload = NULL;

  if (!gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp))
    return NULL;
  if (gst_rtp_buffer_get_payload_len (&rtp) > 0)
    payload = gst_rtp_buffer_get_payload_buffer (&rtp);
  gst_rtp_buffer_unmap (&rtp);

  return payload;
}

static void
set_times (GstBuffer *payload, GstBuffer *packet)
{
  GstMapInfo map;
  guint samples;

  GST_BUFFER_PTS (payload) = GST_BUFFER_PTS (packet);
  GST_BUFFER_DTS (payload) = GST_CLOCK_TIME_NONE;
  if (GST_BUFFER_IS_DISCONT (packet))
    GST_BUFFER_FLAG_SET (payload, GST_BUFFER_FLAG_DISCONT);

  if (!gst_buffer_map (payload, &map, GST_MAP_READ))
    return;
  samples = rw_opus_packet_duration (map.data, map.size);
  gst_buffer_unmap (payload, &map);
  if (samples > 0)
    GST_BUFFER_DURATION (payload) = rw_frame_samples_to_ns (samples);
}

static GstFlowReturn
on_jitter_buffer (GstPad *pad, GstObject *parent, GstBuffer *packet)
{
  RwRtpReceiver *self = gst_pad_get_element_private (pad);
  GstBuffer *payload = take_payload (packet);

  if (payload != NULL && !g_atomic_int_get (&self->is_closed)) {
    payload = gst_buffer_make_writable (payload);
    set_times (payload, packet);
    self->funcs->buffer (g_steal_pointer (&payload), self->user_data);
  }
  gst_clear_buffer (&payload);
  gst_buffer_unref (packet);
  return GST_FLOW_OK;
}

static gboolean
on_jitter_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  RwRtpReceiver *self = gst_pad_get_element_private (pad);
  const GstStructure *structure = gst_event_get_structure (event);
  GstClockTime pts = GST_CLOCK_TIME_NONE;
  GstClockTime duration = GST_CLOCK_TIME_NONE;

  if (GST_EVENT_TYPE (event) == GST_EVENT_CUSTOM_DOWNSTREAM &&
      gst_structure_has_name (structure, "GstRTPPacketLost") &&
      gst_structure_get_clock_time (structure, "timestamp", &pts) &&
      GST_CLOCK_TIME_IS_VALID (pts) && !g_atomic_int_get (&self->is_closed)) {
    gst_structure_get_clock_time (structure, "duration", &duration);
    self->funcs->gap (pts, duration, self->user_data);
  }
  gst_event_unref (event);
  return TRUE;
}

static void
push_first_events (GstPad *pad, GstCaps *rtp_caps)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (pad, gst_event_new_stream_start ("rw-ordinary"));
  gst_pad_push_event (pad, gst_event_new_caps (rtp_caps));
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
}

static void
add_jitter_buffer (RwRtpReceiver *self, GstCaps *rtp_caps)
{
  GstElement *jitter = gst_element_factory_make ("rtpjitterbuffer", NULL);
  g_autoptr (GstPad) jitter_sink = gst_element_get_static_pad (jitter, "sink");
  g_autoptr (GstPad) jitter_source = gst_element_get_static_pad (jitter, "src");

  g_object_set (jitter, "latency", self->latency_ms, "do-lost", TRUE, NULL);

  self->source =
      gst_object_ref_sink (gst_pad_new ("receiver-src", GST_PAD_SRC));
  self->sink =
      gst_object_ref_sink (gst_pad_new ("receiver-sink", GST_PAD_SINK));
  gst_pad_set_element_private (self->sink, self);
  gst_pad_set_chain_function (self->sink, on_jitter_buffer);
  gst_pad_set_event_function (self->sink, on_jitter_event);
  gst_pad_set_active (self->sink, TRUE);
  gst_pad_set_active (self->source, TRUE);

  gst_bin_add (self->bin, jitter);
  gst_pad_link (jitter_source, self->sink);
  gst_pad_link (self->source, jitter_sink);
  gst_element_sync_state_with_parent (jitter);
  push_first_events (self->source, rtp_caps);
}

/* A packet has come at @now_us, or, without one, a report. */
static void
note_arrival (RwRtpReceiver *self, gboolean is_packet, gint64 now_us)
{
  gboolean was_paused;
  gboolean is_paused;

  g_mutex_lock (&self->lock);
  was_paused = self->is_paused;
  if (is_packet)
    self->ssrc_arrival_us = now_us;
  self->is_paused =
      self->ssrc_arrival_us != 0 && now_us - self->ssrc_arrival_us > PAUSE_US;
  is_paused = self->is_paused;
  g_mutex_unlock (&self->lock);
  if (is_paused != was_paused && self->funcs->paused != NULL)
    self->funcs->paused (is_paused, self->user_data);
}

static gboolean
is_our_ssrc (RwRtpReceiver *self, guint32 ssrc, gint64 now_us)
{
  if (self->ssrc_arrival_us != 0 && self->ssrc != ssrc &&
      now_us - self->ssrc_arrival_us < SSRC_TIMEOUT_US)
    return FALSE;

  self->ssrc = ssrc;
  note_arrival (self, TRUE, now_us);
  return TRUE;
}

static void
push_ordinary (GstBuffer *packet, gpointer user_data)
{
  RwRtpReceiver *self = user_data;

  gst_pad_push (self->source,
                rw_rtp_numbers_rewrite (packet, self->payload_type));
}

static void
take_ordinary (RwRtpReceiver *self, GstBuffer *packet,
               const RwRtpFormat *format, gint64 now_us)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  guint32 ssrc;

  if (!gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp))
    return;
  ssrc = gst_rtp_buffer_get_ssrc (&rtp);
  gst_rtp_buffer_unmap (&rtp);

  if (is_our_ssrc (self, ssrc, now_us))
    rw_red_unwrap (&self->red, packet, format, push_ordinary, self);
}

/* --- Every peer: the packets --------------------------------------------- */

typedef struct {
  RwRtpReceiver *receiver;
  gint64 arrival_us;
} Arrival;

static void
on_frame (const RwFrame *frame, gpointer user_data)
{
  Arrival *arrival = user_data;

  arrival->receiver->funcs->frame (frame, arrival->arrival_us,
                                   arrival->receiver->user_data);
}

/* @format: (out): that of the stream. FALSE if @packet does not belong to it.
 */
static gboolean
is_of_stream (RwRtpReceiver *self, GstBuffer *packet, RwRtpFormat *format)
{
  gboolean is_ours;

  g_mutex_lock (&self->lock);
  is_ours = rw_rtp_numbers_match (&self->numbers, packet, format);
  g_mutex_unlock (&self->lock);

  return is_ours;
}

static void
take_packet (RwRtpReceiver *self, GstBuffer *packet)
{
  Arrival arrival = {self, g_get_monotonic_time ()};
  RwRtpFormat format;

  if (g_atomic_int_get (&self->is_closed) ||
      !is_of_stream (self, packet, &format))
    return;

  if (format.frame_id != 0)
    rw_rtp_frame_read (packet, &format, on_frame, &arrival);
  else
    take_ordinary (self, packet, &format, arrival.arrival_us);
}

static GstPadProbeReturn
on_rtp (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  RwRtpReceiver *self = user_data;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
    GstBufferList *list = GST_PAD_PROBE_INFO_BUFFER_LIST (info);
    guint i;

    for (i = 0; i < gst_buffer_list_length (list); i++)
      take_packet (self, gst_buffer_list_get (list, i));
  } else {
    take_packet (self, GST_PAD_PROBE_INFO_BUFFER (info));
  }
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_rtcp (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  RwRtpReceiver *self = user_data;

  if (!g_atomic_int_get (&self->is_closed))
    note_arrival (self, FALSE, g_get_monotonic_time ());
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
drop_rtp (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return GST_PAD_PROBE_DROP;
}

static void
on_rtpbin_pad_added (GstElement *rtpbin, GstPad *pad, gpointer user_data)
{
  const GstPadProbeType type =
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST;

  if (g_str_has_prefix (GST_PAD_NAME (pad), "recv_rtp_sink_"))
    gst_pad_add_probe (pad, type, on_rtp, user_data, NULL);
  else if (g_str_has_prefix (GST_PAD_NAME (pad), "recv_rtcp_sink_"))
    gst_pad_add_probe (pad, type, on_rtcp, user_data, NULL);
}

static void
on_rtpsession_pad_added (GstElement *rtpsession, GstPad *pad,
                         gpointer user_data)
{
  if (strcmp (GST_PAD_NAME (pad), "recv_rtp_src") == 0)
    gst_pad_add_probe (
        pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST,
        drop_rtp, NULL, NULL);
}

static void
on_rtpbin_element_added (GstBin *rtpbin, GstElement *element,
                         gpointer user_data)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  if (factory != NULL && strcmp (GST_OBJECT_NAME (factory), "rtpsession") == 0)
    g_signal_connect (element, "pad-added",
                      G_CALLBACK (on_rtpsession_pad_added), NULL);
}

/* --- Public -------------------------------------------------------------- */

RwRtpReceiver *
rw_rtp_receiver_new (guint latency_ms, const RwWebrtcPeerFuncs *funcs,
                     gpointer user_data)
{
  RwRtpReceiver *self = g_new0 (RwRtpReceiver, 1);

  g_mutex_init (&self->lock);
  self->latency_ms = latency_ms;
  self->funcs = funcs;
  self->user_data = user_data;
  return self;
}

void
rw_rtp_receiver_attach (RwRtpReceiver *self, GstBin *bin, GstElement *webrtc)
{
  g_autoptr (GstElement) rtpbin =
      gst_bin_get_by_name (GST_BIN (webrtc), "rtpbin");

  self->bin = bin;
  g_signal_connect (rtpbin, "pad-added", G_CALLBACK (on_rtpbin_pad_added),
                    self);
  g_signal_connect (rtpbin, "element-added",
                    G_CALLBACK (on_rtpbin_element_added), NULL);
}

void
rw_rtp_receiver_free (RwRtpReceiver *self)
{
  if (self->sink != NULL)
    gst_pad_set_active (self->sink, FALSE);
  if (self->source != NULL)
    gst_pad_set_active (self->source, FALSE);
  gst_clear_object (&self->sink);
  gst_clear_object (&self->source);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
rw_rtp_receiver_open (RwRtpReceiver *self, const RwRtpFormat *format,
                      GstCaps *rtp_caps)
{
  self->payload_type = format->payload_type;
  if (format->frame_id == 0)
    add_jitter_buffer (self, rtp_caps);

  rw_rtp_receiver_renumber (self, format);
}

void
rw_rtp_receiver_renumber (RwRtpReceiver *self, const RwRtpFormat *format)
{
  g_mutex_lock (&self->lock);
  rw_rtp_numbers_set (&self->numbers, format);
  g_mutex_unlock (&self->lock);
}

void
rw_rtp_receiver_close (RwRtpReceiver *self)
{
  g_atomic_int_set (&self->is_closed, TRUE);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-window-src.h"

#include <string.h>

#include "rw-bus-message.h"
#include "rw-stream-id.h"

/* From the receive window to the pad; see the header. */

GST_DEBUG_CATEGORY_STATIC (rw_window_src_debug);
#define GST_CAT_DEFAULT rw_window_src_debug

/* What a sender that tells no usable caps is taken to send: what RTP says of
 * every Opus stream (RFC 7587). */
#define FALLBACK_CAPS                                                          \
  "audio/x-opus, channel-mapping-family=(int)0, channels=(int)2, "             \
  "rate=(int)48000"

struct _RwWindowSrc {
  GstBaseSrc parent_instance;

  RwReceiver *receiver;
  GstClockTime latency; /* object lock */

  /* Streaming thread. */
  gboolean has_item;
  RwReceived item; /* pushed, and not handed yet */
  char *caps_text; /* GRefString of the caps that are set */
  GstCaps *caps;
  gboolean prepared;
  char *stream_id;
};

enum { SIGNAL_PREPARE, N_SIGNALS };
static guint signals[N_SIGNALS];

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS ("audio/x-opus"));

G_DEFINE_FINAL_TYPE (RwWindowSrc, rw_window_src, GST_TYPE_BASE_SRC)

static void
clear_item (RwWindowSrc *self)
{
  if (self->has_item)
    rw_received_clear (&self->item);
  self->has_item = FALSE;
}

/* Being asked for the next buffer is how a GstBaseSrc learns that downstream
 * has taken the last one. */
static void
hand_item (RwWindowSrc *self)
{
  if (self->has_item)
    rw_receiver_handed (self->receiver, &self->item);
  clear_item (self);
}

static gboolean
apply_caps (RwWindowSrc *self, GstCaps *caps)
{
  if (self->caps && gst_caps_is_equal (self->caps, caps))
    return TRUE;
  if (!self->prepared)
    g_signal_emit (self, signals[SIGNAL_PREPARE], 0, caps);
  self->prepared = TRUE;
  gst_caps_replace (&self->caps, caps);
  return gst_base_src_set_caps (GST_BASE_SRC (self), caps);
}

/* Caps text comes from the network. */
static GstCaps *
parse_caps (RwWindowSrc *self, const char *text)
{
  GstCaps *caps;

  if (text == NULL)
    return gst_caps_from_string (FALLBACK_CAPS);
  caps = gst_caps_from_string (text);

  if (caps && gst_caps_is_fixed (caps) &&
      gst_structure_has_name (gst_caps_get_structure (caps, 0), "audio/x-opus"))
    return caps;
  GST_WARNING_OBJECT (self, "caps of the sender are of no use, taking "
                            "stereo Opus instead");
  gst_clear_caps (&caps);
  return gst_caps_from_string (FALLBACK_CAPS);
}

static gboolean
apply_caps_text (RwWindowSrc *self, char *text)
{
  g_autoptr (GstCaps) caps = NULL;

  if (self->caps && self->caps_text == text)
    return TRUE;
  caps = parse_caps (self, text);
  g_clear_pointer (&self->caps_text, g_ref_string_release);
  self->caps_text = text ? g_ref_string_acquire (text) : NULL;
  return apply_caps (self, caps);
}

static GstBuffer *
buffer_from_frame (const RwReceived *item)
{
  static GstStaticCaps unix_caps = GST_STATIC_CAPS ("timestamp/x-unix");
  const RwFrame *frame = &item->window.frame;
  GstBuffer *buffer = gst_buffer_new_wrapped_bytes (item->window.payload);

  GST_BUFFER_PTS (buffer) = item->pts;
  GST_BUFFER_DURATION (buffer) = item->duration;
  if (frame->flags & RW_FRAME_FLAG_DISCONT)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  if (frame->capture_time_ns != RW_CAPTURE_TIME_NONE &&
      frame->capture_time_ns >= 0) {
    g_autoptr (GstCaps) caps = gst_static_caps_get (&unix_caps);

    gst_buffer_add_reference_timestamp_meta (
        buffer, caps, frame->capture_time_ns, item->duration);
  }
  return buffer;
}

/* In the name of the element that the application knows. */
static void
post (RwWindowSrc *self, GstStructure *structure)
{
  g_autoptr (GstObject) parent = gst_object_get_parent (GST_OBJECT (self));

  gst_element_post_message (GST_ELEMENT (parent),
                            gst_message_new_element (parent, structure));
}

static void
announce_gap (RwWindowSrc *self)
{
  const RwReceived *item = &self->item;

  GST_WARNING_OBJECT (self,
                      "gap: frames %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
                      ", %" GST_TIME_FORMAT,
                      item->window.from, item->window.to,
                      GST_TIME_ARGS (item->duration));
  if (self->caps && GST_CLOCK_TIME_IS_VALID (item->pts))
    gst_pad_push_event (GST_BASE_SRC_PAD (self),
                        gst_event_new_gap (item->pts, item->duration));
  post (self, rw_bus_message_new_gap (
                  item->window.from, item->window.to - item->window.from,
                  item->pts, item->duration,
                  item->let_go     ? "they came while the pipeline was paused"
                  : item->left_out ? "they had not come within the latency"
                                   : "the sender no longer has these frames"));
}

static void
announce_stream (RwWindowSrc *self)
{
  g_autofree char *previous = g_steal_pointer (&self->stream_id);

  self->stream_id = rw_stream_id_to_string (self->item.window.stream_id);
  GST_INFO_OBJECT (self, "stream %s begins at %" G_GUINT64_FORMAT,
                   self->stream_id, self->item.window.from);
  post (self, rw_bus_message_new_stream (self->stream_id, previous,
                                         self->item.window.from));
}

/* GST_FLOW_CUSTOM_SUCCESS: nothing to push for this item. */
static GstFlowReturn
consume_item (RwWindowSrc *self, GstBuffer **out)
{
  RwReceived *item = &self->item;

  switch (item->type) {
  case RW_RECEIVED_STREAM:
    announce_stream (self);
    return GST_FLOW_CUSTOM_SUCCESS;
  case RW_RECEIVED_FRAME:
    if (!apply_caps_text (self, item->window.caps))
      return GST_FLOW_NOT_NEGOTIATED;
    *out = buffer_from_frame (item);
    return GST_FLOW_OK;
  case RW_RECEIVED_GAP:
    announce_gap (self);
    return GST_FLOW_CUSTOM_SUCCESS;
  case RW_RECEIVED_ENDED:
    hand_item (self);
    return GST_FLOW_EOS;
  case RW_RECEIVED_BUFFER:
    if (!apply_caps_text (self, NULL))
      return GST_FLOW_NOT_NEGOTIATED;
    *out = g_steal_pointer (&item->buffer);
    return GST_FLOW_OK;
  case RW_RECEIVED_LOST:
    if (self->caps && GST_CLOCK_TIME_IS_VALID (item->pts))
      gst_pad_push_event (GST_BASE_SRC_PAD (self),
                          gst_event_new_gap (item->pts, item->duration));
    return GST_FLOW_CUSTOM_SUCCESS;
  }
  g_assert_not_reached ();
}

static GstFlowReturn
rw_window_src_create (GstBaseSrc *src, guint64 offset, guint size,
                      GstBuffer **out)
{
  RwWindowSrc *self = RW_WINDOW_SRC (src);
  GstFlowReturn ret;

  do {
    hand_item (self);
    if (!rw_receiver_pop (self->receiver, &self->item)) {
      ret = gst_base_src_wait_playing (src);
      if (ret != GST_FLOW_OK)
        return ret;
      ret = GST_FLOW_CUSTOM_SUCCESS;
      continue;
    }
    self->has_item = TRUE;
    ret = consume_item (self, out);
  } while (ret == GST_FLOW_CUSTOM_SUCCESS);
  return ret;
}

static gboolean
rw_window_src_start (GstBaseSrc *src)
{
  RwWindowSrc *self = RW_WINDOW_SRC (src);

  self->prepared = FALSE;
  return TRUE;
}

static gboolean
rw_window_src_stop (GstBaseSrc *src)
{
  RwWindowSrc *self = RW_WINDOW_SRC (src);

  clear_item (self);
  g_clear_pointer (&self->caps_text, g_ref_string_release);
  g_clear_pointer (&self->stream_id, g_free);
  gst_clear_caps (&self->caps);
  return TRUE;
}

static gboolean
rw_window_src_unlock (GstBaseSrc *src)
{
  rw_receiver_interrupt (RW_WINDOW_SRC (src)->receiver, TRUE);
  return TRUE;
}

static gboolean
rw_window_src_unlock_stop (GstBaseSrc *src)
{
  rw_receiver_interrupt (RW_WINDOW_SRC (src)->receiver, FALSE);
  return TRUE;
}

/* Caps come with the first frame. */
static gboolean
rw_window_src_negotiate (GstBaseSrc *src)
{
  return TRUE;
}

static gboolean
rw_window_src_is_seekable (GstBaseSrc *src)
{
  return FALSE;
}

static gboolean
rw_window_src_query (GstBaseSrc *src, GstQuery *query)
{
  RwWindowSrc *self = RW_WINDOW_SRC (src);

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return GST_BASE_SRC_CLASS (rw_window_src_parent_class)->query (src, query);
  GST_OBJECT_LOCK (self);
  gst_query_set_latency (query, TRUE, self->latency, GST_CLOCK_TIME_NONE);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static void
rw_window_src_finalize (GObject *object)
{
  RwWindowSrc *self = RW_WINDOW_SRC (object);

  rw_window_src_stop (GST_BASE_SRC (self));
  g_clear_object (&self->receiver);
  G_OBJECT_CLASS (rw_window_src_parent_class)->finalize (object);
}

static void
rw_window_src_class_init (RwWindowSrcClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *src_class = GST_BASE_SRC_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = rw_window_src_finalize;
  src_class->create = rw_window_src_create;
  src_class->start = rw_window_src_start;
  src_class->stop = rw_window_src_stop;
  src_class->unlock = rw_window_src_unlock;
  src_class->unlock_stop = rw_window_src_unlock_stop;
  src_class->negotiate = rw_window_src_negotiate;
  src_class->is_seekable = rw_window_src_is_seekable;
  src_class->query = rw_window_src_query;
  signals[SIGNAL_PREPARE] =
      g_signal_new ("prepare", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 1, GST_TYPE_CAPS);

  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (
      element_class, "Receive window source", "Source/Network",
      "Pushes what the receive window of resilientwebrtcsrc hands out",
      "gst-resilient-webrtc developers");
  GST_DEBUG_CATEGORY_INIT (rw_window_src_debug, "resilientwebrtcwindow", 0,
                           "resilient WebRTC receive window's pad");
}

static void
rw_window_src_init (RwWindowSrc *self)
{
  gst_base_src_set_live (GST_BASE_SRC (self), TRUE);
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
  gst_base_src_set_do_timestamp (GST_BASE_SRC (self), FALSE);
}

void
rw_window_src_set_latency (RwWindowSrc *self, guint latency_ms)
{
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = self->latency != latency_ms * GST_MSECOND;
  self->latency = latency_ms * GST_MSECOND;
  GST_OBJECT_UNLOCK (self);
  if (changed)
    gst_element_post_message (GST_ELEMENT (self),
                              gst_message_new_latency (GST_OBJECT (self)));
}

GstElement *
rw_window_src_new (RwReceiver *receiver)
{
  RwWindowSrc *self = g_object_new (RW_TYPE_WINDOW_SRC, "name", "window", NULL);

  self->receiver = g_object_ref (receiver);
  return GST_ELEMENT (self);
}

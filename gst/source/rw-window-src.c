/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-window-src.h"

#include "rw-frame-meta.h"
#include "rw-opus-caps.h"
#include "rw-playout-reporter.h"

/* Pushes the frames of the receive window; see the header. */

GST_DEBUG_CATEGORY_STATIC (rw_window_src_debug);
#define GST_CAT_DEFAULT rw_window_src_debug

/* Assumed for a sender without usable caps: the format of every Opus stream in
 * RTP (RFC 7587). */
#define FALLBACK_CAPS                                                          \
  "audio/x-opus, channel-mapping-family=(int)0, channels=(int)2, "             \
  "rate=(int)48000"

struct _RwWindowSrc {
  GstBaseSrc parent_instance;

  RwReceiver *receiver;
  RwReceiverOutput output;
  GstClockTime latency; /* object lock */

  /* Streaming thread. */
  gboolean has_item;
  RwReceived item; /* pushed, and not handed yet */
  char *caps_text; /* GRefString of the caps that are set */
  GstCaps *caps;
  gboolean prepared;
  RwPlayoutReporter *reporter;
  guint64 n_ordinary; /* packets of ordinary producers, pushed so far */
};

enum { SIGNAL_PREPARE, SIGNAL_IS_RELINKED, N_SIGNALS };
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

/* A GstBaseSrc learns by the request for the next buffer that downstream has
 * taken the last one. */
static void
hand_item (RwWindowSrc *self)
{
  if (self->has_item)
    rw_receiver_handed (self->receiver, self->output, &self->item);
  clear_item (self);
}

static void
prepare (RwWindowSrc *self, GstCaps *caps)
{
  gboolean is_relinked = FALSE;

  g_signal_emit (self, signals[SIGNAL_IS_RELINKED], 0, &is_relinked);
  if (self->prepared && !is_relinked)
    return;
  g_signal_emit (self, signals[SIGNAL_PREPARE], 0, caps,
                 self->item.type == RW_RECEIVED_BUFFER);
  self->prepared = TRUE;
}

static gboolean
apply_caps (RwWindowSrc *self, GstCaps *caps)
{
  prepare (self, caps);
  if (self->caps && gst_caps_is_equal (self->caps, caps))
    return TRUE;
  gst_caps_replace (&self->caps, caps);
  return gst_base_src_set_caps (GST_BASE_SRC (self), caps);
}

/* Caps text comes from the network. */
static GstCaps *
parse_caps (RwWindowSrc *self, const char *text)
{
  g_autoptr (GstCaps) caps = NULL;

  if (text == NULL)
    return gst_caps_from_string (FALLBACK_CAPS);
  caps = gst_caps_from_string (text);

  if (caps && gst_caps_is_fixed (caps) &&
      gst_structure_has_name (gst_caps_get_structure (caps, 0),
                              "audio/x-opus") &&
      rw_opus_caps_is_playable (caps))
    return rw_opus_caps_simplify (caps, TRUE);
  GST_WARNING_OBJECT (self,
                      "the sender's caps cannot be used; assuming stereo Opus");
  return gst_caps_from_string (FALLBACK_CAPS);
}

static gboolean
apply_caps_text (RwWindowSrc *self, char *text)
{
  g_autoptr (GstCaps) caps = NULL;

  if (self->caps && self->caps_text == text)
    return apply_caps (self, self->caps);
  caps = parse_caps (self, text);
  g_clear_pointer (&self->caps_text, g_ref_string_release);
  self->caps_text = text ? g_ref_string_acquire (text) : NULL;
  return apply_caps (self, caps);
}

/* Before the first caps a gap means nothing to downstream. */
static void
push_gap (RwWindowSrc *self, GstClockTime start, GstClockTime duration)
{
  if (self->caps && GST_CLOCK_TIME_IS_VALID (start) && duration > 0)
    gst_pad_push_event (GST_BASE_SRC_PAD (self),
                        gst_event_new_gap (start, duration));
}

/* The other pad reports what is lost, and which stream it is. */
static gboolean
is_silent (RwWindowSrc *self)
{
  return self->output == RW_RECEIVER_ALWAYS &&
         rw_receiver_is_dual (self->receiver);
}

static GstFlowReturn
consume_frame (RwWindowSrc *self, GstBuffer **out)
{
  const RwPlayoutItem *item = &self->item.item;

  if (!apply_caps_text (self, item->window.caps))
    return GST_FLOW_NOT_NEGOTIATED;
  push_gap (self, item->time_ns - item->hole_ns, item->hole_ns);
  rw_playout_reporter_report_step (
      self->reporter, item->time_ns, item->hole_ns, item->step_ns,
      (item->window.frame.flags & RW_FRAME_FLAG_DISCONT) != 0);
  *out = rw_received_make_buffer (&self->item);
  rw_frame_meta_add (*out, rw_playout_reporter_get_stream_id (self->reporter),
                     item->window.from,
                     item->window.repaired ? "repair" : "live");
  return GST_FLOW_OK;
}

static GstFlowReturn
consume_buffer (RwWindowSrc *self, GstBuffer **out)
{
  RwOrdinaryItem *item = &self->item.ordinary;

  if (!apply_caps_text (self, NULL))
    return GST_FLOW_NOT_NEGOTIATED;
  push_gap (self, item->time_ns - item->hole_ns, item->hole_ns);
  rw_playout_reporter_report_step (self->reporter, item->time_ns,
                                   item->hole_ns + item->lost_ns, item->step_ns,
                                   TRUE);
  *out = rw_received_make_buffer (&self->item);
  rw_frame_meta_add (*out, NULL, self->n_ordinary++, "rtp");
  return GST_FLOW_OK;
}

/* An end before the first frame needs a way downstream, too. */
static void
prepare_for_end (RwWindowSrc *self)
{
  g_autoptr (GstCaps) caps = NULL;

  if (self->prepared)
    return;
  caps = gst_caps_from_string (FALLBACK_CAPS);
  prepare (self, caps);
}

/* GST_FLOW_CUSTOM_SUCCESS: nothing to push for this item. */
static GstFlowReturn
consume_item (RwWindowSrc *self, GstBuffer **out)
{
  switch (self->item.type) {
  case RW_RECEIVED_STREAM:
    if (!is_silent (self))
      rw_playout_reporter_report_stream (self->reporter,
                                         &self->item.item.window);
    return GST_FLOW_CUSTOM_SUCCESS;
  case RW_RECEIVED_FRAME:
    return consume_frame (self, out);
  case RW_RECEIVED_GAP:
    push_gap (self, self->item.item.time_ns, self->item.item.duration_ns);
    if (!is_silent (self))
      rw_playout_reporter_report_gap (self->reporter, &self->item.item);
    return GST_FLOW_CUSTOM_SUCCESS;
  case RW_RECEIVED_ENDED:
    prepare_for_end (self);
    hand_item (self);
    return GST_FLOW_EOS;
  case RW_RECEIVED_BUFFER:
    return consume_buffer (self, out);
  case RW_RECEIVED_LOST:
    push_gap (self, self->item.ordinary.time_ns,
              self->item.ordinary.duration_ns);
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
    if (!rw_receiver_pop (self->receiver, self->output, &self->item))
      return GST_FLOW_FLUSHING; /* the task is started again when it is over */
    self->has_item = TRUE;
    ret = consume_item (self, out);
  } while (ret == GST_FLOW_CUSTOM_SUCCESS);
  return ret;
}

/* The application's EOS goes the way of the stream's own end, which waits for
 * nothing: basesrc would push it where no pad is linked yet. */
static gboolean
rw_window_src_send_event (GstElement *element, GstEvent *event)
{
  RwWindowSrc *self = RW_WINDOW_SRC (element);

  if (GST_EVENT_TYPE (event) != GST_EVENT_EOS)
    return GST_ELEMENT_CLASS (rw_window_src_parent_class)
        ->send_event (element, event);
  rw_receiver_end (self->receiver);
  gst_event_unref (event);
  return TRUE;
}

static gboolean
rw_window_src_start (GstBaseSrc *src)
{
  RwWindowSrc *self = RW_WINDOW_SRC (src);

  self->prepared = FALSE;
  rw_playout_reporter_reset (self->reporter);
  self->n_ordinary = 0;
  return TRUE;
}

static gboolean
rw_window_src_stop (GstBaseSrc *src)
{
  RwWindowSrc *self = RW_WINDOW_SRC (src);

  clear_item (self);
  g_clear_pointer (&self->caps_text, g_ref_string_release);
  gst_clear_caps (&self->caps);
  return TRUE;
}

static gboolean
rw_window_src_unlock (GstBaseSrc *src)
{
  RwWindowSrc *self = RW_WINDOW_SRC (src);

  rw_receiver_interrupt (self->receiver, self->output, TRUE);
  return TRUE;
}

static gboolean
rw_window_src_unlock_stop (GstBaseSrc *src)
{
  RwWindowSrc *self = RW_WINDOW_SRC (src);

  rw_receiver_interrupt (self->receiver, self->output, FALSE);
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

static gboolean
rw_window_src_event (GstBaseSrc *src, GstEvent *event)
{
  RwWindowSrc *self = RW_WINDOW_SRC (src);
  GstClockTime latency;

  if (GST_EVENT_TYPE (event) == GST_EVENT_LATENCY) {
    gst_event_parse_latency (event, &latency);
    rw_receiver_set_pipeline_latency (self->receiver, latency);
  }
  return GST_BASE_SRC_CLASS (rw_window_src_parent_class)->event (src, event);
}

static void
rw_window_src_finalize (GObject *object)
{
  RwWindowSrc *self = RW_WINDOW_SRC (object);

  rw_window_src_stop (GST_BASE_SRC (self));
  g_clear_pointer (&self->reporter, rw_playout_reporter_free);
  g_clear_object (&self->receiver);
  G_OBJECT_CLASS (rw_window_src_parent_class)->finalize (object);
}

static void
rw_window_src_class_init (RwWindowSrcClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *src_class = GST_BASE_SRC_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = rw_window_src_finalize;
  element_class->send_event = rw_window_src_send_event;
  src_class->create = rw_window_src_create;
  src_class->start = rw_window_src_start;
  src_class->stop = rw_window_src_stop;
  src_class->unlock = rw_window_src_unlock;
  src_class->unlock_stop = rw_window_src_unlock_stop;
  src_class->negotiate = rw_window_src_negotiate;
  src_class->is_seekable = rw_window_src_is_seekable;
  src_class->query = rw_window_src_query;
  src_class->event = rw_window_src_event;
  signals[SIGNAL_PREPARE] = g_signal_new (
      "prepare", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
      NULL, G_TYPE_NONE, 2, GST_TYPE_CAPS, G_TYPE_BOOLEAN);
  signals[SIGNAL_IS_RELINKED] =
      g_signal_new ("is-relinked", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                    0, NULL, NULL, NULL, G_TYPE_BOOLEAN, 0);
  rw_frame_meta_register ();
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (
      element_class, "Receive window source", "Source/Network",
      "Pushes the frames of the receive window of resilientwebrtcsrc",
      "gst-resilient-webrtc developers");
  GST_DEBUG_CATEGORY_INIT (rw_window_src_debug, "resilientwebrtcwindow", 0,
                           "resilient WebRTC receive window's pad");
}

static void
rw_window_src_init (RwWindowSrc *self)
{
  self->reporter = rw_playout_reporter_new (GST_ELEMENT (self));
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
rw_window_src_new (RwReceiver *receiver, RwReceiverOutput output)
{
  RwWindowSrc *self = g_object_new (
      RW_TYPE_WINDOW_SRC, "name",
      output == RW_RECEIVER_COMPLETE ? "complete-window" : "window", NULL);

  self->receiver = g_object_ref (receiver);
  self->output = output;
  return GST_ELEMENT (self);
}

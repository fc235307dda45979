/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-resilientwebrtcsrc
 * @title: resilientwebrtcsrc
 * @short_description: receives live audio over WebRTC and loses none of it
 *
 * Finds a producer by name, receives its audio, and reconnects by itself. From
 * `resilientwebrtcsink` every frame comes out once, in order, at its own time,
 * across outages of the network; from every other WebRTC producer with the
 * reliability of RTP.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 resilientwebrtcsrc producer-name=studio ! audioconvert ! \
 *     autoaudiosink
 * gst-launch-1.0 playbin uri="gstwebrtc://localhost:8443/?producer-name=studio"
 * ]|
 */
#include "gstresilientwebrtcsrc.h"

#include "rw-complete-pad.h"
#include "rw-consumer.h"
#include "rw-receiver.h"
#include "rw-room-source.h"
#include "rw-source-output.h"
#include "rw-source-settings.h"
#include "rw-source-uri.h"
#include "rw-window-src.h"

/*
 * The bin: pad, decoder and state changes. Data flows from the receiver
 * through the window source and the decoder (for raw output) to the ghost pad;
 * the consumer manages the sessions on the control thread.
 */

GST_DEBUG_CATEGORY_STATIC (resilient_webrtc_src_debug);
#define GST_CAT_DEFAULT resilient_webrtc_src_debug

enum { SIGNAL_JUMP_TO_LIVE, N_SIGNALS };
static guint signals[N_SIGNALS];

struct _GstResilientWebrtcSrc {
  GstResilientWebrtcBin parent_instance;

  GstPad *src_pad;        /* owned by the element */
  GstElement *window_src; /* owned by the bin */
  RwSourceOutput *output;
  RwCompletePad *complete; /* NULL where it was not requested */
  RwRoomSource *room;      /* started in place of a consumer */
  RwEndpoint *endpoint;    /* the parent's */
  RwReceiver *receiver;
  gboolean was_playing; /* since it was started; state changes */

  /* Object lock. */
  RwConsumer *consumer; /* from READY to PAUSED and back */
  RwSourceSettings settings;
};

static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                             GST_STATIC_CAPS ("audio/x-opus; audio/x-raw"));

static GstStaticPadTemplate complete_template =
    GST_STATIC_PAD_TEMPLATE ("complete", GST_PAD_SRC, GST_PAD_REQUEST,
                             GST_STATIC_CAPS ("audio/x-opus; audio/x-raw"));

G_DEFINE_FINAL_TYPE_WITH_CODE (
    GstResilientWebrtcSrc, gst_resilient_webrtc_src,
    GST_TYPE_RESILIENT_WEBRTC_BIN,
    G_IMPLEMENT_INTERFACE (GST_TYPE_URI_HANDLER, rw_source_uri_init_handler))
GST_ELEMENT_REGISTER_DEFINE (resilientwebrtcsrc, "resilientwebrtcsrc",
                             GST_RANK_PRIMARY, GST_TYPE_RESILIENT_WEBRTC_SRC)

static void
apply_delivery (GstResilientWebrtcSrc *self)
{
  RwDelivery delivery;
  guint latency_ms;
  double rate;

  GST_OBJECT_LOCK (self);
  delivery = self->settings.delivery;
  latency_ms = self->settings.latency_ms;
  rate = self->settings.catch_up_rate;
  GST_OBJECT_UNLOCK (self);
  rw_source_output_set_catch_up (
      self->output,
      delivery == RW_DELIVERY_CATCH_UP && self->complete == NULL ? rate : 0);
  rw_receiver_set_delivery (self->receiver, delivery, latency_ms);
  rw_window_src_set_latency (RW_WINDOW_SRC (self->window_src), latency_ms);
  if (self->complete)
    rw_complete_pad_set_latency (self->complete, latency_ms);
}

static void
gst_resilient_webrtc_src_set_property (GObject *object, guint id,
                                       const GValue *value, GParamSpec *pspec)
{
  GstResilientWebrtcSrc *self = GST_RESILIENT_WEBRTC_SRC (object);
  gboolean is_setting;

  GST_OBJECT_LOCK (self);
  is_setting = rw_source_settings_set (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!is_setting)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  if (id == RW_SOURCE_PROP_DELIVERY || id == RW_SOURCE_PROP_CATCH_UP_RATE ||
      id == RW_SOURCE_PROP_LATENCY)
    apply_delivery (self);
  if (id == RW_SOURCE_PROP_TIMESTAMPS)
    rw_receiver_set_by_capture (self->receiver, g_value_get_enum (value) ==
                                                    RW_TIMESTAMPS_CAPTURE);
}

static void
gst_resilient_webrtc_src_get_property (GObject *object, guint id, GValue *value,
                                       GParamSpec *pspec)
{
  GstResilientWebrtcSrc *self = GST_RESILIENT_WEBRTC_SRC (object);
  gboolean is_setting;

  GST_OBJECT_LOCK (self);
  is_setting = rw_source_settings_get (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (!is_setting)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static gboolean
is_live_delivery (GstResilientWebrtcSrc *self)
{
  g_autoptr (GMutexLocker) locker =
      g_mutex_locker_new (GST_OBJECT_GET_LOCK (self));

  return self->settings.delivery == RW_DELIVERY_LIVE;
}

/* Streaming thread, before the first caps, and after downstream was relinked:
 * its caps show whether it accepts Opus. */
static void
on_prepare (GstElement *window_src, GstCaps *caps, gboolean is_ordinary,
            gpointer data)
{
  GstResilientWebrtcSrc *self = data;

  /* The application ends it: what there is of it comes by the merge. */
  if (!rw_room_source_end (self->room))
    rw_source_output_decide (self->output, caps,
                             is_ordinary || self->complete != NULL ||
                                 is_live_delivery (self));
}

static gboolean
on_is_relinked (GstElement *window_src, gpointer data)
{
  return rw_source_output_take_relinked (
      GST_RESILIENT_WEBRTC_SRC (data)->output);
}

static RwConsumer *
dup_consumer (GstResilientWebrtcSrc *self)
{
  g_autoptr (GMutexLocker) locker =
      g_mutex_locker_new (GST_OBJECT_GET_LOCK (self));

  return self->consumer ? g_object_ref (self->consumer) : NULL;
}

static gboolean
gst_resilient_webrtc_src_start (GstResilientWebrtcBin *bin)
{
  GstResilientWebrtcSrc *self = GST_RESILIENT_WEBRTC_SRC (bin);
  g_autofree char *producer_name = NULL;
  g_autofree char *consumer_id = NULL;
  RwConsumerConfig config;
  RwConsumer *consumer;

  GST_OBJECT_LOCK (self);
  config.producer_name = producer_name =
      g_strdup (self->settings.producer_name);
  config.consumer_id = consumer_id = g_strdup (self->settings.consumer_id);
  config.start = self->settings.start_position;
  config.latency_ms = self->settings.latency_ms;
  config.terms = self->settings.terms;
  GST_OBJECT_UNLOCK (self);
  if (producer_name && *producer_name == '\0')
    config.producer_name = NULL;
  if (!rw_consumer_check_id (GST_ELEMENT (self), consumer_id))
    return FALSE;

  rw_receiver_start (self->receiver);
  if (rw_room_source_is_wanted (self->room))
    return self->complete ? rw_complete_pad_refuse_room (self->complete)
                          : rw_room_source_start (self->room);
  consumer = rw_consumer_new (self->endpoint, self->receiver, &config);
  GST_OBJECT_LOCK (self);
  self->consumer = consumer;
  GST_OBJECT_UNLOCK (self);
  return rw_consumer_start (consumer);
}

static void
gst_resilient_webrtc_src_stop (GstResilientWebrtcBin *bin)
{
  GstResilientWebrtcSrc *self = GST_RESILIENT_WEBRTC_SRC (bin);
  g_autoptr (RwConsumer) consumer = NULL;

  GST_OBJECT_LOCK (self);
  consumer = g_steal_pointer (&self->consumer);
  GST_OBJECT_UNLOCK (self);
  if (consumer)
    rw_consumer_stop (consumer);
  rw_room_source_stop (self->room);
  rw_source_output_reset (self->output);
  if (self->complete)
    rw_complete_pad_reset (self->complete);
}

static void
gst_resilient_webrtc_src_retry_now (GstResilientWebrtcBin *bin)
{
  GstResilientWebrtcSrc *self = GST_RESILIENT_WEBRTC_SRC (bin);
  g_autoptr (RwConsumer) consumer = dup_consumer (self);

  rw_room_source_retry_now (self->room);
  if (consumer)
    rw_consumer_retry_now (consumer);
}

static GstStructure *
gst_resilient_webrtc_src_get_stats (GstResilientWebrtcBin *bin)
{
  GstResilientWebrtcSrc *self = GST_RESILIENT_WEBRTC_SRC (bin);
  GstStructure *stats = gst_structure_new_empty ("resilient-webrtc-src-stats");
  g_autoptr (RwConsumer) consumer = dup_consumer (self);

  rw_receiver_fill_stats (self->receiver, stats);
  gst_structure_set (stats, "behind", G_TYPE_UINT64,
                     rw_source_output_get_behind (self->output), NULL);
  if (consumer)
    rw_consumer_fill_stats (consumer, stats);
  rw_signalling_connection_fill_stats (
      rw_endpoint_get_signalling (self->endpoint), stats);
  return stats;
}

/* The running time has stood still, the sender has not: what came meanwhile
 * would be late by the pause from now on. Complete delivery wants that, unless
 * it is requested otherwise. */
static gboolean
resumes_at_live (GstResilientWebrtcSrc *self)
{
  g_autoptr (GMutexLocker) locker =
      g_mutex_locker_new (GST_OBJECT_GET_LOCK (self));

  return self->settings.delivery == RW_DELIVERY_LIVE ||
         self->settings.resumes_at_live;
}

/* The pipeline plays, perhaps again: what ordinary producers send is timed by
 * the sessions. */
static GstStateChangeReturn
gst_resilient_webrtc_src_change_state (GstElement *element,
                                       GstStateChange transition)
{
  GstResilientWebrtcSrc *self = GST_RESILIENT_WEBRTC_SRC (element);
  g_autoptr (RwConsumer) consumer = NULL;
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    self->was_playing = FALSE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING) {
    if (self->was_playing && (self->complete || resumes_at_live (self)))
      rw_receiver_jump_to_live (self->receiver, TRUE);
    self->was_playing = TRUE;
  }
  ret = GST_ELEMENT_CLASS (gst_resilient_webrtc_src_parent_class)
            ->change_state (element, transition);
  if (transition != GST_STATE_CHANGE_PAUSED_TO_PLAYING)
    return ret;
  consumer = dup_consumer (GST_RESILIENT_WEBRTC_SRC (element));
  if (consumer)
    rw_consumer_update_base_time (consumer);
  return ret;
}

static GstPad *
gst_resilient_webrtc_src_request_new_pad (GstElement *element,
                                          GstPadTemplate *template,
                                          const char *name, const GstCaps *caps)
{
  GstResilientWebrtcSrc *self = GST_RESILIENT_WEBRTC_SRC (element);

  if (self->complete || GST_STATE (element) > GST_STATE_READY) {
    GST_WARNING_OBJECT (self, "the pad \"complete\" can be requested once, and "
                              "before the element is in PAUSED");
    return NULL;
  }
  self->complete =
      rw_complete_pad_new (GST_BIN (self), self->receiver, template);
  apply_delivery (self);
  return rw_complete_pad_get_pad (self->complete);
}

static void
gst_resilient_webrtc_src_release_pad (GstElement *element, GstPad *pad)
{
  g_clear_pointer (&GST_RESILIENT_WEBRTC_SRC (element)->complete,
                   rw_complete_pad_free);
}

static void
gst_resilient_webrtc_src_finalize (GObject *object)
{
  GstResilientWebrtcSrc *self = GST_RESILIENT_WEBRTC_SRC (object);

  g_clear_object (&self->receiver);
  rw_source_settings_clear (&self->settings);
  rw_room_source_free (self->room);
  rw_source_output_free (self->output);
  G_OBJECT_CLASS (gst_resilient_webrtc_src_parent_class)->finalize (object);
}

static void
jump_to_live (GstResilientWebrtcSrc *self)
{
  rw_receiver_jump_to_live (self->receiver, FALSE);
}

static void
install_signals (GType type)
{
  /**
   * GstResilientWebrtcSrc::jump-to-live:
   *
   * Leaves out what waits and what is missing. Any thread.
   */
  signals[SIGNAL_JUMP_TO_LIVE] = g_signal_new_class_handler (
      "jump-to-live", type, G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (jump_to_live), NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
gst_resilient_webrtc_src_class_init (GstResilientWebrtcSrcClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstResilientWebrtcBinClass *bin_class =
      GST_RESILIENT_WEBRTC_BIN_CLASS (klass);

  object_class->set_property = gst_resilient_webrtc_src_set_property;
  object_class->get_property = gst_resilient_webrtc_src_get_property;
  object_class->finalize = gst_resilient_webrtc_src_finalize;
  element_class->request_new_pad = gst_resilient_webrtc_src_request_new_pad;
  element_class->release_pad = gst_resilient_webrtc_src_release_pad;
  element_class->change_state = gst_resilient_webrtc_src_change_state;
  bin_class->start = gst_resilient_webrtc_src_start;
  bin_class->stop = gst_resilient_webrtc_src_stop;
  bin_class->retry_now = gst_resilient_webrtc_src_retry_now;
  bin_class->get_stats = gst_resilient_webrtc_src_get_stats;
  rw_source_install_properties (object_class);
  install_signals (G_TYPE_FROM_CLASS (klass));

  gst_type_mark_as_plugin_api (RW_TYPE_START_POSITION, 0);
  gst_type_mark_as_plugin_api (RW_TYPE_DELIVERY, 0);
  gst_type_mark_as_plugin_api (RW_TYPE_TIMESTAMPS, 0);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_add_static_pad_template (element_class, &complete_template);
  gst_element_class_set_static_metadata (
      element_class, "Resilient WebRTC source", "Source/Network/WebRTC/Audio",
      "Receives live audio over WebRTC, reconnects by itself, and loses no "
      "frame that the sender's journal still holds",
      "gst-resilient-webrtc developers");
  GST_DEBUG_CATEGORY_INIT (resilient_webrtc_src_debug, "resilientwebrtcsrc", 0,
                           "resilient WebRTC source");
}

static void
gst_resilient_webrtc_src_init (GstResilientWebrtcSrc *self)
{
  g_autoptr (GstPadTemplate) template =
      gst_static_pad_template_get (&src_template);

  rw_source_settings_init (&self->settings);
  self->endpoint =
      gst_resilient_webrtc_bin_get_endpoint (GST_RESILIENT_WEBRTC_BIN (self));
  self->receiver = rw_receiver_new (GST_ELEMENT (self));
  self->window_src = rw_window_src_new (self->receiver, RW_RECEIVER_ALWAYS);
  g_signal_connect_object (self->window_src, "prepare", G_CALLBACK (on_prepare),
                           self, 0);
  g_signal_connect_object (self->window_src, "is-relinked",
                           G_CALLBACK (on_is_relinked), self, 0);
  gst_bin_add (GST_BIN (self), self->window_src);
  self->src_pad = gst_ghost_pad_new_no_target_from_template ("src", template);
  self->output =
      rw_source_output_new (GST_BIN (self), self->window_src, self->src_pad);
  self->room =
      rw_room_source_new (GST_BIN (self), self->output, self->endpoint);
  apply_delivery (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-resilientwebrtcsrc
 * @title: resilientwebrtcsrc
 * @short_description: receives live audio over WebRTC and misses none of it
 *
 * Finds a producer by name, receives its audio, and reconnects by itself. From
 * `resilientwebrtcsink` every frame comes out once, in order, at its own time,
 * whatever happened to the network in between; from every other WebRTC
 * producer comes what RTP delivers.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 resilientwebrtcsrc producer-name=studio ! audioconvert ! \
 *     autoaudiosink
 * ]|
 */
#include "gstresilientwebrtcsrc.h"

#include <string.h>

#include "rw-consumer.h"
#include "rw-receiver.h"
#include "rw-window-src.h"

/*
 * The bin: pad, properties and state changes. Data goes receiver -> window
 * source -> [decoder] -> ghost pad; the consumer looks after the sessions on
 * the control thread.
 */

GST_DEBUG_CATEGORY_STATIC (resilient_webrtc_src_debug);
#define GST_CAT_DEFAULT resilient_webrtc_src_debug

#define DEFAULT_LATENCY_MS 200

enum {
  PROP_PRODUCER_NAME = 1,
  PROP_CONSUMER_ID,
  PROP_START_POSITION,
  PROP_DELIVERY,
  PROP_LATENCY,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

struct _GstResilientWebrtcSrc {
  GstResilientWebrtcBin parent_instance;

  GstPad *src_pad;        /* owned by the element */
  GstElement *window_src; /* owned by the bin */
  GstElement *decoder;    /* owned by the bin; NULL for audio/x-opus */
  RwEndpoint *endpoint;   /* the parent's */
  RwReceiver *receiver;
  gboolean was_playing; /* since it was started; state changes */

  /* Object lock. */
  RwConsumer *consumer; /* from READY to PAUSED and back */
  char *producer_name;
  char *consumer_id;
  RwStart start_position;
  RwDelivery delivery;
  guint latency_ms;
};

static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                             GST_STATIC_CAPS ("audio/x-opus; audio/x-raw"));

G_DEFINE_FINAL_TYPE (GstResilientWebrtcSrc, gst_resilient_webrtc_src,
                     GST_TYPE_RESILIENT_WEBRTC_BIN)
GST_ELEMENT_REGISTER_DEFINE (resilientwebrtcsrc, "resilientwebrtcsrc",
                             GST_RANK_NONE, GST_TYPE_RESILIENT_WEBRTC_SRC)

#define RW_TYPE_START_POSITION (start_position_get_type ())
static GType
start_position_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {RW_START_LIVE, "What is sent from now on", "live"},
      {RW_START_OLDEST, "The oldest frame that the sender still has", "oldest"},
      {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static (
                                  "GstResilientWebrtcStartPosition", values));
  return type;
}

#define RW_TYPE_DELIVERY (delivery_get_type ())
static GType
delivery_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {RW_DELIVERY_COMPLETE,
       "Every frame once, in order; a missing one is waited for", "complete"},
      {RW_DELIVERY_LIVE,
       "Never later than the latency; what is missing then is left out",
       "live"},
      {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstResilientWebrtcDelivery", values));
  return type;
}

static void
apply_delivery (GstResilientWebrtcSrc *self)
{
  RwDelivery delivery;
  guint latency_ms;

  GST_OBJECT_LOCK (self);
  delivery = self->delivery;
  latency_ms = self->latency_ms;
  GST_OBJECT_UNLOCK (self);
  rw_receiver_set_delivery (self->receiver, delivery, latency_ms);
  rw_window_src_set_latency (RW_WINDOW_SRC (self->window_src), latency_ms);
}

static void
set_string (char **where, const GValue *value)
{
  g_free (*where);
  *where = g_value_dup_string (value);
}

static void
gst_resilient_webrtc_src_set_property (GObject *object, guint id,
                                       const GValue *value, GParamSpec *pspec)
{
  GstResilientWebrtcSrc *self = GST_RESILIENT_WEBRTC_SRC (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_PRODUCER_NAME:
    set_string (&self->producer_name, value);
    break;
  case PROP_CONSUMER_ID:
    set_string (&self->consumer_id, value);
    break;
  case PROP_START_POSITION:
    self->start_position = g_value_get_enum (value);
    break;
  case PROP_DELIVERY:
    self->delivery = g_value_get_enum (value);
    break;
  case PROP_LATENCY:
    self->latency_ms = g_value_get_uint (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
  if (id == PROP_DELIVERY || id == PROP_LATENCY)
    apply_delivery (self);
}

static void
gst_resilient_webrtc_src_get_property (GObject *object, guint id, GValue *value,
                                       GParamSpec *pspec)
{
  GstResilientWebrtcSrc *self = GST_RESILIENT_WEBRTC_SRC (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
  case PROP_PRODUCER_NAME:
    g_value_set_string (value, self->producer_name);
    break;
  case PROP_CONSUMER_ID:
    g_value_set_string (value, self->consumer_id);
    break;
  case PROP_START_POSITION:
    g_value_set_enum (value, self->start_position);
    break;
  case PROP_DELIVERY:
    g_value_set_enum (value, self->delivery);
    break;
  case PROP_LATENCY:
    g_value_set_uint (value, self->latency_ms);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static GstElement *
add_decoder (GstResilientWebrtcSrc *self)
{
  GstElement *decoder = gst_element_factory_make ("opusdec", "decoder");

  if (decoder == NULL) {
    GST_ELEMENT_ERROR (self, CORE, MISSING_PLUGIN,
                       ("No element \"opusdec\" to decode with: install "
                        "gstreamer1.0-plugins-base, or take audio/x-opus"),
                       (NULL));
    return NULL;
  }
  g_object_set (decoder, "plc", TRUE, NULL);
  gst_bin_add (GST_BIN (self), decoder);
  gst_element_link_pads (self->window_src, "src", decoder, "sink");
  gst_element_sync_state_with_parent (decoder);
  return decoder;
}

/* Streaming thread, before the first caps: by now downstream is linked, and
 * says whether it takes Opus as it is. */
static void
on_prepare (GstElement *window_src, GstCaps *caps, gpointer data)
{
  GstResilientWebrtcSrc *self = data;
  g_autoptr (GstPad) target = NULL;
  g_autoptr (GstCaps) accepted = gst_pad_peer_query_caps (self->src_pad, NULL);

  if (accepted && !gst_caps_is_empty (accepted) &&
      !gst_caps_can_intersect (accepted, caps) && self->decoder == NULL)
    self->decoder = add_decoder (self);
  GST_INFO_OBJECT (self, "downstream takes %" GST_PTR_FORMAT ": %s", accepted,
                   self->decoder ? "decoding" : "passing Opus on");
  target = gst_element_get_static_pad (
      self->decoder ? self->decoder : window_src, "src");
  gst_ghost_pad_set_target (GST_GHOST_PAD (self->src_pad), target);
}

/* Before the first caps there is no target to ask, but a pipeline wants to
 * know the latency when it begins to play. */
static gboolean
on_src_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstResilientWebrtcSrc *self = GST_RESILIENT_WEBRTC_SRC (parent);
  g_autoptr (GstPad) target = gst_ghost_pad_get_target (GST_GHOST_PAD (pad));

  if (target == NULL && GST_QUERY_TYPE (query) == GST_QUERY_LATENCY)
    return gst_element_query (self->window_src, query);
  return gst_pad_query_default (pad, parent, query);
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
  config.producer_name = producer_name = g_strdup (self->producer_name);
  config.consumer_id = consumer_id = g_strdup (self->consumer_id);
  config.start = self->start_position;
  config.latency_ms = self->latency_ms;
  GST_OBJECT_UNLOCK (self);
  if (producer_name && *producer_name == '\0')
    config.producer_name = NULL;
  if (consumer_id == NULL || *consumer_id == '\0' ||
      strlen (consumer_id) > RW_CONSUMER_ID_MAX) {
    GST_ELEMENT_ERROR (
        self, RESOURCE, SETTINGS,
        ("consumer-id must have 1 to %u bytes", RW_CONSUMER_ID_MAX), (NULL));
    return FALSE;
  }

  rw_receiver_start (self->receiver);
  consumer = rw_consumer_new (self->endpoint, self->receiver, &config);
  GST_OBJECT_LOCK (self);
  self->consumer = consumer;
  GST_OBJECT_UNLOCK (self);
  return rw_consumer_start (consumer);
}

/* The next run may be linked to something else. */
static void
remove_decoder (GstResilientWebrtcSrc *self)
{
  gst_ghost_pad_set_target (GST_GHOST_PAD (self->src_pad), NULL);
  if (self->decoder == NULL)
    return;
  gst_element_set_state (self->decoder, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self), g_steal_pointer (&self->decoder));
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
  remove_decoder (self);
}

static void
gst_resilient_webrtc_src_retry_now (GstResilientWebrtcBin *bin)
{
  g_autoptr (RwConsumer) consumer =
      dup_consumer (GST_RESILIENT_WEBRTC_SRC (bin));

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
  if (consumer)
    rw_consumer_fill_stats (consumer, stats);
  return stats;
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
    if (self->was_playing)
      rw_receiver_resume (self->receiver);
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

static void
gst_resilient_webrtc_src_finalize (GObject *object)
{
  GstResilientWebrtcSrc *self = GST_RESILIENT_WEBRTC_SRC (object);

  g_clear_object (&self->receiver);
  g_free (self->producer_name);
  g_free (self->consumer_id);
  G_OBJECT_CLASS (gst_resilient_webrtc_src_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *klass)
{
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  properties[PROP_PRODUCER_NAME] = g_param_spec_string (
      "producer-name", "Producer name",
      "Name or peer id of the producer to receive; none takes the first one "
      "that appears, now or later",
      NULL, flags);
  properties[PROP_CONSUMER_ID] = g_param_spec_string (
      "consumer-id", "Consumer id",
      "Stable identity of this receiver: one that comes back with the same id "
      "goes on where it was; random by default",
      NULL, flags);
  properties[PROP_START_POSITION] = g_param_spec_enum (
      "start-position", "Start position",
      "Where to begin when the producer does not know this consumer",
      RW_TYPE_START_POSITION, RW_START_LIVE, flags);
  properties[PROP_DELIVERY] = g_param_spec_enum (
      "delivery", "Delivery", "What to do about a frame that is missing",
      RW_TYPE_DELIVERY, RW_DELIVERY_COMPLETE,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  properties[PROP_LATENCY] = g_param_spec_uint (
      "latency", "Latency",
      "Latency in ms that is reported to the pipeline: the time a repair has "
      "before a synchronized sink hears of it; also the jitter buffer's for "
      "ordinary producers",
      0, 60000, DEFAULT_LATENCY_MS,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  for (guint id = PROP_PRODUCER_NAME; id < N_PROPS; id++)
    g_object_class_install_property (klass, id, properties[id]);
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
  element_class->change_state = gst_resilient_webrtc_src_change_state;
  bin_class->start = gst_resilient_webrtc_src_start;
  bin_class->stop = gst_resilient_webrtc_src_stop;
  bin_class->retry_now = gst_resilient_webrtc_src_retry_now;
  bin_class->get_stats = gst_resilient_webrtc_src_get_stats;
  install_properties (object_class);

  gst_type_mark_as_plugin_api (RW_TYPE_START_POSITION, 0);
  gst_type_mark_as_plugin_api (RW_TYPE_DELIVERY, 0);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (
      element_class, "Resilient WebRTC source", "Source/Network/WebRTC/Audio",
      "Receives live audio over WebRTC, reconnects by itself, and misses no "
      "frame that the sender still has",
      "gst-resilient-webrtc developers");
  GST_DEBUG_CATEGORY_INIT (resilient_webrtc_src_debug, "resilientwebrtcsrc", 0,
                           "resilient WebRTC source");
}

/* Random per process, counted per element: two sources of one process are two
 * consumers. */
static char *
make_consumer_id (void)
{
  static char *process_id = NULL;
  static gint n_elements = 0;

  if (g_once_init_enter (&process_id))
    g_once_init_leave (&process_id, g_uuid_string_random ());
  return g_strdup_printf ("%s-%d", process_id,
                          g_atomic_int_add (&n_elements, 1));
}

static void
gst_resilient_webrtc_src_init (GstResilientWebrtcSrc *self)
{
  g_autoptr (GstPadTemplate) template =
      gst_static_pad_template_get (&src_template);

  self->consumer_id = make_consumer_id ();
  self->latency_ms = DEFAULT_LATENCY_MS;
  self->endpoint =
      gst_resilient_webrtc_bin_get_endpoint (GST_RESILIENT_WEBRTC_BIN (self));
  self->receiver = rw_receiver_new (GST_ELEMENT (self));
  self->window_src = rw_window_src_new (self->receiver);
  g_signal_connect_object (self->window_src, "prepare", G_CALLBACK (on_prepare),
                           self, 0);
  gst_bin_add (GST_BIN (self), self->window_src);
  self->src_pad = gst_ghost_pad_new_no_target_from_template ("src", template);
  gst_pad_set_query_function (self->src_pad, on_src_query);
  gst_element_add_pad (GST_ELEMENT (self), self->src_pad);
  apply_delivery (self);
}

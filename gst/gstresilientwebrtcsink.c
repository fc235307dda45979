/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-resilientwebrtcsink
 * @title: resilientwebrtcsink
 * @short_description: sends live audio over WebRTC and loses none of it
 *
 * Encodes raw audio to Opus (or takes Opus as it is), keeps every packet in a
 * bounded journal until each consumer has acknowledged it, and sends it to any
 * number of consumers: to `resilientwebrtcsrc` without loss across outages,
 * to every other WebRTC peer as well as RTP can.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -e audiotestsrc is-live=true ! resilientwebrtcsink \
 *     run-signalling-server=true stream-name=studio
 * ]|
 */
#include "gstresilientwebrtcsink.h"

#include "rw-encoder.h"
#include "rw-journal-sink.h"
#include "rw-producer.h"
#include "rw-transmitter.h"

/*
 * The bin: pads, properties and state changes. Data goes ghost pad ->
 * [encoder] -> journal sink -> transmitter; the producer looks after the
 * consumers on the control thread.
 */

GST_DEBUG_CATEGORY_STATIC (resilient_webrtc_sink_debug);
#define GST_CAT_DEFAULT resilient_webrtc_sink_debug

#define DEFAULT_MAX_SIZE_TIME (60 * GST_SECOND)
#define DEFAULT_EOS_TIMEOUT   (30 * GST_SECOND)
#define DEFAULT_DRAIN_RATE    8.0

enum {
  PROP_STREAM_NAME = 1,
  PROP_MAX_SIZE_TIME,
  PROP_MAX_SIZE_BYTES,
  PROP_MAX_SIZE_BUFFERS,
  PROP_BITRATE,
  PROP_FRAME_SIZE,
  PROP_DTX,
  PROP_INBAND_FEC,
  PROP_PACKET_LOSS_PERCENTAGE,
  PROP_AUDIO_TYPE,
  PROP_EOS_TIMEOUT,
  PROP_DRAIN_RATE,
  N_PROPS
};

enum { SIGNAL_OVERRUN, N_SIGNALS };

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

struct _GstResilientWebrtcSink {
  GstResilientWebrtcBin parent_instance;

  GstPad *sink_pad;         /* owned by the element */
  GstElement *journal_sink; /* owned by the bin */
  GstElement *encoder;      /* owned by the bin; NULL for audio/x-opus */
  gboolean refused;         /* the caps; told once, though they come again */
  RwEndpoint *endpoint;     /* the parent's */
  RwTransmitter *transmitter;

  /* Object lock. */
  RwProducer *producer; /* from READY to PAUSED and back */
  char *stream_name;
  RwEncoderSettings encoder_settings;
};

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                             GST_STATIC_CAPS ("audio/x-opus; audio/x-raw"));

G_DEFINE_FINAL_TYPE (GstResilientWebrtcSink, gst_resilient_webrtc_sink,
                     GST_TYPE_RESILIENT_WEBRTC_BIN)
GST_ELEMENT_REGISTER_DEFINE (resilientwebrtcsink, "resilientwebrtcsink",
                             GST_RANK_NONE, GST_TYPE_RESILIENT_WEBRTC_SINK)

static gboolean
set_encoder_setting (RwEncoderSettings *settings, guint id, const GValue *value)
{
  switch (id) {
  case PROP_BITRATE:
    settings->bitrate = g_value_get_int (value);
    return TRUE;
  case PROP_FRAME_SIZE:
    settings->frame_size = g_value_get_enum (value);
    return TRUE;
  case PROP_DTX:
    settings->dtx = g_value_get_boolean (value);
    return TRUE;
  case PROP_INBAND_FEC:
    settings->inband_fec = g_value_get_boolean (value);
    return TRUE;
  case PROP_PACKET_LOSS_PERCENTAGE:
    settings->packet_loss_percentage = g_value_get_int (value);
    return TRUE;
  case PROP_AUDIO_TYPE:
    settings->audio_type = g_value_get_enum (value);
    return TRUE;
  default:
    return FALSE;
  }
}

static gboolean
get_encoder_setting (const RwEncoderSettings *settings, guint id, GValue *value)
{
  switch (id) {
  case PROP_BITRATE:
    g_value_set_int (value, settings->bitrate);
    return TRUE;
  case PROP_FRAME_SIZE:
    g_value_set_enum (value, settings->frame_size);
    return TRUE;
  case PROP_DTX:
    g_value_set_boolean (value, settings->dtx);
    return TRUE;
  case PROP_INBAND_FEC:
    g_value_set_boolean (value, settings->inband_fec);
    return TRUE;
  case PROP_PACKET_LOSS_PERCENTAGE:
    g_value_set_int (value, settings->packet_loss_percentage);
    return TRUE;
  case PROP_AUDIO_TYPE:
    g_value_set_enum (value, settings->audio_type);
    return TRUE;
  default:
    return FALSE;
  }
}

static void
update_encoder (GstResilientWebrtcSink *self)
{
  g_autoptr (GstElement) encoder = NULL;
  RwEncoderSettings settings;

  GST_OBJECT_LOCK (self);
  settings = self->encoder_settings;
  if (self->encoder)
    encoder = gst_object_ref (self->encoder);
  GST_OBJECT_UNLOCK (self);
  if (encoder)
    rw_encoder_apply (encoder, &settings);
}

static gboolean
set_bound (RwTransmitter *transmitter, guint id, const GValue *value)
{
  RwJournalLimits limits = rw_transmitter_get_limits (transmitter);

  switch (id) {
  case PROP_MAX_SIZE_TIME:
    limits.max_time_ns = g_value_get_uint64 (value);
    break;
  case PROP_MAX_SIZE_BYTES:
    limits.max_bytes = g_value_get_uint (value);
    break;
  case PROP_MAX_SIZE_BUFFERS:
    limits.max_frames = g_value_get_uint (value);
    break;
  default:
    return FALSE;
  }
  rw_transmitter_set_limits (transmitter, &limits);
  return TRUE;
}

static gboolean
get_bound (RwTransmitter *transmitter, guint id, GValue *value)
{
  RwJournalLimits limits = rw_transmitter_get_limits (transmitter);

  switch (id) {
  case PROP_MAX_SIZE_TIME:
    g_value_set_uint64 (value, limits.max_time_ns);
    return TRUE;
  case PROP_MAX_SIZE_BYTES:
    g_value_set_uint (value, limits.max_bytes);
    return TRUE;
  case PROP_MAX_SIZE_BUFFERS:
    g_value_set_uint (value, limits.max_frames);
    return TRUE;
  default:
    return FALSE;
  }
}

static void
gst_resilient_webrtc_sink_set_property (GObject *object, guint id,
                                        const GValue *value, GParamSpec *pspec)
{
  GstResilientWebrtcSink *self = GST_RESILIENT_WEBRTC_SINK (object);
  gboolean is_encoder;

  if (set_bound (self->transmitter, id, value))
    return;

  GST_OBJECT_LOCK (self);
  is_encoder = set_encoder_setting (&self->encoder_settings, id, value);
  if (id == PROP_STREAM_NAME) {
    const char *name = g_value_get_string (value);

    g_free (self->stream_name);
    self->stream_name = g_strdup (name && *name ? name : g_get_host_name ());
  }
  GST_OBJECT_UNLOCK (self);

  if (is_encoder)
    update_encoder (self);
  else if (id == PROP_EOS_TIMEOUT)
    rw_journal_sink_set_eos_timeout (RW_JOURNAL_SINK (self->journal_sink),
                                     g_value_get_uint64 (value));
  else if (id == PROP_DRAIN_RATE)
    rw_transmitter_set_drain_rate (self->transmitter,
                                   g_value_get_double (value));
  else if (id != PROP_STREAM_NAME)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_resilient_webrtc_sink_get_property (GObject *object, guint id,
                                        GValue *value, GParamSpec *pspec)
{
  GstResilientWebrtcSink *self = GST_RESILIENT_WEBRTC_SINK (object);

  gboolean is_encoder;

  if (get_bound (self->transmitter, id, value))
    return;
  GST_OBJECT_LOCK (self);
  is_encoder = get_encoder_setting (&self->encoder_settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (is_encoder)
    return;

  switch (id) {
  case PROP_STREAM_NAME:
    GST_OBJECT_LOCK (self);
    g_value_set_string (value, self->stream_name);
    GST_OBJECT_UNLOCK (self);
    break;
  case PROP_EOS_TIMEOUT:
    g_value_set_uint64 (value, rw_journal_sink_get_eos_timeout (
                                   RW_JOURNAL_SINK (self->journal_sink)));
    break;
  case PROP_DRAIN_RATE:
    g_value_set_double (value,
                        rw_transmitter_get_drain_rate (self->transmitter));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

/* Puts an encoder before the journal, or none, as the first caps want it. */
static gboolean
configure_for_caps (GstResilientWebrtcSink *self, GstCaps *caps)
{
  GstStructure *structure = gst_caps_get_structure (caps, 0);
  gboolean raw = gst_structure_has_name (structure, "audio/x-raw");
  g_autoptr (GstPad) target = NULL;
  g_autoptr (GError) error = NULL;
  RwEncoderSettings settings;
  GstElement *encoder;

  g_autoptr (GstPad) current =
      gst_ghost_pad_get_target (GST_GHOST_PAD (self->sink_pad));
  if (current && raw == (self->encoder != NULL))
    return TRUE;
  if (current) {
    self->refused = TRUE;
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
                       ("The input changed between raw audio and Opus while "
                        "playing. Put an opusenc or opusdec upstream so that "
                        "it stays one of them."),
                       (NULL));
    return FALSE;
  }
  if (!raw) {
    target = gst_element_get_static_pad (self->journal_sink, "sink");
    return gst_ghost_pad_set_target (GST_GHOST_PAD (self->sink_pad), target);
  }

  GST_OBJECT_LOCK (self);
  settings = self->encoder_settings;
  GST_OBJECT_UNLOCK (self);
  encoder = rw_encoder_new (&settings, &error);
  if (encoder == NULL) {
    self->refused = TRUE;
    GST_ELEMENT_ERROR (self, CORE, MISSING_PLUGIN, ("%s", error->message),
                       (NULL));
    return FALSE;
  }
  gst_bin_add (GST_BIN (self), encoder);
  gst_element_link_pads (encoder, "src", self->journal_sink, "sink");
  gst_element_sync_state_with_parent (encoder);
  GST_OBJECT_LOCK (self);
  self->encoder = encoder;
  GST_OBJECT_UNLOCK (self);
  update_encoder (self); /* something may have been set meanwhile */
  target = gst_element_get_static_pad (encoder, "sink");
  return gst_ghost_pad_set_target (GST_GHOST_PAD (self->sink_pad), target);
}

static gboolean
on_sink_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstResilientWebrtcSink *self = GST_RESILIENT_WEBRTC_SINK (parent);
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    gst_event_parse_caps (event, &caps);
    if (self->refused || !configure_for_caps (self, caps)) {
      gst_event_unref (event);
      return FALSE;
    }
  }
  return gst_pad_event_default (pad, parent, event);
}

/* Before the first caps there is no target to ask; the template answers. */
static gboolean
on_sink_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstCaps *filter = NULL, *caps, *result;

  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS) {
    gst_query_parse_caps (query, &filter);
    caps = gst_pad_get_pad_template_caps (pad);
    result = filter ? gst_caps_intersect_full (filter, caps,
                                               GST_CAPS_INTERSECT_FIRST)
                    : gst_caps_ref (caps);
    gst_query_set_caps_result (query, result);
    gst_caps_unref (result);
    gst_caps_unref (caps);
    return TRUE;
  }
  if (GST_QUERY_TYPE (query) == GST_QUERY_ACCEPT_CAPS) {
    gst_query_parse_accept_caps (query, &caps);
    filter = gst_pad_get_pad_template_caps (pad);
    gst_query_set_accept_caps_result (query,
                                      gst_caps_can_intersect (caps, filter));
    gst_caps_unref (filter);
    return TRUE;
  }
  return gst_pad_query_default (pad, parent, query);
}

static RwProducer *
dup_producer (GstResilientWebrtcSink *self)
{
  g_autoptr (GMutexLocker) locker =
      g_mutex_locker_new (GST_OBJECT_GET_LOCK (self));

  return self->producer ? g_object_ref (self->producer) : NULL;
}

static gboolean
gst_resilient_webrtc_sink_start (GstResilientWebrtcBin *bin)
{
  GstResilientWebrtcSink *self = GST_RESILIENT_WEBRTC_SINK (bin);
  RwProducer *producer;

  rw_transmitter_start (self->transmitter);
  GST_OBJECT_LOCK (self);
  producer = self->producer =
      rw_producer_new (self->endpoint, self->transmitter, self->stream_name);
  GST_OBJECT_UNLOCK (self);
  return rw_producer_start (producer);
}

static void
on_restart (GstElement *journal_sink, gpointer data)
{
  g_autoptr (RwProducer) producer = dup_producer (data);

  if (producer)
    rw_producer_restart (producer);
}

/* The next run may be given something else. */
static void
remove_encoder (GstResilientWebrtcSink *self)
{
  GstElement *encoder;

  self->refused = FALSE;
  gst_ghost_pad_set_target (GST_GHOST_PAD (self->sink_pad), NULL);
  GST_OBJECT_LOCK (self);
  encoder = g_steal_pointer (&self->encoder);
  GST_OBJECT_UNLOCK (self);
  if (encoder == NULL)
    return;
  gst_element_set_state (encoder, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self), encoder);
}

static void
gst_resilient_webrtc_sink_stop (GstResilientWebrtcBin *bin)
{
  GstResilientWebrtcSink *self = GST_RESILIENT_WEBRTC_SINK (bin);
  g_autoptr (RwProducer) producer = NULL;

  GST_OBJECT_LOCK (self);
  producer = g_steal_pointer (&self->producer);
  GST_OBJECT_UNLOCK (self);
  if (producer)
    rw_producer_stop (producer);
  remove_encoder (self);
}

static void
gst_resilient_webrtc_sink_retry_now (GstResilientWebrtcBin *bin)
{
  g_autoptr (RwProducer) producer =
      dup_producer (GST_RESILIENT_WEBRTC_SINK (bin));

  if (producer)
    rw_producer_retry_now (producer);
}

static GstStructure *
gst_resilient_webrtc_sink_get_stats (GstResilientWebrtcBin *bin)
{
  return rw_transmitter_get_stats (
      GST_RESILIENT_WEBRTC_SINK (bin)->transmitter);
}

typedef struct {
  char *consumer_id;
  guint64 frames;
} Overrun;

static void
overrun_free (gpointer data)
{
  g_free (((Overrun *) data)->consumer_id);
  g_free (data);
}

static void
emit_overrun (GstElement *element, gpointer data)
{
  Overrun *overrun = data;

  g_signal_emit (element, signals[SIGNAL_OVERRUN], 0, overrun->consumer_id,
                 overrun->frames);
}

/* Streaming or control thread: neither may wait for a handler. */
static void
on_overrun (RwTransmitter *transmitter, const RwOverrun *told, gpointer data)
{
  GstResilientWebrtcSink *self = data;
  Overrun *overrun;

  if (told->frames > 0) {
    overrun = g_new (Overrun, 1);
    *overrun = (Overrun){g_strdup (told->consumer_id), told->frames};
    rw_endpoint_call_application (self->endpoint, emit_overrun, overrun,
                                  overrun_free);
  }
  rw_endpoint_post (self->endpoint,
                    rw_bus_message_new_overrun (told->consumer_id, told->frames,
                                                told->total, told->lost));
}

static void
gst_resilient_webrtc_sink_finalize (GObject *object)
{
  GstResilientWebrtcSink *self = GST_RESILIENT_WEBRTC_SINK (object);

  g_clear_object (&self->transmitter);
  g_free (self->stream_name);
  G_OBJECT_CLASS (gst_resilient_webrtc_sink_parent_class)->finalize (object);
}

static void
install_journal_properties (void)
{
  properties[PROP_STREAM_NAME] = g_param_spec_string (
      "stream-name", "Stream name",
      "What consumers look for; the host's name by default", NULL,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  properties[PROP_MAX_SIZE_TIME] = g_param_spec_uint64 (
      "max-size-time", "Maximum time",
      "Most audio in ns that the journal keeps for consumers that have not "
      "acknowledged it (0 = no bound)",
      0, G_MAXUINT64, DEFAULT_MAX_SIZE_TIME,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  properties[PROP_MAX_SIZE_BYTES] = g_param_spec_uint (
      "max-size-bytes", "Maximum bytes",
      "Most payload bytes that the journal keeps (0 = no bound)", 0, G_MAXUINT,
      0,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  properties[PROP_MAX_SIZE_BUFFERS] = g_param_spec_uint (
      "max-size-buffers", "Maximum buffers",
      "Most frames that the journal keeps (0 = no bound)", 0, G_MAXUINT, 0,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  properties[PROP_EOS_TIMEOUT] = g_param_spec_uint64 (
      "eos-timeout", "EOS timeout",
      "Longest time in ns that EOS waits for consumers that are connected, or "
      "may still return, to acknowledge the last frame",
      0, G_MAXUINT64, DEFAULT_EOS_TIMEOUT,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  properties[PROP_DRAIN_RATE] = g_param_spec_double (
      "drain-rate", "Drain rate",
      "Pace at which a backlog is sent, as a multiple of real time (0 = as "
      "fast as the path allows)",
      0.0, 1000.0, DEFAULT_DRAIN_RATE,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
}

static void
install_encoder_properties (void)
{
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  properties[PROP_BITRATE] = g_param_spec_int (
      "bitrate", "Bitrate", "Opus bit rate in bit/s, for raw input", 4000,
      650000, 64000, flags);
  properties[PROP_FRAME_SIZE] = g_param_spec_enum (
      "frame-size", "Frame size", "Duration of an Opus frame in ms",
      RW_TYPE_ENCODER_FRAME_SIZE, 20, flags);
  properties[PROP_DTX] = g_param_spec_boolean (
      "dtx", "DTX", "Send less during silence (discontinuous transmission)",
      FALSE, flags);
  properties[PROP_INBAND_FEC] = g_param_spec_boolean (
      "inband-fec", "In-band FEC",
      "Add Opus forward error correction; helps ordinary WebRTC peers, "
      "resilient ones have no need of it",
      FALSE, flags);
  properties[PROP_PACKET_LOSS_PERCENTAGE] =
      g_param_spec_int ("packet-loss-percentage", "Packet loss percentage",
                        "Loss that in-band FEC prepares for", 0, 100, 0, flags);
  properties[PROP_AUDIO_TYPE] = g_param_spec_enum (
      "audio-type", "Audio type", "What kind of audio to optimize for",
      RW_TYPE_ENCODER_AUDIO_TYPE, 2049,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
}

static void
install_signals (GstResilientWebrtcSinkClass *klass)
{
  /**
   * GstResilientWebrtcSink::overrun:
   * @consumer_id: who will not get the frames
   * @frames: how many it has lost by this
   *
   * The journal was full and its oldest frames went, unacknowledged. Emitted
   * on a thread of its own; the handler may do anything.
   */
  signals[SIGNAL_OVERRUN] = g_signal_new (
      "overrun", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
      NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_UINT64);
}

static void
gst_resilient_webrtc_sink_class_init (GstResilientWebrtcSinkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstResilientWebrtcBinClass *bin_class =
      GST_RESILIENT_WEBRTC_BIN_CLASS (klass);

  object_class->set_property = gst_resilient_webrtc_sink_set_property;
  object_class->get_property = gst_resilient_webrtc_sink_get_property;
  object_class->finalize = gst_resilient_webrtc_sink_finalize;
  bin_class->start = gst_resilient_webrtc_sink_start;
  bin_class->stop = gst_resilient_webrtc_sink_stop;
  bin_class->retry_now = gst_resilient_webrtc_sink_retry_now;
  bin_class->get_stats = gst_resilient_webrtc_sink_get_stats;

  install_journal_properties ();
  install_encoder_properties ();
  for (guint id = PROP_STREAM_NAME; id < N_PROPS; id++)
    g_object_class_install_property (object_class, id, properties[id]);
  install_signals (klass);

  gst_type_mark_as_plugin_api (RW_TYPE_ENCODER_FRAME_SIZE, 0);
  gst_type_mark_as_plugin_api (RW_TYPE_ENCODER_AUDIO_TYPE, 0);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (
      element_class, "Resilient WebRTC sink", "Sink/Network/WebRTC/Audio",
      "Sends live audio over WebRTC, keeps it during an outage, and delivers "
      "every frame once the peer is back",
      "gst-resilient-webrtc developers");
  GST_DEBUG_CATEGORY_INIT (resilient_webrtc_sink_debug, "resilientwebrtcsink",
                           0, "resilient WebRTC sink");
}

static void
gst_resilient_webrtc_sink_init (GstResilientWebrtcSink *self)
{
  g_autoptr (GstPadTemplate) template =
      gst_static_pad_template_get (&sink_template);

  self->stream_name = g_strdup (g_get_host_name ());
  self->encoder_settings = (RwEncoderSettings) RW_ENCODER_SETTINGS_INIT;
  self->endpoint =
      gst_resilient_webrtc_bin_get_endpoint (GST_RESILIENT_WEBRTC_BIN (self));
  self->transmitter = rw_transmitter_new ();
  g_signal_connect_object (self->transmitter, "overrun",
                           G_CALLBACK (on_overrun), self, 0);

  self->journal_sink = rw_journal_sink_new (self->transmitter);
  g_signal_connect_object (self->journal_sink, "restart",
                           G_CALLBACK (on_restart), self, 0);
  gst_bin_add (GST_BIN (self), self->journal_sink);
  self->sink_pad = gst_ghost_pad_new_no_target_from_template ("sink", template);
  gst_pad_set_event_function (self->sink_pad, on_sink_event);
  gst_pad_set_query_function (self->sink_pad, on_sink_query);
  gst_element_add_pad (GST_ELEMENT (self), self->sink_pad);
}

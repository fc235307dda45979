/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-resilientwebrtcsink
 * @title: resilientwebrtcsink
 * @short_description: sends live audio over WebRTC and loses none of it
 *
 * Encodes raw audio to Opus (or takes Opus as it is), keeps every packet in a
 * bounded journal until each consumer has acknowledged it, and sends it to any
 * number of consumers: to `resilientwebrtcsrc` without loss across outages,
 * to every other WebRTC peer with the reliability of RTP.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -e audiotestsrc is-live=true ! resilientwebrtcsink \
 *     run-signalling-server=true stream-name=studio
 * ]|
 */
#include "gstresilientwebrtcsink.h"

#include "rw-journal-sink.h"
#include "rw-producer.h"
#include "rw-sink-input.h"
#include "rw-sink-settings.h"
#include "rw-talk.h"
#include "rw-transmitter.h"

/*
 * The bin: properties and state changes. Data flows from the input (ghost pad,
 * and encoder for raw audio) through the journal sink to the transmitter; the
 * producer manages the consumers on the control thread.
 */

GST_DEBUG_CATEGORY_STATIC (resilient_webrtc_sink_debug);
#define GST_CAT_DEFAULT resilient_webrtc_sink_debug

struct _GstResilientWebrtcSink {
  GstResilientWebrtcBin parent_instance;

  GstElement *journal_sink; /* owned by the bin */
  RwSinkInput *input;
  RwEndpoint *endpoint; /* the parent's */
  RwTransmitter *transmitter;
  RwTalkGate *gate;
  RwTalk *talk;

  /* Object lock. */
  RwProducer *producer; /* from READY to PAUSED and back */
  RwSinkSettings settings;
};

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                             GST_STATIC_CAPS ("audio/x-opus; audio/x-raw"));

G_DEFINE_FINAL_TYPE (GstResilientWebrtcSink, gst_resilient_webrtc_sink,
                     GST_TYPE_RESILIENT_WEBRTC_BIN)
GST_ELEMENT_REGISTER_DEFINE (resilientwebrtcsink, "resilientwebrtcsink",
                             GST_RANK_NONE, GST_TYPE_RESILIENT_WEBRTC_SINK)

static gboolean
set_talk_property (GstResilientWebrtcSink *self, guint id, const GValue *value)
{
  switch (id) {
  case RW_SINK_PROP_FLOOR:
    rw_talk_set_mode (self->talk, g_value_get_enum (value));
    return TRUE;
  case RW_SINK_PROP_TALK:
    rw_talk_set_pressed (self->talk, g_value_get_boolean (value));
    return TRUE;
  case RW_SINK_PROP_PRIORITY:
    rw_talk_set_priority (self->talk, g_value_get_uint (value));
    return TRUE;
  case RW_SINK_PROP_MAX_LATE:
    rw_talk_gate_set_max_late (self->gate, g_value_get_uint64 (value));
    return TRUE;
  default:
    return FALSE;
  }
}

static gboolean
get_talk_property (GstResilientWebrtcSink *self, guint id, GValue *value)
{
  switch (id) {
  case RW_SINK_PROP_FLOOR:
    g_value_set_enum (value, rw_talk_get_mode (self->talk));
    return TRUE;
  case RW_SINK_PROP_TALK:
    g_value_set_boolean (value, rw_talk_get_pressed (self->talk));
    return TRUE;
  case RW_SINK_PROP_PRIORITY:
    g_value_set_uint (value, rw_talk_get_priority (self->talk));
    return TRUE;
  case RW_SINK_PROP_ON_AIR:
    g_value_set_boolean (value, rw_talk_is_on_air (self->talk));
    return TRUE;
  case RW_SINK_PROP_MAX_LATE:
    g_value_set_uint64 (value, rw_talk_gate_get_max_late (self->gate));
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
  RwJournalLimits limits = rw_transmitter_get_limits (self->transmitter);
  RwEncoderSettings encoder;
  gboolean is_encoder;

  if (set_talk_property (self, id, value))
    return;
  if (rw_sink_settings_set_bound (&limits, id, value)) {
    rw_transmitter_set_limits (self->transmitter, &limits);
    return;
  }

  GST_OBJECT_LOCK (self);
  is_encoder = rw_sink_settings_set_encoder (&self->settings, id, value);
  if (id == RW_SINK_PROP_STREAM_NAME)
    rw_sink_settings_set_stream_name (&self->settings,
                                      g_value_get_string (value));
  encoder = self->settings.encoder;
  GST_OBJECT_UNLOCK (self);

  if (is_encoder)
    rw_sink_input_set_encoder (self->input, &encoder);
  else if (id == RW_SINK_PROP_EOS_TIMEOUT)
    rw_journal_sink_set_eos_timeout (RW_JOURNAL_SINK (self->journal_sink),
                                     g_value_get_uint64 (value));
  else if (id == RW_SINK_PROP_SYNC)
    rw_journal_sink_set_sync (RW_JOURNAL_SINK (self->journal_sink),
                              g_value_get_boolean (value));
  else if (id == RW_SINK_PROP_DRAIN_RATE)
    rw_transmitter_set_drain_rate (self->transmitter,
                                   g_value_get_double (value));
  else if (id != RW_SINK_PROP_STREAM_NAME)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_resilient_webrtc_sink_get_property (GObject *object, guint id,
                                        GValue *value, GParamSpec *pspec)
{
  GstResilientWebrtcSink *self = GST_RESILIENT_WEBRTC_SINK (object);
  RwJournalLimits limits = rw_transmitter_get_limits (self->transmitter);
  gboolean is_encoder;

  if (rw_sink_settings_get_bound (&limits, id, value) ||
      get_talk_property (self, id, value))
    return;
  GST_OBJECT_LOCK (self);
  is_encoder = rw_sink_settings_get_encoder (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (is_encoder)
    return;

  switch (id) {
  case RW_SINK_PROP_STREAM_NAME:
    GST_OBJECT_LOCK (self);
    g_value_set_string (value, self->settings.stream_name);
    GST_OBJECT_UNLOCK (self);
    break;
  case RW_SINK_PROP_EOS_TIMEOUT:
    g_value_set_uint64 (value, rw_journal_sink_get_eos_timeout (
                                   RW_JOURNAL_SINK (self->journal_sink)));
    break;
  case RW_SINK_PROP_SYNC:
    g_value_set_boolean (
        value, rw_journal_sink_get_sync (RW_JOURNAL_SINK (self->journal_sink)));
    break;
  case RW_SINK_PROP_DRAIN_RATE:
    g_value_set_double (value,
                        rw_transmitter_get_drain_rate (self->transmitter));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static RwProducer *
dup_producer (GstResilientWebrtcSink *self)
{
  g_autoptr (GMutexLocker) locker =
      g_mutex_locker_new (GST_OBJECT_GET_LOCK (self));

  return self->producer ? g_object_ref (self->producer) : NULL;
}

/* Without a room there is no floor to be granted. */
static gboolean
prepare_talk (GstResilientWebrtcSink *self)
{
  gboolean requests = rw_talk_get_mode (self->talk) == RW_FLOOR_MODE_REQUEST;
  g_autofree char *room = NULL;

  g_object_get (self, "room", &room, NULL);
  rw_talk_gate_use (self->gate, requests);
  if (!requests || room != NULL)
    return TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
                     ("floor=request needs a room; set the property room."),
                     (NULL));
  return FALSE;
}

static gboolean
gst_resilient_webrtc_sink_start (GstResilientWebrtcBin *bin)
{
  GstResilientWebrtcSink *self = GST_RESILIENT_WEBRTC_SINK (bin);
  RwProducer *producer;

  if (!prepare_talk (self))
    return FALSE;
  rw_transmitter_start (self->transmitter);
  GST_OBJECT_LOCK (self);
  producer = self->producer =
      rw_producer_new (self->endpoint, self->transmitter, self->talk,
                       self->settings.stream_name);
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

static void
on_ended (GstElement *journal_sink, gpointer data)
{
  rw_talk_note_input (GST_RESILIENT_WEBRTC_SINK (data)->talk, FALSE);
}

static void
on_begun (GstElement *journal_sink, gpointer data)
{
  rw_talk_note_input (GST_RESILIENT_WEBRTC_SINK (data)->talk, TRUE);
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
  rw_sink_input_reset (self->input);
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
  GstResilientWebrtcSink *self = GST_RESILIENT_WEBRTC_SINK (bin);
  GstStructure *stats = rw_transmitter_get_stats (self->transmitter);

  rw_signalling_connection_fill_stats (
      rw_endpoint_get_signalling (self->endpoint), stats);
  return stats;
}

static void
gst_resilient_webrtc_sink_finalize (GObject *object)
{
  GstResilientWebrtcSink *self = GST_RESILIENT_WEBRTC_SINK (object);

  rw_sink_input_free (self->input);
  g_clear_object (&self->transmitter);
  g_clear_object (&self->talk);
  rw_talk_gate_free (self->gate);
  rw_sink_settings_clear (&self->settings);
  G_OBJECT_CLASS (gst_resilient_webrtc_sink_parent_class)->finalize (object);
}

static void
install_signals (GstResilientWebrtcSinkClass *klass)
{
  /**
   * GstResilientWebrtcSink::overrun:
   * @consumer_id: the consumer that will not get the frames
   * @frames: the number of these frames
   *
   * The journal reached a bound and shed frames that this consumer has lost: it
   * says so, or is away. Emitted on a thread of its own; the handler may do
   * anything.
   */
  g_signal_new ("overrun", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_UINT64);
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

  rw_sink_install_properties (object_class);
  install_signals (klass);

  gst_type_mark_as_plugin_api (RW_TYPE_ENCODER_FRAME_SIZE, 0);
  gst_type_mark_as_plugin_api (RW_TYPE_ENCODER_AUDIO_TYPE, 0);
  gst_type_mark_as_plugin_api (RW_TYPE_FLOOR_MODE, 0);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (
      element_class, "Resilient WebRTC sink", "Sink/Network/WebRTC/Audio",
      "Sends live audio over WebRTC, keeps it during an outage, and delivers "
      "every frame when the peer has returned",
      "gst-resilient-webrtc developers");
  GST_DEBUG_CATEGORY_INIT (resilient_webrtc_sink_debug, "resilientwebrtcsink",
                           0, "resilient WebRTC sink");
}

static void
gst_resilient_webrtc_sink_init (GstResilientWebrtcSink *self)
{
  g_autoptr (GstPadTemplate) template =
      gst_static_pad_template_get (&sink_template);

  rw_sink_settings_init (&self->settings);
  self->endpoint =
      gst_resilient_webrtc_bin_get_endpoint (GST_RESILIENT_WEBRTC_BIN (self));
  self->transmitter =
      rw_transmitter_new (rw_overrun_reporter_new (self->endpoint));
  self->gate = rw_talk_gate_new ();
  self->talk = rw_talk_new (self->endpoint, self->gate);
  self->journal_sink = rw_journal_sink_new (self->transmitter, self->gate);
  g_signal_connect_object (self->journal_sink, "restart",
                           G_CALLBACK (on_restart), self, 0);
  g_signal_connect_object (self->journal_sink, "ended", G_CALLBACK (on_ended),
                           self, 0);
  g_signal_connect_object (self->journal_sink, "begun", G_CALLBACK (on_begun),
                           self, 0);
  gst_bin_add (GST_BIN (self), self->journal_sink);
  self->input = rw_sink_input_new (GST_BIN (self), self->journal_sink,
                                   self->transmitter, template);
  rw_sink_input_set_encoder (self->input, &self->settings.encoder);
}

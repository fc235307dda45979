/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-webrtc-pipeline.h"

#include <string.h>

#include "rw-ice-agent.h"
#include "rw-queue-bypass.h"

/* See the header. Unusual steps work around hangs, leaks and assertions of
 * webrtcbin; each names its case. */

GST_DEBUG_CATEGORY_STATIC (rw_webrtc_pipeline_debug);
#define GST_CAT_DEFAULT rw_webrtc_pipeline_debug

struct _RwWebrtcPipeline {
  GstClock *clock;
  GstWebRTCICETransportPolicy ice_transport_policy;
  guint latency_ms;
  RwWebrtcPipelineErrorFunc on_error;
  gpointer user_data;

  GstElement *webrtc;
  RwIceAgent *ice;
  GObject *kept;
  int is_blacked_out; /* atomic */
  int has_no_channel; /* atomic */

  GMutex lock;
  GstElement *pipeline;
  GstClockTime base_time;
};

static gboolean
is_made_by (GstElement *element, const char *factory_name)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  return factory != NULL &&
         strcmp (GST_OBJECT_NAME (factory), factory_name) == 0;
}

/* --- The network
 * -------------------------------------------------------------- */

static GstPadProbeReturn
on_network_packet (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  RwWebrtcPipeline *self = user_data;

  return g_atomic_int_get (&self->is_blacked_out) ? GST_PAD_PROBE_DROP
                                                  : GST_PAD_PROBE_OK;
}

static void
watch_network (RwWebrtcPipeline *self, GstElement *element,
               const char *pad_name)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, pad_name);

  gst_pad_add_probe (pad,
                     GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST,
                     on_network_packet, self, NULL);
}

static void
on_deep_element_added (GstBin *webrtc, GstBin *bin, GstElement *element,
                       RwWebrtcPipeline *self)
{
  if (is_made_by (element, "nicesrc"))
    watch_network (self, element, "src");
  else if (is_made_by (element, "nicesink"))
    watch_network (self, element, "sink");
  else if (is_made_by (element, "queue") &&
           strcmp (G_OBJECT_TYPE_NAME (bin), "TransportReceiveBin") == 0 &&
           g_atomic_int_get (&self->has_no_channel))
    rw_queue_bypass (element);
}

/* Packets leave when they are pushed: the journal paces them, and a replay
 * runs faster than real time. */
static void
on_element_added (GstBin *webrtc, GstElement *element, gpointer unused)
{
  if (is_made_by (element, "clocksync"))
    g_object_set (element, "sync", FALSE, NULL);
}

/* --- The bus ------------------------------------------------------------- */

/* Errors that end the session: those of the appsrcs and of SCTP. Others appear
 * in the connection state, or are spurious (dtlsdec). */
static gboolean
is_fatal (GstMessage *message)
{
  GstObject *source = GST_MESSAGE_SRC (message);

  return GST_IS_ELEMENT (source) &&
         (is_made_by (GST_ELEMENT (source), "appsrc") ||
          is_made_by (GST_ELEMENT (source), "sctpenc"));
}

/* This bus has no reader: a message that stayed on it would keep its element
 * alive. */
static GstBusSyncReply
on_bus_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  RwWebrtcPipeline *self = user_data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    g_autoptr (GError) error = NULL;
    g_autofree char *details = NULL;

    gst_message_parse_error (message, &error, &details);
    GST_DEBUG ("%s: %s (%s)", GST_MESSAGE_SRC_NAME (message), error->message,
               details);
    if (is_fatal (message))
      self->on_error (error->message, self->user_data);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* --- Tearing down -------------------------------------------------------- */

typedef void (*ElementFunc) (GstElement *element);

static void
call_element (const GValue *item, gpointer user_data)
{
  ((ElementFunc) user_data) (g_value_get_object (item));
}

static void
for_each_element (GstElement *bin, const char *factory_name, ElementFunc func)
{
  GstIterator *elements =
      gst_bin_iterate_all_by_element_factory_name (GST_BIN (bin), factory_name);

  while (gst_iterator_foreach (elements, call_element, func) ==
         GST_ITERATOR_RESYNC)
    gst_iterator_resync (elements);
  gst_iterator_free (elements);
}

static gboolean
flush_pad (GstElement *encoder, GstPad *pad, gpointer unused)
{
  gst_pad_send_event (pad, gst_event_new_flush_start ());
  return TRUE;
}

/* With SCTP's send buffer full a thread of webrtcbin's waits in sctpenc, and
 * going to NULL would wait for it. Flushing its output lets nothing more out;
 * flushing its inputs ends the wait. */
static void
release_sctp (GstElement *encoder)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (encoder, "src");

  gst_pad_push_event (pad, gst_event_new_flush_start ());
  gst_element_foreach_sink_pad (encoder, flush_pad, NULL);
}

/* A packet that came while srtpdec goes down would find it without its
 * events, which srtpdec takes for a programming error. Flushing refuses new
 * packets; the lock is free when the last one has gone through. */
static void
stop_input (GstElement *demuxer)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (demuxer, "sink");

  gst_pad_send_event (pad, gst_event_new_flush_start ());
  GST_PAD_STREAM_LOCK (pad);
  GST_PAD_STREAM_UNLOCK (pad);
}

/* --- Public -------------------------------------------------------------- */

RwWebrtcPipeline *
rw_webrtc_pipeline_new (const RwWebrtcPeerConfig *config,
                        RwWebrtcPipelineErrorFunc on_error, gpointer user_data)
{
  static gsize has_category = 0;
  RwWebrtcPipeline *self = g_new0 (RwWebrtcPipeline, 1);

  if (g_once_init_enter (&has_category)) {
    GST_DEBUG_CATEGORY_INIT (rw_webrtc_pipeline_debug,
                             "resilientwebrtcpipeline", 0,
                             "The elements of a WebRTC session");
    g_once_init_leave (&has_category, 1);
  }

  g_mutex_init (&self->lock);
  if (config->clock != NULL)
    self->clock = gst_object_ref (config->clock);
  self->base_time = config->base_time;
  self->ice = rw_ice_agent_new (config);
  self->ice_transport_policy = config->ice_transport_policy;
  self->latency_ms = config->latency_ms;
  self->on_error = on_error;
  self->user_data = user_data;
  return self;
}

void
rw_webrtc_pipeline_free (RwWebrtcPipeline *self)
{
  g_assert (self->pipeline == NULL);

  gst_clear_object (&self->clock);
  rw_ice_agent_free (self->ice);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
set_clock (RwWebrtcPipeline *self, GstElement *pipeline)
{
  if (self->clock == NULL) {
    self->clock = gst_system_clock_obtain ();
    self->base_time = gst_clock_get_time (self->clock);
  }
  gst_pipeline_use_clock (GST_PIPELINE (pipeline), self->clock);
  /* The base time is set by this type, not by the pipeline. */
  gst_element_set_start_time (pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time (pipeline, self->base_time);
}

void
rw_webrtc_pipeline_open (RwWebrtcPipeline *self)
{
  GstElement *pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  g_autoptr (GstBus) bus = gst_pipeline_get_bus (GST_PIPELINE (pipeline));

  gst_bus_set_sync_handler (bus, on_bus_message, self, NULL);
  self->webrtc = gst_element_factory_make ("webrtcbin", NULL);
  g_object_set (self->webrtc, "bundle-policy",
                GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, "ice-transport-policy",
                self->ice_transport_policy, "latency", self->latency_ms, NULL);
  gst_bin_add (GST_BIN (pipeline), self->webrtc);
  g_signal_connect (self->webrtc, "element-added",
                    G_CALLBACK (on_element_added), self);
  g_signal_connect (self->webrtc, "deep-element-added",
                    G_CALLBACK (on_deep_element_added), self);
  rw_ice_agent_attach (self->ice, self->webrtc);

  g_mutex_lock (&self->lock);
  set_clock (self, pipeline);
  self->pipeline = pipeline;
  g_mutex_unlock (&self->lock);
}

void
rw_webrtc_pipeline_prepare (RwWebrtcPipeline *self)
{
  /* webrtcbin drops action signals before READY. */
  gst_element_set_state (self->pipeline, GST_STATE_READY);
  rw_ice_agent_add_servers (self->ice);
}

void
rw_webrtc_pipeline_play (RwWebrtcPipeline *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
}

void
rw_webrtc_pipeline_keep (RwWebrtcPipeline *self, GObject *object)
{
  g_set_object (&self->kept, object);
  g_clear_object (&object);
}

gboolean
rw_webrtc_pipeline_release_relays (RwWebrtcPipeline *self, RwLoop *loop,
                                   gpointer owner, RwPostFunc func,
                                   gpointer data)
{
  return self->webrtc != NULL &&
         rw_ice_agent_release_relays (self->ice, loop, owner, func, data);
}

void
rw_webrtc_pipeline_close (RwWebrtcPipeline *self)
{
  g_autoptr (GstElement) pipeline = NULL;

  g_mutex_lock (&self->lock);
  pipeline = g_steal_pointer (&self->pipeline);
  g_mutex_unlock (&self->lock);
  if (pipeline == NULL)
    return;

  g_signal_handlers_disconnect_by_data (self->webrtc, self);
  for_each_element (self->webrtc, "sctpenc", release_sctp);
  for_each_element (self->webrtc, "dtlssrtpdemux", stop_input);
  rw_ice_agent_silence (self->ice);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_clear_object (&self->kept);
  self->webrtc = NULL;
}

GstBin *
rw_webrtc_pipeline_get_bin (RwWebrtcPipeline *self)
{
  return (GstBin *) self->pipeline;
}

GstElement *
rw_webrtc_pipeline_get_webrtc (RwWebrtcPipeline *self)
{
  return self->webrtc;
}

static void
apply_base_time (const GValue *item, gpointer user_data)
{
  gst_element_set_base_time (g_value_get_object (item),
                             *(GstClockTime *) user_data);
}

void
rw_webrtc_pipeline_set_base_time (RwWebrtcPipeline *self,
                                  GstClockTime base_time)
{
  g_autoptr (GstElement) pipeline = NULL;
  GstIterator *elements;

  g_mutex_lock (&self->lock);
  self->base_time = base_time;
  if (self->pipeline != NULL)
    pipeline = gst_object_ref (self->pipeline);
  g_mutex_unlock (&self->lock);
  if (pipeline == NULL)
    return;

  gst_element_set_base_time (pipeline, base_time);
  elements = gst_bin_iterate_recurse (GST_BIN (pipeline));
  while (gst_iterator_foreach (elements, apply_base_time, &base_time) ==
         GST_ITERATOR_RESYNC)
    gst_iterator_resync (elements);
  gst_iterator_free (elements);
}

void
rw_webrtc_pipeline_set_blackout (RwWebrtcPipeline *self, gboolean blackout)
{
  g_atomic_int_set (&self->is_blacked_out, blackout);
}

void
rw_webrtc_pipeline_expect_no_channel (RwWebrtcPipeline *self)
{
  g_atomic_int_set (&self->has_no_channel, TRUE);
}

void
rw_webrtc_pipeline_watch_peer (RwWebrtcPipeline *self)
{
  rw_ice_agent_watch_peer (self->ice);
}

void
rw_webrtc_pipeline_rest_ice (RwWebrtcPipeline *self)
{
  GST_DEBUG_BIN_TO_DOT_FILE_WITH_TS (GST_BIN (self->pipeline),
                                     GST_DEBUG_GRAPH_SHOW_ALL,
                                     "resilientwebrtc-session");
  rw_ice_agent_rest (self->ice);
}

static void
collect_certificate (const GValue *item, gpointer user_data)
{
  char *pem = NULL;

  g_object_get (g_value_get_object (item), "peer-pem", &pem, NULL);
  if (pem != NULL)
    g_ptr_array_add (user_data, pem);
}

char **
rw_webrtc_pipeline_dup_certificates (RwWebrtcPipeline *self)
{
  GPtrArray *certificates = g_ptr_array_new ();
  GstIterator *elements = gst_bin_iterate_all_by_element_factory_name (
      GST_BIN (self->webrtc), "dtlsdec");

  while (gst_iterator_foreach (elements, collect_certificate, certificates) ==
         GST_ITERATOR_RESYNC)
    gst_iterator_resync (elements);
  gst_iterator_free (elements);
  g_ptr_array_add (certificates, NULL);
  return (char **) g_ptr_array_free (certificates, FALSE);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-webrtc-pipeline.h"

#include <string.h>

#include "rw-local-address.h"

/* A session's pipeline. What looks odd here is so because webrtcbin would
 * hang, leak or assert; each place says when. */

GST_DEBUG_CATEGORY_STATIC (rw_webrtc_pipeline_debug);
#define GST_CAT_DEFAULT rw_webrtc_pipeline_debug

/* A thread that only handles packets answers far sooner. */
#define BARRIER_US (G_TIME_SPAN_SECOND / 2)

struct _RwWebrtcPipeline {
  GstClock *clock;
  char *stun_server;
  char **turn_servers;
  GstWebRTCICETransportPolicy ice_transport_policy;
  guint latency_ms;
  RwWebrtcPipelineErrorFunc on_error;
  gpointer user_data;

  GstElement *webrtc;
  gboolean is_patient;
  int is_blacked_out; /* atomic */

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

/* --- Tuning -------------------------------------------------------------- */

static GObject *
dup_ice_agent (RwWebrtcPipeline *self)
{
  g_autoptr (GObject) ice = NULL;
  GObject *agent = NULL;

  g_object_get (self->webrtc, "ice-agent", &ice, NULL);
  if (ice != NULL &&
      g_object_class_find_property (G_OBJECT_GET_CLASS (ice), "agent") != NULL)
    g_object_get (ice, "agent", &agent, NULL);
  return agent;
}

/* Another version of the agent may lack one. */
static void
set_number (GObject *object, const char *name, int number)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (object), name) != NULL)
    g_object_set (object, name, number, NULL);
}

/* libnice's defaults are for calls between browsers: a check each 20 ms, UPnP
 * and TCP candidates; 5 ms is the shortest interval that RFC 8445 allows.
 *
 * A check is sent again after 500 ms, twice that, and so on, the last time
 * after half. Where the best pair cannot work, behind a NAT, the one that does
 * is only nominated when all others have failed: 0.75 s with two tries. A path
 * slower than that needs more, so every third session is patient (2 s); both
 * sides count alike. An ordinary peer has no second session, so its is. */
#define STUN_TRIES         2
#define STUN_TRIES_PATIENT 3
#define PATIENT_EVERY      3

/* libnice goes on ticking for 5 s after its last check, 200 times a second at
 * our pace; once connected there is nothing to wait for. */
#define IDLE_TIMEOUT_MS 50

static void
tune_ice (RwWebrtcPipeline *self)
{
  g_autoptr (GObject) agent = dup_ice_agent (self);

  if (agent == NULL)
    return;
  set_number (agent, "upnp", FALSE);
  set_number (agent, "ice-tcp", FALSE);
  set_number (agent, "stun-pacing-timer", 5);
  set_number (agent, "stun-initial-timeout", 100);
  set_number (agent, "stun-max-retransmissions",
              self->is_patient ? STUN_TRIES_PATIENT : STUN_TRIES);
}

/* libnice passes loopback over unless it is told of it, and then it uses
 * nothing else. Where there is nothing else, both peers are on this host. */
static void
add_loopback (RwWebrtcPipeline *self)
{
  g_autoptr (GObject) ice = NULL;
  gboolean added = FALSE;

  if (!rw_local_address_is_loopback_only ())
    return;
  g_object_get (self->webrtc, "ice-agent", &ice, NULL);
  if (ice && g_signal_lookup ("add-local-ip-address", G_OBJECT_TYPE (ice)))
    g_signal_emit_by_name (ice, "add-local-ip-address", "127.0.0.1", &added);
  GST_DEBUG_OBJECT (self->webrtc, "loopback alone: %s",
                    added ? "used" : "cannot be used");
}

static void
add_servers (RwWebrtcPipeline *self)
{
  guint i;

  if (self->stun_server != NULL)
    g_object_set (self->webrtc, "stun-server", self->stun_server, NULL);
  for (i = 0; self->turn_servers != NULL && self->turn_servers[i] != NULL;
       i++) {
    gboolean added = FALSE;

    g_signal_emit_by_name (self->webrtc, "add-turn-server",
                           self->turn_servers[i], &added);
    if (!added)
      GST_WARNING_OBJECT (self->webrtc, "TURN server %u is not usable", i);
  }
}

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

/* Which errors end the session: those of a queue of ours and of SCTP. Others
 * tell themselves by the connection's state, or mean nothing (dtlsdec). */
static gboolean
is_fatal (GstMessage *message)
{
  GstObject *source = GST_MESSAGE_SRC (message);

  return GST_IS_ELEMENT (source) &&
         (is_made_by (GST_ELEMENT (source), "appsrc") ||
          is_made_by (GST_ELEMENT (source), "sctpenc"));
}

/* Nobody reads this bus: a message that stayed on it would keep its element
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

static gboolean
pass_barrier (gpointer queue)
{
  g_async_queue_push (queue, queue);
  return G_SOURCE_REMOVE;
}

/* Returns when @context's thread has finished what it was doing. */
static void
wait_for_context (GMainContext *context)
{
  g_autoptr (GAsyncQueue) queue = g_async_queue_new ();
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_set_static_name (source, "rw-barrier");
  g_source_set_callback (source, pass_barrier, g_async_queue_ref (queue),
                         (GDestroyNotify) g_async_queue_unref);
  g_source_attach (source, context);
  if (g_async_queue_timeout_pop (queue, BARRIER_US) == NULL)
    GST_WARNING ("the ICE agent's thread does not answer");
}

/* webrtcbin's handlers of the agent's signals, on the agent's thread, use what
 * is freed while it still runs, and may be left with its last reference, to
 * wait for themselves for ever. None is called after this, none is at work. */
static void
silence_ice (RwWebrtcPipeline *self)
{
  static const char *const signals[] = {
      "component-state-changed", "new-selected-pair-full",
      "candidate-gathering-done", "new-candidate-full"};
  g_autoptr (GObject) agent = dup_ice_agent (self);
  gpointer context = NULL;
  gsize i;

  if (agent == NULL)
    return;
  /* Blocked, not disconnected: webrtcbin does that itself, by number. */
  for (i = 0; i < G_N_ELEMENTS (signals); i++)
    g_signal_handlers_block_matched (
        agent, G_SIGNAL_MATCH_ID,
        g_signal_lookup (signals[i], G_OBJECT_TYPE (agent)), 0, NULL, NULL,
        NULL);
  g_object_get (agent, "main-context", &context, NULL);
  if (context != NULL)
    wait_for_context (context);
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
  self->stun_server = g_strdup (config->stun_server);
  self->turn_servers = g_strdupv ((char **) config->turn_servers);
  self->ice_transport_policy = config->ice_transport_policy;
  self->is_patient = config->generation % PATIENT_EVERY == 0;
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
  g_free (self->stun_server);
  g_strfreev (self->turn_servers);
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
  /* The base time is ours to set, not the pipeline's. */
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
  tune_ice (self);
  add_loopback (self);

  g_mutex_lock (&self->lock);
  set_clock (self, pipeline);
  self->pipeline = pipeline;
  g_mutex_unlock (&self->lock);
}

void
rw_webrtc_pipeline_prepare (RwWebrtcPipeline *self)
{
  /* webrtcbin loses what is asked of it before it is READY. */
  gst_element_set_state (self->pipeline, GST_STATE_READY);
  add_servers (self);
}

void
rw_webrtc_pipeline_play (RwWebrtcPipeline *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
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
  silence_ice (self);
  gst_element_set_state (pipeline, GST_STATE_NULL);
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
rw_webrtc_pipeline_watch_peer (RwWebrtcPipeline *self)
{
  g_autoptr (GObject) agent = dup_ice_agent (self);

  if (agent != NULL)
    set_number (agent, "keepalive-conncheck", TRUE);
}

void
rw_webrtc_pipeline_rest_ice (RwWebrtcPipeline *self)
{
  g_autoptr (GObject) agent = dup_ice_agent (self);

  if (agent != NULL)
    set_number (agent, "idle-timeout", IDLE_TIMEOUT_MS);
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

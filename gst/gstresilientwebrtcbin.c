/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstresilientwebrtcbin.h"

/* See the header. */

typedef struct {
  RwEndpoint *endpoint;
} GstResilientWebrtcBinPrivate;

enum {
  SIGNAL_RECONNECT,
  SIGNAL_SIMULATE_OUTAGE,
  SIGNAL_REQUEST_TOKEN,
  SIGNAL_PUBLISH,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

/* The presets are files: gst/presets. */
G_DEFINE_ABSTRACT_TYPE_WITH_CODE (GstResilientWebrtcBin,
                                  gst_resilient_webrtc_bin, GST_TYPE_BIN,
                                  G_ADD_PRIVATE (GstResilientWebrtcBin)
                                      G_IMPLEMENT_INTERFACE (GST_TYPE_PRESET,
                                                             NULL))

RwEndpoint *
gst_resilient_webrtc_bin_get_endpoint (GstResilientWebrtcBin *self)
{
  GstResilientWebrtcBinPrivate *priv =
      gst_resilient_webrtc_bin_get_instance_private (self);

  return priv->endpoint;
}

static void
gst_resilient_webrtc_bin_set_property (GObject *object, guint id,
                                       const GValue *value, GParamSpec *pspec)
{
  GstResilientWebrtcBin *self = GST_RESILIENT_WEBRTC_BIN (object);

  if (!rw_endpoint_set_property (gst_resilient_webrtc_bin_get_endpoint (self),
                                 id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_resilient_webrtc_bin_get_property (GObject *object, guint id, GValue *value,
                                       GParamSpec *pspec)
{
  GstResilientWebrtcBin *self = GST_RESILIENT_WEBRTC_BIN (object);

  if (id == RW_ENDPOINT_PROP_STATS)
    g_value_take_boxed (
        value, GST_RESILIENT_WEBRTC_BIN_GET_CLASS (self)->get_stats (self));
  else if (!rw_endpoint_get_property (
               gst_resilient_webrtc_bin_get_endpoint (self), id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static gboolean
start (GstResilientWebrtcBin *self)
{
  return rw_endpoint_start_server (
             gst_resilient_webrtc_bin_get_endpoint (self)) &&
         GST_RESILIENT_WEBRTC_BIN_GET_CLASS (self)->start (self);
}

static void
stop (GstResilientWebrtcBin *self)
{
  RwEndpoint *endpoint = gst_resilient_webrtc_bin_get_endpoint (self);

  GST_RESILIENT_WEBRTC_BIN_GET_CLASS (self)->stop (self);
  rw_endpoint_stop_server (endpoint);
  rw_notifier_flush (rw_endpoint_get_notifier (endpoint));
}

static GstStateChangeReturn
gst_resilient_webrtc_bin_change_state (GstElement *element,
                                       GstStateChange transition)
{
  GstResilientWebrtcBin *self = GST_RESILIENT_WEBRTC_BIN (element);
  RwEndpoint *endpoint = gst_resilient_webrtc_bin_get_endpoint (self);
  GstStateChangeReturn ret;
  gboolean failed;

  if (transition == GST_STATE_CHANGE_NULL_TO_READY &&
      !rw_endpoint_prepare (endpoint))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self)) {
    stop (self);
    return GST_STATE_CHANGE_FAILURE;
  }

  ret = GST_ELEMENT_CLASS (gst_resilient_webrtc_bin_parent_class)
            ->change_state (element, transition);
  failed = ret == GST_STATE_CHANGE_FAILURE;

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED && failed))
    stop (self);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL ||
      (transition == GST_STATE_CHANGE_NULL_TO_READY && failed))
    rw_endpoint_release (endpoint);
  return ret;
}

static void
gst_resilient_webrtc_bin_reconnect (GstResilientWebrtcBin *self)
{
  GST_RESILIENT_WEBRTC_BIN_GET_CLASS (self)->retry_now (self);
}

static void
gst_resilient_webrtc_bin_simulate_outage (GstResilientWebrtcBin *self,
                                          RwOutageKind kind, guint duration_ms)
{
  rw_endpoint_simulate_outage (gst_resilient_webrtc_bin_get_endpoint (self),
                               kind, duration_ms);
}

static gboolean
publish (GstResilientWebrtcBin *self, const char *data)
{
  return rw_endpoint_publish (gst_resilient_webrtc_bin_get_endpoint (self),
                              data);
}

static gboolean
gst_resilient_webrtc_bin_publish (GstResilientWebrtcBin *self, const char *data)
{
  return GST_RESILIENT_WEBRTC_BIN_GET_CLASS (self)->publish (self, data);
}

/* An application that drops a running element has a bug. The control thread
 * must not outlive the element, so it is stopped here. */
static void
gst_resilient_webrtc_bin_dispose (GObject *object)
{
  GstElement *element = GST_ELEMENT (object);

  if (GST_STATE (element) != GST_STATE_NULL) {
    GST_WARNING_OBJECT (element, "unreferenced while running; stopping it");
    gst_element_set_state (element, GST_STATE_NULL);
  }
  G_OBJECT_CLASS (gst_resilient_webrtc_bin_parent_class)->dispose (object);
}

static void
gst_resilient_webrtc_bin_finalize (GObject *object)
{
  GstResilientWebrtcBinPrivate *priv =
      gst_resilient_webrtc_bin_get_instance_private (
          GST_RESILIENT_WEBRTC_BIN (object));

  g_clear_object (&priv->endpoint);
  G_OBJECT_CLASS (gst_resilient_webrtc_bin_parent_class)->finalize (object);
}

static void
install_signals (GstResilientWebrtcBinClass *klass)
{
  /**
   * GstResilientWebrtcBin::reconnect:
   *
   * Action: retries at once. A source requests a new session, regardless of the
   * back-off; the present session is kept until the new one works.
   */
  signals[SIGNAL_RECONNECT] = g_signal_new_class_handler (
      "reconnect", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_resilient_webrtc_bin_reconnect), NULL, NULL, NULL,
      G_TYPE_NONE, 0);
  /**
   * GstResilientWebrtcBin::simulate-outage:
   * @kind: media, signalling or both
   * @duration: in ms
   *
   * Action: simulates an outage on a running pipeline, without root.
   */
  signals[SIGNAL_SIMULATE_OUTAGE] = g_signal_new_class_handler (
      "simulate-outage", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_resilient_webrtc_bin_simulate_outage), NULL, NULL, NULL,
      G_TYPE_NONE, 2, RW_TYPE_OUTAGE_KIND, G_TYPE_UINT);
  /**
   * GstResilientWebrtcBin::request-token:
   *
   * The signalling server has rejected the token. Returns: a new one, or NULL
   * to give up. Emitted on the control thread.
   */
  signals[SIGNAL_REQUEST_TOKEN] = g_signal_new (
      "request-token", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
      g_signal_accumulator_first_wins, NULL, NULL, G_TYPE_STRING, 0);
  /**
   * GstResilientWebrtcBin::publish:
   * @data: JSON
   *
   * Action: sends a message to all members of the room, this element included.
   * Returns: FALSE where @data is no JSON, or the element is in no room.
   */
  signals[SIGNAL_PUBLISH] = g_signal_new_class_handler (
      "publish", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_resilient_webrtc_bin_publish), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 1, G_TYPE_STRING);
}

static void
gst_resilient_webrtc_bin_class_init (GstResilientWebrtcBinClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = gst_resilient_webrtc_bin_set_property;
  object_class->get_property = gst_resilient_webrtc_bin_get_property;
  object_class->dispose = gst_resilient_webrtc_bin_dispose;
  object_class->finalize = gst_resilient_webrtc_bin_finalize;
  GST_ELEMENT_CLASS (klass)->change_state =
      gst_resilient_webrtc_bin_change_state;
  klass->publish = publish;
  rw_endpoint_install_properties (object_class);
  install_signals (klass);
  gst_type_mark_as_plugin_api (GST_TYPE_RESILIENT_WEBRTC_BIN, 0);
  gst_type_mark_as_plugin_api (RW_TYPE_OUTAGE_KIND, 0);
  gst_type_mark_as_plugin_api (RW_TYPE_GST_STATE, 0);
}

static void
gst_resilient_webrtc_bin_init (GstResilientWebrtcBin *self)
{
  GstResilientWebrtcBinPrivate *priv =
      gst_resilient_webrtc_bin_get_instance_private (self);

  priv->endpoint = rw_endpoint_new (GST_ELEMENT (self));
}

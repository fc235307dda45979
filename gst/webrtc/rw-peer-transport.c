/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-peer-transport.h"

#include "rw-fingerprint.h"
#include "rw-peer.h"

struct _RwPeerTransport {
  RwWebrtcPipeline *pipeline;
  RwNegotiator *negotiator;
  RwPeerTransportFuncs funcs;
  gpointer user_data;
  int was_connected; /* atomic */
};

RwPeerTransport *
rw_peer_transport_new (RwWebrtcPipeline *pipeline, RwNegotiator *negotiator,
                       const RwPeerTransportFuncs *funcs, gpointer user_data)
{
  RwPeerTransport *self = g_new0 (RwPeerTransport, 1);

  self->pipeline = pipeline;
  self->negotiator = negotiator;
  self->funcs = *funcs;
  self->user_data = user_data;
  return self;
}

void
rw_peer_transport_free (RwPeerTransport *self)
{
  g_free (self);
}

#define TOO_LARGE                                                              \
  "The remote peer's certificate is too large to be compared with the "        \
  "fingerprint in its description: GStreamer keeps 4096 bytes of it. Use a "   \
  "certificate with a shorter subject at the remote peer."
#define DOES_NOT_MATCH                                                         \
  "The remote peer's certificate does not match the fingerprint in its "       \
  "description; another host may impersonate it. Check the signalling server."

/* Why the other end of DTLS may not be the sender of the description; NULL if
 * it is. */
static const char *
find_distrust (RwPeerTransport *self)
{
  const GPtrArray *fingerprints =
      rw_negotiator_get_remote (self->negotiator)->fingerprints;
  g_auto (GStrv) certificates =
      rw_webrtc_pipeline_dup_certificates (self->pipeline);
  guint i;

  for (i = 0; certificates[i] != NULL; i++) {
    if (!rw_fingerprint_is_whole (certificates[i]))
      return TOO_LARGE;
    if (!rw_fingerprint_matches_any ((const char *const *) fingerprints->pdata,
                                     fingerprints->len, certificates[i]))
      return DOES_NOT_MATCH;
  }
  return i > 0 ? NULL : DOES_NOT_MATCH;
}

static void
fail (RwPeerTransport *self, RwPeerError code, const char *message)
{
  self->funcs.failed (g_error_new_literal (RW_PEER_ERROR, code, message),
                      self->user_data);
}

/* The class of the enumeration is dtlsdec's own: there is no header of it. */
static gboolean
is_closed (GObject *dtlsdec)
{
  g_auto (GValue) value = G_VALUE_INIT;
  GEnumValue *state;

  g_object_get_property (dtlsdec, "connection-state", &value);
  state = g_enum_get_value (g_type_class_peek (G_VALUE_TYPE (&value)),
                            g_value_get_enum (&value));
  return state != NULL && g_str_equal (state->value_nick, "closed");
}

/* On the thread that receives. Where this side closes, nobody is attached any
 * more. */
static void
on_dtls_state (GObject *dtlsdec, GParamSpec *pspec, RwPeerTransport *self)
{
  if (is_closed (dtlsdec))
    fail (self, RW_PEER_ERROR_CLOSED,
          "The remote peer has closed the connection.");
}

static void
unwatch_decoder (const GValue *item, gpointer data)
{
  g_signal_handlers_disconnect_by_func (g_value_get_object (item),
                                        on_dtls_state, data);
}

/* The other peer may have closed before; or it does so before webrtcbin says
 * that the connection is up. */
static void
watch_decoder (const GValue *item, gpointer data)
{
  GObject *dtlsdec = g_value_get_object (item);

  if (!g_object_class_find_property (G_OBJECT_GET_CLASS (dtlsdec),
                                     "connection-state"))
    return;
  unwatch_decoder (item, data);
  g_signal_connect (dtlsdec, "notify::connection-state",
                    G_CALLBACK (on_dtls_state), data);
  on_dtls_state (dtlsdec, NULL, data);
}

static void
for_each_decoder (RwPeerTransport *self, GstIteratorForeachFunction func)
{
  GstIterator *decoders = gst_bin_iterate_all_by_element_factory_name (
      GST_BIN (rw_webrtc_pipeline_get_webrtc (self->pipeline)), "dtlsdec");

  while (gst_iterator_foreach (decoders, func, self) == GST_ITERATOR_RESYNC)
    gst_iterator_resync (decoders);
  gst_iterator_free (decoders);
}

static void
on_connection_state (GstElement *webrtc, GParamSpec *pspec,
                     RwPeerTransport *self)
{
  GstWebRTCPeerConnectionState state;
  const char *distrust;

  g_object_get (webrtc, "connection-state", &state, NULL);
  GST_DEBUG_OBJECT (webrtc, "connection state %d", state);
  for_each_decoder (self, watch_decoder);
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED)
    fail (self, RW_PEER_ERROR_TRANSPORT,
          "The connection to the remote peer failed (ICE or DTLS). Check "
          "that UDP passes between the hosts, or set a TURN server.");
  if (state != GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED ||
      !g_atomic_int_compare_and_exchange (&self->was_connected, FALSE, TRUE))
    return;
  distrust = find_distrust (self);
  if (distrust == NULL)
    self->funcs.connected (self->user_data);
  else
    fail (self, RW_PEER_ERROR_IDENTITY, distrust);
}

void
rw_peer_transport_attach (RwPeerTransport *self)
{
  g_signal_connect (rw_webrtc_pipeline_get_webrtc (self->pipeline),
                    "notify::connection-state",
                    G_CALLBACK (on_connection_state), self);
}

void
rw_peer_transport_detach (RwPeerTransport *self)
{
  g_signal_handlers_disconnect_by_data (
      rw_webrtc_pipeline_get_webrtc (self->pipeline), self);
  for_each_decoder (self, unwatch_decoder);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-resilientwebrtcroom
 * @title: resilientwebrtcroom
 * @short_description: a party line: sends one member, plays all the others
 *
 * Joins a room of the signalling server, sends the audio of its sink pad to the
 * other members, and puts out the mixed audio of all of them, without its own.
 * Members come, go and have outages while it plays.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 autoaudiosrc ! audioconvert ! resilientwebrtcroom \
 *     room=stage member=desk1 signaller-uri=ws://host:8443 ! audioconvert ! \
 *     autoaudiosink
 * ]|
 */
#include "gstresilientwebrtcroom.h"

#include "gstresilientwebrtcsink.h"
#include "gstresilientwebrtcsrc.h"
#include "rw-inner-settings.h"
#include "rw-party-bus.h"
#include "rw-party-strip.h"
#include "rw-room-settings.h"

/*
 * The bin: pads, properties and state changes. A resilientwebrtcsink ("sender")
 * is the member of the room and has the sink's properties; the party line
 * receives the others, the mix makes one stream of them.
 */

GST_DEBUG_CATEGORY_STATIC (resilient_webrtc_room_debug);
#define GST_CAT_DEFAULT resilient_webrtc_room_debug

struct _GstResilientWebrtcRoom {
  GstResilientWebrtcBin parent_instance;

  GstPad *sink_pad; /* both owned by the element */
  GstPad *src_pad;
  GstElement *sender; /* owned by the bin */
  RwEndpoint *endpoint;
  RwPartyMembers *members;
  RwPartyMix *mix;

  /* Object lock. */
  RwPartyLine *line; /* from READY to PAUSED and back */
  RwRoomSettings settings;
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (RW_PARTY_CAPS));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (RW_PARTY_CAPS));

G_DEFINE_FINAL_TYPE_WITH_CODE (
    GstResilientWebrtcRoom, gst_resilient_webrtc_room,
    GST_TYPE_RESILIENT_WEBRTC_BIN,
    G_IMPLEMENT_INTERFACE (GST_TYPE_CHILD_PROXY,
                           rw_party_members_init_child_proxy))
GST_ELEMENT_REGISTER_DEFINE (resilientwebrtcroom, "resilientwebrtcroom",
                             GST_RANK_NONE, GST_TYPE_RESILIENT_WEBRTC_ROOM)

/* ---- Properties ---- */

static void
gst_resilient_webrtc_room_set_property (GObject *object, guint id,
                                        const GValue *value, GParamSpec *pspec)
{
  GstResilientWebrtcRoom *self = GST_RESILIENT_WEBRTC_ROOM (object);

  GST_OBJECT_LOCK (self);
  rw_room_settings_set (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (rw_room_settings_is_of_sender (id))
    g_object_set_property (G_OBJECT (self->sender), pspec->name, value);
  else if (id == RW_ROOM_PROP_LATENCY)
    rw_party_mix_set_latency (self->mix, g_value_get_uint (value));
  else if (id == RW_ROOM_PROP_DUCKING)
    rw_party_ducking_set_depth (rw_party_mix_get_ducking (self->mix),
                                g_value_get_double (value));
  else if (id == RW_ROOM_PROP_LEVEL_INTERVAL)
    rw_party_mix_set_level_interval (self->mix, g_value_get_uint (value));
}

static void
gst_resilient_webrtc_room_get_property (GObject *object, guint id,
                                        GValue *value, GParamSpec *pspec)
{
  GstResilientWebrtcRoom *self = GST_RESILIENT_WEBRTC_ROOM (object);
  gboolean is_setting;

  GST_OBJECT_LOCK (self);
  is_setting = rw_room_settings_get (&self->settings, id, value);
  GST_OBJECT_UNLOCK (self);
  if (id == RW_ROOM_PROP_DUCKING)
    g_value_set_double (value, rw_party_ducking_get_depth (
                                   rw_party_mix_get_ducking (self->mix)));
  else if (id == RW_ROOM_PROP_LEVEL_INTERVAL)
    g_value_set_uint (value, rw_party_mix_get_level_interval (self->mix));
  else if (!is_setting)
    g_object_get_property (G_OBJECT (self->sender), pspec->name, value);
}

/* Properties of the sender that are the room's as well. */
static void
on_sender_notify (GObject *sender, GParamSpec *pspec,
                  GstResilientWebrtcRoom *self)
{
  if (g_str_equal (pspec->name, "on-air") ||
      g_str_equal (pspec->name, "members"))
    g_object_notify (G_OBJECT (self), pspec->name);
}

static void
on_notify (GObject *object, GParamSpec *pspec, gpointer data)
{
  GstResilientWebrtcRoom *self = GST_RESILIENT_WEBRTC_ROOM (object);

  if (pspec->owner_type == GST_TYPE_RESILIENT_WEBRTC_BIN)
    rw_inner_settings_follow (self->endpoint, object, G_OBJECT (self->sender),
                              pspec);
}

/* ---- Actions ---- */

static gboolean
publish (GstResilientWebrtcBin *bin, const char *data)
{
  gboolean is_sent = FALSE;

  g_signal_emit_by_name (GST_RESILIENT_WEBRTC_ROOM (bin)->sender, "publish",
                         data, &is_sent);
  return is_sent;
}

static void
on_simulate_outage (GstElement *element, RwOutageKind kind, guint duration_ms,
                    gpointer data)
{
  g_signal_emit_by_name (GST_RESILIENT_WEBRTC_ROOM (element)->sender,
                         "simulate-outage", kind, duration_ms);
}

static void
gst_resilient_webrtc_room_retry_now (GstResilientWebrtcBin *bin)
{
  g_signal_emit_by_name (GST_RESILIENT_WEBRTC_ROOM (bin)->sender, "reconnect");
}

/* ---- Starting and stopping ---- */

static RwPartyLine *
dup_line (GstResilientWebrtcRoom *self)
{
  g_autoptr (GMutexLocker) locker =
      g_mutex_locker_new (GST_OBJECT_GET_LOCK (self));

  return self->line ? g_object_ref (self->line) : NULL;
}

static gboolean
check_room (GstResilientWebrtcRoom *self, const char *room)
{
  if (room != NULL)
    return TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
                     ("A party line needs a room; set the property room."),
                     (NULL));
  return FALSE;
}

static void
start_line (GstResilientWebrtcRoom *self, const char *stream)
{
  RwEndpoint *endpoint = gst_resilient_webrtc_bin_get_endpoint (
      GST_RESILIENT_WEBRTC_BIN (self->sender));
  RwPartyLine *line =
      rw_party_line_new (self->endpoint, self->sender, endpoint, self->mix,
                         GST_TYPE_RESILIENT_WEBRTC_SRC);

  GST_OBJECT_LOCK (self);
  self->line = line;
  GST_OBJECT_UNLOCK (self);
  rw_party_line_start (line, stream);
}

static gboolean
gst_resilient_webrtc_room_start (GstResilientWebrtcBin *bin)
{
  GstResilientWebrtcRoom *self = GST_RESILIENT_WEBRTC_ROOM (bin);
  g_autofree char *room = NULL;
  g_autofree char *member = NULL;
  g_autofree char *stream = NULL;
  g_autoptr (GstPad) sink = NULL;

  g_object_get (self, "room", &room, NULL);
  if (!check_room (self, room))
    return FALSE;
  GST_OBJECT_LOCK (self);
  member = g_strdup (self->settings.member);
  stream = rw_room_settings_dup_stream (&self->settings);
  GST_OBJECT_UNLOCK (self);
  rw_inner_settings_apply (self->endpoint, G_OBJECT (self),
                           G_OBJECT (self->sender));
  g_object_set (self->sender, "room", room, "stream-name", stream, NULL);
  rw_endpoint_set_member_name (gst_resilient_webrtc_bin_get_endpoint (
                                   GST_RESILIENT_WEBRTC_BIN (self->sender)),
                               member);
  sink = rw_party_mix_open (self->mix, room, member, stream, self->sender);
  gst_ghost_pad_set_target (GST_GHOST_PAD (self->sink_pad), sink);
  start_line (self, stream);
  return TRUE;
}

static void
gst_resilient_webrtc_room_stop (GstResilientWebrtcBin *bin)
{
  GstResilientWebrtcRoom *self = GST_RESILIENT_WEBRTC_ROOM (bin);
  g_autoptr (RwPartyLine) line = NULL;

  GST_OBJECT_LOCK (self);
  line = g_steal_pointer (&self->line);
  GST_OBJECT_UNLOCK (self);
  if (line)
    rw_party_line_stop (line);
  gst_ghost_pad_set_target (GST_GHOST_PAD (self->sink_pad), NULL);
  rw_party_mix_close (self->mix);
}

/* The output is live, whatever the input is. */
static GstStateChangeReturn
gst_resilient_webrtc_room_change_state (GstElement *element,
                                        GstStateChange transition)
{
  GstResilientWebrtcRoom *self = GST_RESILIENT_WEBRTC_ROOM (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_NULL_TO_READY &&
      !rw_party_mix_check (self->mix))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING)
    rw_party_mix_begin (self->mix);
  ret = GST_ELEMENT_CLASS (gst_resilient_webrtc_room_parent_class)
            ->change_state (element, transition);
  if (ret != GST_STATE_CHANGE_FAILURE &&
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED ||
       transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED))
    return GST_STATE_CHANGE_NO_PREROLL;
  return ret;
}

/* ---- Events, queries and messages ---- */

static gboolean
gst_resilient_webrtc_room_send_event (GstElement *element, GstEvent *event)
{
  if (GST_EVENT_TYPE (event) != GST_EVENT_EOS)
    return GST_ELEMENT_CLASS (gst_resilient_webrtc_room_parent_class)
        ->send_event (element, event);
  rw_party_mix_end (GST_RESILIENT_WEBRTC_ROOM (element)->mix);
  gst_event_unref (event);
  return TRUE;
}

static gboolean
on_src_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY)
    return rw_party_mix_query_latency (GST_RESILIENT_WEBRTC_ROOM (parent)->mix,
                                       query);
  return gst_pad_query_default (pad, parent, query);
}

static void
gst_resilient_webrtc_room_handle_message (GstBin *bin, GstMessage *message)
{
  g_autoptr (RwPartyLine) line = dup_line (GST_RESILIENT_WEBRTC_ROOM (bin));

  if (line != NULL)
    message = rw_party_bus_filter (line, message);
  if (message != NULL)
    GST_BIN_CLASS (gst_resilient_webrtc_room_parent_class)
        ->handle_message (bin, message);
}

/* ---- Class ---- */

static GstStructure *
gst_resilient_webrtc_room_get_stats (GstResilientWebrtcBin *bin)
{
  GstResilientWebrtcRoom *self = GST_RESILIENT_WEBRTC_ROOM (bin);
  g_autoptr (RwPartyLine) line = dup_line (self);
  g_autoptr (GstStructure) sender = NULL;
  guint n = line ? rw_party_line_get_n_speakers (line) : 0;

  g_object_get (self->sender, "stats", &sender, NULL);
  return gst_structure_new ("resilient-webrtc-room-stats", "speakers",
                            G_TYPE_UINT, n, "sender", GST_TYPE_STRUCTURE,
                            sender, NULL);
}

static void
gst_resilient_webrtc_room_finalize (GObject *object)
{
  GstResilientWebrtcRoom *self = GST_RESILIENT_WEBRTC_ROOM (object);

  rw_party_mix_free (self->mix);
  rw_party_members_free (self->members);
  rw_room_settings_clear (&self->settings);
  G_OBJECT_CLASS (gst_resilient_webrtc_room_parent_class)->finalize (object);
}

static void
gst_resilient_webrtc_room_class_init (GstResilientWebrtcRoomClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstResilientWebrtcBinClass *bin_class =
      GST_RESILIENT_WEBRTC_BIN_CLASS (klass);

  object_class->set_property = gst_resilient_webrtc_room_set_property;
  object_class->get_property = gst_resilient_webrtc_room_get_property;
  object_class->finalize = gst_resilient_webrtc_room_finalize;
  element_class->change_state = gst_resilient_webrtc_room_change_state;
  element_class->send_event = gst_resilient_webrtc_room_send_event;
  GST_BIN_CLASS (klass)->handle_message =
      gst_resilient_webrtc_room_handle_message;
  bin_class->start = gst_resilient_webrtc_room_start;
  bin_class->stop = gst_resilient_webrtc_room_stop;
  bin_class->retry_now = gst_resilient_webrtc_room_retry_now;
  bin_class->get_stats = gst_resilient_webrtc_room_get_stats;
  bin_class->publish = publish;
  rw_room_settings_install (object_class);
  gst_type_mark_as_plugin_api (RW_TYPE_PARTY_MEMBER, 0);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (
      element_class, "Resilient WebRTC party line",
      "Filter/Network/WebRTC/Audio",
      "Sends one member of a room to all the others, and puts out the mix of "
      "what they send",
      "gst-resilient-webrtc developers");
  GST_DEBUG_CATEGORY_INIT (resilient_webrtc_room_debug, "resilientwebrtcroom",
                           0, "resilient WebRTC: rooms");
}

static void
add_pads (GstResilientWebrtcRoom *self)
{
  g_autoptr (GstPadTemplate) sink =
      gst_static_pad_template_get (&sink_template);
  g_autoptr (GstPadTemplate) src = gst_static_pad_template_get (&src_template);

  self->sink_pad = gst_ghost_pad_new_no_target_from_template ("sink", sink);
  self->src_pad = gst_ghost_pad_new_no_target_from_template ("src", src);
  gst_pad_set_query_function (self->src_pad, on_src_query);
  gst_ghost_pad_set_target (GST_GHOST_PAD (self->src_pad),
                            rw_party_mix_get_src (self->mix));
  gst_element_add_pad (GST_ELEMENT (self), self->sink_pad);
  gst_element_add_pad (GST_ELEMENT (self), self->src_pad);
}

static void
gst_resilient_webrtc_room_init (GstResilientWebrtcRoom *self)
{
  const GstElementFlags flags = GST_ELEMENT_FLAG_SINK | GST_ELEMENT_FLAG_SOURCE;

  gst_bin_set_suppressed_flags (GST_BIN (self), flags);
  GST_OBJECT_FLAG_SET (self, flags);
  rw_room_settings_init (&self->settings);
  self->endpoint =
      gst_resilient_webrtc_bin_get_endpoint (GST_RESILIENT_WEBRTC_BIN (self));
  self->members = rw_party_members_new (GST_ELEMENT (self));
  self->mix = rw_party_mix_new (GST_BIN (self), self->endpoint, self->members);
  rw_party_mix_set_latency (self->mix, self->settings.latency_ms);
  self->sender =
      g_object_new (GST_TYPE_RESILIENT_WEBRTC_SINK, "name", "sender", NULL);
  gst_bin_add (GST_BIN (self), self->sender);
  add_pads (self);
  g_signal_connect_object (self->sender, "notify",
                           G_CALLBACK (on_sender_notify), self, 0);
  g_signal_connect (self->sender, "request-token",
                    G_CALLBACK (rw_inner_settings_on_request_token), self);
  g_signal_connect (self, "notify", G_CALLBACK (on_notify), NULL);
  g_signal_connect (self, "simulate-outage", G_CALLBACK (on_simulate_outage),
                    NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-sink-settings.h"

#include "rw-signal-message.h"
#include "rw-talk.h"

/* The properties that only the sink has, and their values. */

#define DEFAULT_MAX_SIZE_TIME (60 * GST_SECOND)
#define DEFAULT_EOS_TIMEOUT   (30 * GST_SECOND)
#define DEFAULT_DRAIN_RATE    8.0

GType
rw_floor_mode_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {RW_FLOOR_MODE_OPEN, "Send always", "open"},
      {RW_FLOOR_MODE_REQUEST, "Send while talk is set and the floor is granted",
       "request"},
      {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstResilientWebrtcFloor", values));
  return type;
}

static void
install_journal_properties (GParamSpec **specs)
{
  specs[RW_SINK_PROP_STREAM_NAME] = g_param_spec_string (
      "stream-name", "Stream name",
      "Name by which consumers find this sink; the host's name by default",
      NULL,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  specs[RW_SINK_PROP_MAX_SIZE_TIME] = g_param_spec_uint64 (
      "max-size-time", "Maximum time",
      "Most audio in ns that the journal keeps for consumers that have not "
      "acknowledged it (0 = no bound)",
      0, G_MAXUINT64, DEFAULT_MAX_SIZE_TIME,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  specs[RW_SINK_PROP_MAX_SIZE_BYTES] = g_param_spec_uint (
      "max-size-bytes", "Maximum bytes",
      "Most payload bytes that the journal keeps (0 = no bound)", 0, G_MAXUINT,
      0,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  specs[RW_SINK_PROP_MAX_SIZE_BUFFERS] = g_param_spec_uint (
      "max-size-buffers", "Maximum buffers",
      "Most frames that the journal keeps (0 = no bound)", 0, G_MAXUINT, 0,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  specs[RW_SINK_PROP_EOS_TIMEOUT] = g_param_spec_uint64 (
      "eos-timeout", "EOS timeout",
      "Longest time in ns that EOS waits for consumers that are connected, or "
      "may still return, to acknowledge the last frame",
      0, G_MAXUINT64, DEFAULT_EOS_TIMEOUT,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  specs[RW_SINK_PROP_SYNC] = g_param_spec_boolean (
      "sync", "Sync",
      "Take input that is not live at the pace of the clock; live input is "
      "never delayed",
      TRUE,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  specs[RW_SINK_PROP_DRAIN_RATE] = g_param_spec_double (
      "drain-rate", "Drain rate",
      "Pace at which a backlog is sent, as a multiple of real time (0 = as "
      "fast as the path allows)",
      0.0, 1000.0, DEFAULT_DRAIN_RATE,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
}

static void
install_encoder_properties (GParamSpec **specs)
{
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  specs[RW_SINK_PROP_BITRATE] = g_param_spec_int (
      "bitrate", "Bitrate", "Opus bit rate in bit/s, for raw input", 4000,
      650000, 64000, flags);
  specs[RW_SINK_PROP_FRAME_SIZE] = g_param_spec_enum (
      "frame-size", "Frame size", "Duration of an Opus frame in ms",
      RW_TYPE_ENCODER_FRAME_SIZE, 20, flags);
  specs[RW_SINK_PROP_DTX] = g_param_spec_boolean (
      "dtx", "DTX",
      "Discontinuous transmission: send fewer packets during silence", FALSE,
      flags);
  specs[RW_SINK_PROP_INBAND_FEC] = g_param_spec_boolean (
      "inband-fec", "In-band FEC",
      "Add Opus forward error correction; helps ordinary WebRTC peers, while "
      "resilient peers get every frame without it",
      FALSE, flags);
  specs[RW_SINK_PROP_PACKET_LOSS_PERCENTAGE] = g_param_spec_int (
      "packet-loss-percentage", "Packet loss percentage",
      "Expected loss in percent that in-band FEC is tuned for", 0, 100, 0,
      flags);
  specs[RW_SINK_PROP_AUDIO_TYPE] = g_param_spec_enum (
      "audio-type", "Audio type", "Signal type that the encoder optimizes for",
      RW_TYPE_ENCODER_AUDIO_TYPE, 2049,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
}

static void
install_talk_properties (GParamSpec **specs)
{
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  specs[RW_SINK_PROP_FLOOR] = g_param_spec_enum (
      "floor", "Floor",
      "Whether the sink sends always, or only while it has the room's floor",
      RW_TYPE_FLOOR_MODE, RW_FLOOR_MODE_OPEN,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  specs[RW_SINK_PROP_TALK] = g_param_spec_boolean (
      "talk", "Talk", "The talk key: with floor=request, requests the floor",
      FALSE, flags | GST_PARAM_CONTROLLABLE);
  specs[RW_SINK_PROP_PRIORITY] = g_param_spec_uint (
      "priority", "Priority",
      "Of the request for the floor; the highest is served first", 0,
      RW_SIGNAL_MAX_PRIORITY, 0, flags | GST_PARAM_CONTROLLABLE);
  specs[RW_SINK_PROP_ON_AIR] = g_param_spec_boolean (
      "on-air", "On air", "The floor is granted: what is said is sent", FALSE,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  specs[RW_SINK_PROP_MAX_LATE] = g_param_spec_uint64 (
      "max-late", "Maximum lateness",
      "Audio of an outage that is older than this in ns when the floor is "
      "granted again is dropped",
      0, G_MAXUINT64, G_MAXUINT64, flags);
}

void
rw_sink_declare_properties (GParamSpec **specs)
{
  install_journal_properties (specs);
  install_encoder_properties (specs);
  install_talk_properties (specs);
}

void
rw_sink_install_properties (GObjectClass *klass)
{
  GParamSpec *specs[RW_SINK_N_PROPS] = {NULL};

  rw_sink_declare_properties (specs);
  for (guint id = 1; id < RW_SINK_N_PROPS; id++)
    g_object_class_install_property (klass, id, specs[id]);
}

void
rw_sink_settings_init (RwSinkSettings *self)
{
  *self = (RwSinkSettings){
      .stream_name = g_strdup (g_get_host_name ()),
      .encoder = RW_ENCODER_SETTINGS_INIT,
  };
}

void
rw_sink_settings_clear (RwSinkSettings *self)
{
  g_free (self->stream_name);
}

void
rw_sink_settings_set_stream_name (RwSinkSettings *self, const char *name)
{
  g_free (self->stream_name);
  self->stream_name = g_strdup (name && *name ? name : g_get_host_name ());
}

gboolean
rw_sink_settings_set_encoder (RwSinkSettings *self, guint id,
                              const GValue *value)
{
  RwEncoderSettings *settings = &self->encoder;

  switch (id) {
  case RW_SINK_PROP_BITRATE:
    settings->bitrate = g_value_get_int (value);
    return TRUE;
  case RW_SINK_PROP_FRAME_SIZE:
    settings->frame_size = g_value_get_enum (value);
    return TRUE;
  case RW_SINK_PROP_DTX:
    settings->dtx = g_value_get_boolean (value);
    return TRUE;
  case RW_SINK_PROP_INBAND_FEC:
    settings->inband_fec = g_value_get_boolean (value);
    return TRUE;
  case RW_SINK_PROP_PACKET_LOSS_PERCENTAGE:
    settings->packet_loss_percentage = g_value_get_int (value);
    return TRUE;
  case RW_SINK_PROP_AUDIO_TYPE:
    settings->audio_type = g_value_get_enum (value);
    return TRUE;
  default:
    return FALSE;
  }
}

gboolean
rw_sink_settings_get_encoder (const RwSinkSettings *self, guint id,
                              GValue *value)
{
  const RwEncoderSettings *settings = &self->encoder;

  switch (id) {
  case RW_SINK_PROP_BITRATE:
    g_value_set_int (value, settings->bitrate);
    return TRUE;
  case RW_SINK_PROP_FRAME_SIZE:
    g_value_set_enum (value, settings->frame_size);
    return TRUE;
  case RW_SINK_PROP_DTX:
    g_value_set_boolean (value, settings->dtx);
    return TRUE;
  case RW_SINK_PROP_INBAND_FEC:
    g_value_set_boolean (value, settings->inband_fec);
    return TRUE;
  case RW_SINK_PROP_PACKET_LOSS_PERCENTAGE:
    g_value_set_int (value, settings->packet_loss_percentage);
    return TRUE;
  case RW_SINK_PROP_AUDIO_TYPE:
    g_value_set_enum (value, settings->audio_type);
    return TRUE;
  default:
    return FALSE;
  }
}

gboolean
rw_sink_settings_set_bound (RwJournalLimits *limits, guint id,
                            const GValue *value)
{
  switch (id) {
  case RW_SINK_PROP_MAX_SIZE_TIME:
    limits->max_time_ns = g_value_get_uint64 (value);
    return TRUE;
  case RW_SINK_PROP_MAX_SIZE_BYTES:
    limits->max_bytes = g_value_get_uint (value);
    return TRUE;
  case RW_SINK_PROP_MAX_SIZE_BUFFERS:
    limits->max_frames = g_value_get_uint (value);
    return TRUE;
  default:
    return FALSE;
  }
}

gboolean
rw_sink_settings_get_bound (const RwJournalLimits *limits, guint id,
                            GValue *value)
{
  switch (id) {
  case RW_SINK_PROP_MAX_SIZE_TIME:
    g_value_set_uint64 (value, limits->max_time_ns);
    return TRUE;
  case RW_SINK_PROP_MAX_SIZE_BYTES:
    g_value_set_uint (value, limits->max_bytes);
    return TRUE;
  case RW_SINK_PROP_MAX_SIZE_BUFFERS:
    g_value_set_uint (value, limits->max_frames);
    return TRUE;
  default:
    return FALSE;
  }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-source-settings.h"

/* The properties that only the source has, and their values. */

#define DEFAULT_LATENCY_MS    200
#define DEFAULT_CATCH_UP_RATE 1.25

GType
rw_start_position_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {RW_START_LIVE, "Frames recorded from now on", "live"},
      {RW_START_OLDEST, "The oldest frame in the sender's journal", "oldest"},
      {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static (
                                  "GstResilientWebrtcStartPosition", values));
  return type;
}

GType
rw_delivery_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {RW_DELIVERY_COMPLETE,
       "Every frame once, in order; waits for a missing frame", "complete"},
      {RW_DELIVERY_LIVE,
       "Never later than the latency; a frame that is missing then is skipped",
       "live"},
      {RW_DELIVERY_CATCH_UP,
       "Every frame once, in order; after an outage at catch-up-rate, with the "
       "pitch kept, until it is live again (raw audio only)",
       "catch-up"},
      {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstResilientWebrtcDelivery", values));
  return type;
}

GType
rw_timestamps_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {RW_TIMESTAMPS_ARRIVAL,
       "When a frame arrives on the path's best day, contiguous", "arrival"},
      {RW_TIMESTAMPS_CAPTURE,
       "When a frame was captured, the same at every receiver", "capture"},
      {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstResilientWebrtcTimestamps", values));
  return type;
}

/* Requested of an ordinary producer, which decides. */
static void
install_terms (GParamSpec **specs)
{
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  specs[RW_SOURCE_PROP_STEREO] = g_param_spec_boolean (
      "stereo", "Stereo",
      "Ask an ordinary producer (a browser) for stereo; else for mono", TRUE,
      flags);
  specs[RW_SOURCE_PROP_DTX] = g_param_spec_boolean (
      "dtx", "DTX", "Ask an ordinary producer to send no packets in silence",
      FALSE, flags);
  specs[RW_SOURCE_PROP_PTIME] = g_param_spec_uint (
      "ptime", "Packet time",
      "Duration of a packet in ms that an ordinary producer is asked for (0 = "
      "its own choice)",
      0, 120, 0, flags);
  specs[RW_SOURCE_PROP_MAX_AVERAGE_BITRATE] = g_param_spec_uint (
      "max-average-bitrate", "Maximum average bit rate",
      "Most bit/s that an ordinary producer is asked to send (0 = its own "
      "choice)",
      0, 510000, 0, flags);
}

void
rw_source_install_properties (GObjectClass *klass)
{
  GParamSpec *specs[RW_SOURCE_N_PROPS] = {NULL};
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  specs[RW_SOURCE_PROP_PRODUCER_NAME] =
      g_param_spec_string ("producer-name", "Producer name",
                           "Name or peer id of the producer to receive; if not "
                           "set, the first producer that appears",
                           NULL, flags);
  specs[RW_SOURCE_PROP_CONSUMER_ID] = g_param_spec_string (
      "consumer-id", "Consumer id",
      "Stable identity of this receiver: a source that is started again with "
      "the same id continues at its position; random by default",
      NULL, flags);
  specs[RW_SOURCE_PROP_START_POSITION] = g_param_spec_enum (
      "start-position", "Start position",
      "Where to begin when the producer does not know this consumer",
      RW_TYPE_START_POSITION, RW_START_LIVE, flags);
  specs[RW_SOURCE_PROP_DELIVERY] = g_param_spec_enum (
      "delivery", "Delivery", "How to handle a missing frame", RW_TYPE_DELIVERY,
      RW_DELIVERY_COMPLETE,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  specs[RW_SOURCE_PROP_CATCH_UP_RATE] = g_param_spec_double (
      "catch-up-rate", "Catch-up rate",
      "With delivery=catch-up: the tempo of audio that comes late; with 1 only "
      "pauses are shortened",
      1, 2, DEFAULT_CATCH_UP_RATE,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  specs[RW_SOURCE_PROP_LATENCY] = g_param_spec_uint (
      "latency", "Latency",
      "Latency in ms that is reported to the pipeline: the time for a repair "
      "before a synchronizing sink plays too late; also the size of the jitter "
      "buffer for ordinary producers",
      0, 60000, DEFAULT_LATENCY_MS,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  specs[RW_SOURCE_PROP_RESUME_AT_LIVE] = g_param_spec_boolean (
      "resume-at-live", "Resume at live",
      "After a pause of the pipeline go on with what arrives then, and leave "
      "out what arrived meanwhile; delivery=live always does",
      FALSE,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
  specs[RW_SOURCE_PROP_TIMESTAMPS] = g_param_spec_enum (
      "timestamps", "Timestamps", "Meaning of the buffers' times",
      RW_TYPE_TIMESTAMPS, RW_TIMESTAMPS_ARRIVAL,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  install_terms (specs);
  for (guint id = 1; id < RW_SOURCE_N_PROPS; id++)
    g_object_class_install_property (klass, id, specs[id]);
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

void
rw_source_settings_init (RwSourceSettings *self)
{
  *self = (RwSourceSettings){
      .consumer_id = make_consumer_id (),
      .start_position = RW_START_LIVE,
      .delivery = RW_DELIVERY_COMPLETE,
      .catch_up_rate = DEFAULT_CATCH_UP_RATE,
      .latency_ms = DEFAULT_LATENCY_MS,
      .timestamps = RW_TIMESTAMPS_ARRIVAL,
  };
}

void
rw_source_settings_clear (RwSourceSettings *self)
{
  g_free (self->producer_name);
  g_free (self->consumer_id);
}

static void
set_string (char **where, const GValue *value)
{
  g_free (*where);
  *where = g_value_dup_string (value);
}

static gboolean
set_term (RwOpusTerms *terms, guint id, const GValue *value)
{
  switch (id) {
  case RW_SOURCE_PROP_STEREO:
    terms->mono = !g_value_get_boolean (value);
    return TRUE;
  case RW_SOURCE_PROP_DTX:
    terms->dtx = g_value_get_boolean (value);
    return TRUE;
  case RW_SOURCE_PROP_PTIME:
    terms->ptime_ms = g_value_get_uint (value);
    return TRUE;
  case RW_SOURCE_PROP_MAX_AVERAGE_BITRATE:
    terms->max_bitrate = g_value_get_uint (value);
    return TRUE;
  default:
    return FALSE;
  }
}

static gboolean
get_term (const RwOpusTerms *terms, guint id, GValue *value)
{
  switch (id) {
  case RW_SOURCE_PROP_STEREO:
    g_value_set_boolean (value, !terms->mono);
    return TRUE;
  case RW_SOURCE_PROP_DTX:
    g_value_set_boolean (value, terms->dtx);
    return TRUE;
  case RW_SOURCE_PROP_PTIME:
    g_value_set_uint (value, (guint) terms->ptime_ms);
    return TRUE;
  case RW_SOURCE_PROP_MAX_AVERAGE_BITRATE:
    g_value_set_uint (value, terms->max_bitrate);
    return TRUE;
  default:
    return FALSE;
  }
}

gboolean
rw_source_settings_set (RwSourceSettings *self, guint id, const GValue *value)
{
  switch (id) {
  case RW_SOURCE_PROP_PRODUCER_NAME:
    set_string (&self->producer_name, value);
    return TRUE;
  case RW_SOURCE_PROP_CONSUMER_ID:
    set_string (&self->consumer_id, value);
    return TRUE;
  case RW_SOURCE_PROP_START_POSITION:
    self->start_position = g_value_get_enum (value);
    return TRUE;
  case RW_SOURCE_PROP_DELIVERY:
    self->delivery = g_value_get_enum (value);
    return TRUE;
  case RW_SOURCE_PROP_CATCH_UP_RATE:
    self->catch_up_rate = g_value_get_double (value);
    return TRUE;
  case RW_SOURCE_PROP_LATENCY:
    self->latency_ms = g_value_get_uint (value);
    return TRUE;
  case RW_SOURCE_PROP_RESUME_AT_LIVE:
    self->resumes_at_live = g_value_get_boolean (value);
    return TRUE;
  case RW_SOURCE_PROP_TIMESTAMPS:
    self->timestamps = g_value_get_enum (value);
    return TRUE;
  default:
    return set_term (&self->terms, id, value);
  }
}

gboolean
rw_source_settings_get (const RwSourceSettings *self, guint id, GValue *value)
{
  switch (id) {
  case RW_SOURCE_PROP_PRODUCER_NAME:
    g_value_set_string (value, self->producer_name);
    return TRUE;
  case RW_SOURCE_PROP_CONSUMER_ID:
    g_value_set_string (value, self->consumer_id);
    return TRUE;
  case RW_SOURCE_PROP_START_POSITION:
    g_value_set_enum (value, self->start_position);
    return TRUE;
  case RW_SOURCE_PROP_DELIVERY:
    g_value_set_enum (value, self->delivery);
    return TRUE;
  case RW_SOURCE_PROP_CATCH_UP_RATE:
    g_value_set_double (value, self->catch_up_rate);
    return TRUE;
  case RW_SOURCE_PROP_LATENCY:
    g_value_set_uint (value, self->latency_ms);
    return TRUE;
  case RW_SOURCE_PROP_RESUME_AT_LIVE:
    g_value_set_boolean (value, self->resumes_at_live);
    return TRUE;
  case RW_SOURCE_PROP_TIMESTAMPS:
    g_value_set_enum (value, self->timestamps);
    return TRUE;
  default:
    return get_term (&self->terms, id, value);
  }
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-bus-message.h"

GType
rw_gst_state_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {RW_STATE_IDLE, "Not started", "idle"},
      {RW_STATE_CONNECTING, "No audio has been acknowledged yet", "connecting"},
      {RW_STATE_CONNECTED, "Audio is being acknowledged", "connected"},
      {RW_STATE_SUSPECT, "The peer is silent; a new session is requested",
       "suspect"},
      {RW_STATE_RECONNECTING, "The session is down; the sink keeps the audio",
       "reconnecting"},
      {RW_STATE_FAILED, "Given up", "failed"},
      {RW_STATE_STOPPED, "Stopped cleanly", "stopped"},
      {0, NULL, NULL},
  };

  /* A test is linked with this file and loads the plugin as well. */
  if (g_once_init_enter (&type)) {
    GType existing = g_type_from_name ("GstResilientWebrtcState");

    g_once_init_leave (&type, existing != 0
                                  ? existing
                                  : g_enum_register_static (
                                        "GstResilientWebrtcState", values));
  }
  return type;
}

static const char *
state_nick (RwState state)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (RW_TYPE_GST_STATE);
  GEnumValue *value = g_enum_get_value (klass, state);

  return value ? value->value_nick : "unknown";
}

GstStructure *
rw_bus_message_new_state (const RwStateReport *report)
{
  /* clang-format off */
  return gst_structure_new (RW_BUS_MESSAGE_STATE,
      "state", G_TYPE_STRING, state_nick (report->state),
      "previous", G_TYPE_STRING, state_nick (report->previous),
      "reason", G_TYPE_STRING, report->reason,
      "peer-id", G_TYPE_STRING, report->peer_id,
      "session-id", G_TYPE_STRING, report->session_id,
      "generation", G_TYPE_UINT, report->generation,
      "attempt", G_TYPE_UINT, report->attempt,
      "retries", G_TYPE_INT, report->retries,
      "delay", G_TYPE_UINT64, report->delay_ns,
      "outage", G_TYPE_UINT64, report->outage_ns,
      "backlog", G_TYPE_UINT64, report->backlog_ns,
      NULL);
  /* clang-format on */
}

GstStructure *
rw_bus_message_new_gap (guint64 first, guint64 frames, GstClockTime start_ns,
                        GstClockTime duration_ns, const char *reason)
{
  /* clang-format off */
  return gst_structure_new (RW_BUS_MESSAGE_GAP,
      "first", G_TYPE_UINT64, first,
      "frames", G_TYPE_UINT64, frames,
      "start", G_TYPE_UINT64, start_ns,
      "duration", G_TYPE_UINT64, duration_ns,
      "reason", G_TYPE_STRING, reason,
      NULL);
  /* clang-format on */
}

GstStructure *
rw_bus_message_new_step (GstClockTime start_ns, guint64 hole_ns, gint64 step_ns)
{
  /* clang-format off */
  return gst_structure_new (RW_BUS_MESSAGE_STEP,
      "start", G_TYPE_UINT64, start_ns,
      "hole", G_TYPE_UINT64, hole_ns,
      "step", G_TYPE_INT64, step_ns,
      NULL);
  /* clang-format on */
}

GstStructure *
rw_bus_message_new_repaired (guint64 frames, guint64 outage_ns,
                             guint64 catch_up_ns)
{
  /* clang-format off */
  return gst_structure_new (RW_BUS_MESSAGE_REPAIRED,
      "frames", G_TYPE_UINT64, frames,
      "outage", G_TYPE_UINT64, outage_ns,
      "catch-up", G_TYPE_UINT64, catch_up_ns,
      NULL);
  /* clang-format on */
}

GstStructure *
rw_bus_message_new_overrun (const char *consumer_id, guint64 frames,
                            guint64 total, guint64 lost)
{
  /* clang-format off */
  return gst_structure_new (RW_BUS_MESSAGE_OVERRUN,
      "consumer-id", G_TYPE_STRING, consumer_id,
      "frames", G_TYPE_UINT64, frames,
      "total", G_TYPE_UINT64, total,
      "lost", G_TYPE_UINT64, lost,
      NULL);
  /* clang-format on */
}

GstStructure *
rw_bus_message_new_stream (const char *stream_id, const char *previous,
                           guint64 first)
{
  /* clang-format off */
  return gst_structure_new (RW_BUS_MESSAGE_STREAM,
      "stream-id", G_TYPE_STRING, stream_id,
      "previous", G_TYPE_STRING, previous,
      "first", G_TYPE_UINT64, first,
      NULL);
  /* clang-format on */
}

static guint64
ms_to_ns (double ms)
{
  return (guint64) (ms * GST_MSECOND + 0.5);
}

GstStructure *
rw_bus_message_new_quality (const char *peer_id, const RwQualityReport *report)
{
  const RwQualityMetrics *metrics = &report->metrics;

  /* clang-format off */
  return gst_structure_new (RW_BUS_MESSAGE_QUALITY,
      "peer-id", G_TYPE_STRING, peer_id,
      "quality", G_TYPE_STRING, rw_quality_to_string (report->quality),
      "previous", G_TYPE_STRING, rw_quality_to_string (report->previous),
      "latency", G_TYPE_UINT64, ms_to_ns (metrics->latency_ms),
      "packet-loss", G_TYPE_DOUBLE, metrics->packet_loss_percent,
      "jitter", G_TYPE_UINT64, ms_to_ns (metrics->jitter_ms),
      "rate", G_TYPE_UINT64, (guint64) (report->rate_kbps * 1000.0),
      "limited", G_TYPE_BOOLEAN,
          metrics->bandwidth_kbps < RW_QUALITY_UNLIMITED,
      NULL);
  /* clang-format on */
}

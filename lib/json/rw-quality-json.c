/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-quality-json.h"

#include "rw-json-text.h"
#include "rw-signal-error.h"

static gboolean
invalid (GError **error, const char *what)
{
  g_set_error (error, RW_SIGNAL_ERROR, RW_SIGNAL_ERROR_INVALID,
               "%s is needed, as a number from 0", what);
  return FALSE;
}

static gboolean
read_number (JsonObject *object, const char *member, double *value,
             GError **error)
{
  JsonNode *node = json_object_get_member (object, member);
  GType type = node != NULL ? json_node_get_value_type (node) : G_TYPE_INVALID;

  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
    return invalid (error, member);

  *value = json_node_get_double (node);
  return TRUE;
}

/**
 * rw_quality_metrics_parse:
 * @metrics: (out caller-allocates)
 *
 * Reads latency_ms, packet_loss_percent, jitter_ms and bandwidth_kbps. Errors
 * are RwSignalError, and may be sent to the sender.
 */
gboolean
rw_quality_metrics_parse (RwQualityMetrics *metrics, const char *text,
                          gsize len, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  JsonNode *root;
  JsonObject *object;

  if (!rw_json_text_check (text, len, RW_JSON_TEXT_MAX_DEPTH, error) ||
      !json_parser_load_from_data (parser, text, (gssize) len, error))
    return FALSE;

  root = json_parser_get_root (parser);
  if (!JSON_NODE_HOLDS_OBJECT (root))
    return invalid (error, "a JSON object with latency_ms");

  object = json_node_get_object (root);
  if (!read_number (object, "latency_ms", &metrics->latency_ms, error) ||
      !read_number (object, "packet_loss_percent",
                    &metrics->packet_loss_percent, error) ||
      !read_number (object, "jitter_ms", &metrics->jitter_ms, error) ||
      !read_number (object, "bandwidth_kbps", &metrics->bandwidth_kbps, error))
    return FALSE;
  if (!rw_quality_metrics_are_valid (metrics))
    return invalid (error, "each of the metrics");

  return TRUE;
}

static void
add_double (JsonBuilder *builder, const char *member, double value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_double_value (builder, value);
}

static void
add_int (JsonBuilder *builder, const char *member, gint64 value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_int_value (builder, value);
}

static void
add_bool (JsonBuilder *builder, const char *member, gboolean value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_boolean_value (builder, value);
}

static void
add_metrics (JsonBuilder *builder, const RwQualityMetrics *metrics)
{
  json_builder_set_member_name (builder, "metrics");
  json_builder_begin_object (builder);
  add_double (builder, "latency_ms", metrics->latency_ms);
  add_double (builder, "packet_loss_percent", metrics->packet_loss_percent);
  add_double (builder, "jitter_ms", metrics->jitter_ms);
  add_double (builder, "bandwidth_kbps", metrics->bandwidth_kbps);
  json_builder_end_object (builder);
}

static void
add_advice (JsonBuilder *builder, const RwQualityMetrics *metrics)
{
  RwQualityAdvice advice;

  rw_quality_advise (metrics, &advice);
  json_builder_set_member_name (builder, "recommendations");
  json_builder_begin_object (builder);
  add_int (builder, "bitrate", advice.bitrate);
  add_int (builder, "frame_size_ms", advice.frame_size_ms);
  add_bool (builder, "inband_fec", advice.inband_fec);
  add_int (builder, "packet_loss_percentage", advice.packet_loss_percentage);
  add_bool (builder, "dtx", advice.dtx);
  add_int (builder, "latency_ms", advice.latency_ms);
  json_builder_end_object (builder);
}

/**
 * rw_quality_report_to_json:
 * @now_us: wall clock
 *
 * Returns: quality, metrics, recommendations and timestamp
 */
char *
rw_quality_report_to_json (const RwQualityMetrics *metrics, gint64 now_us)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GDateTime) now =
      g_date_time_new_from_unix_utc (now_us / G_USEC_PER_SEC);
  g_autofree char *timestamp = g_date_time_format_iso8601 (now);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "quality");
  json_builder_add_string_value (
      builder, rw_quality_to_string (rw_quality_judge (metrics)));
  add_metrics (builder, metrics);
  add_advice (builder, metrics);
  json_builder_set_member_name (builder, "timestamp");
  json_builder_add_string_value (builder, timestamp);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);

  return json_to_string (root, FALSE);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-peer-stats.h"

#include <gst/webrtc/webrtc.h>

/* The few of webrtcbin's many figures that mean something for one audio
 * stream: those of the receiving side, its own or as reported by RTCP. */

static void
copy_rtp_stats (const GstStructure *from, GstStructure *to)
{
  gint64 lost;
  double jitter, round_trip;

  if (gst_structure_get_int64 (from, "packets-lost", &lost))
    gst_structure_set (to, "rtp-packets-lost", G_TYPE_INT64, lost, NULL);
  if (gst_structure_get_double (from, "jitter", &jitter))
    gst_structure_set (to, "rtp-jitter", G_TYPE_DOUBLE, jitter, NULL);
  if (gst_structure_get_double (from, "round-trip-time", &round_trip))
    gst_structure_set (to, "rtp-round-trip-time", G_TYPE_DOUBLE, round_trip,
                       NULL);
}

static gboolean
collect (GQuark field, const GValue *value, gpointer user_data)
{
  GstWebRTCStatsType type;

  if (GST_VALUE_HOLDS_STRUCTURE (value) &&
      gst_structure_get (gst_value_get_structure (value), "type",
                         GST_TYPE_WEBRTC_STATS_TYPE, &type, NULL) &&
      (type == GST_WEBRTC_STATS_INBOUND_RTP ||
       type == GST_WEBRTC_STATS_REMOTE_INBOUND_RTP))
    copy_rtp_stats (gst_value_get_structure (value), user_data);
  return TRUE;
}

GstStructure *
rw_peer_stats_read (const GstStructure *reply)
{
  GstStructure *stats = gst_structure_new_empty ("rtp");

  if (reply != NULL)
    gst_structure_foreach (reply, collect, stats);
  return stats;
}

static gboolean
copy_field (GQuark field, const GValue *value, gpointer user_data)
{
  gst_structure_id_set_value (user_data, field, value);
  return TRUE;
}

void
rw_peer_stats_merge (GstStructure *to, const GstStructure *from)
{
  if (from != NULL)
    gst_structure_foreach (from, copy_field, to);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-metrics.h"

/* Prometheus' text format, version 0.0.4. */

#define PREFIX "resilient_signalling_"

static void
add_head (GString *text, const char *name, const char *type, const char *help)
{
  g_string_append_printf (text,
                          "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n",
                          name, help, name, type);
}

static void
add_value (GString *text, const char *name, const char *labels, guint64 value)
{
  g_string_append_printf (text, PREFIX "%s%s %" G_GUINT64_FORMAT "\n", name,
                          labels, value);
}

static void
add_gauge (GString *text, const char *name, const char *help, guint64 value)
{
  add_head (text, name, "gauge", help);
  add_value (text, name, "", value);
}

static void
add_counter (GString *text, const char *name, const char *help, guint64 value)
{
  add_head (text, name, "counter", help);
  add_value (text, name, "", value);
}

static void
add_resumes (GString *text, const RwSeatsCounts *seats)
{
  const char *name = "resumes_total";

  add_head (text, name, "counter", "Claims of a seat, by what came of them");
  add_value (text, name, "{outcome=\"resumed\"}", seats->resumed);
  add_value (text, name, "{outcome=\"refused\"}", seats->refused);
  add_head (text, "seats_lost_total", "counter", "Seats that were given up");
  add_value (text, "seats_lost_total", "{reason=\"grace\"}", seats->expired);
  add_value (text, "seats_lost_total", "{reason=\"overflow\"}",
             seats->overflowed);
  add_head (text, "messages_held_off_total", "counter",
            "Messages refused as their client had said too much to a seat");
  add_value (text, "messages_held_off_total", "", seats->held_off);
}

static void
add_qualities (GString *text, const RwSeatsCounts *seats)
{
  const char *name = "seats_quality";

  add_head (text, name, "gauge",
            "Seats by the quality of the media connection that they report");
  for (RwQuality quality = RW_QUALITY_GOOD; quality <= RW_QUALITY_POOR;
       quality++) {
    g_autofree char *label =
        g_strdup_printf ("{quality=\"%s\"}", rw_quality_to_string (quality));

    add_value (text, name, label, seats->of_quality[quality]);
  }
}

/* Buckets of this format are cumulative; ours are not. */
static void
add_outages (GString *text, const RwSeatsCounts *seats)
{
  const char *name = "outage_seconds";
  guint64 sum = 0;
  char seconds[G_ASCII_DTOSTR_BUF_SIZE];

  add_head (text, name, "histogram",
            "How long clients were away before they resumed");
  for (guint i = 0; i <= RW_SEATS_N_BUCKETS; i++) {
    if (i < RW_SEATS_N_BUCKETS)
      g_ascii_formatd (seconds, sizeof seconds, "%g",
                       (double) rw_seats_bucket_us (i) / G_USEC_PER_SEC);
    else
      g_strlcpy (seconds, "+Inf", sizeof seconds);
    sum += seats->outage_buckets[i];
    g_string_append_printf (
        text, PREFIX "%s_bucket{le=\"%s\"} %" G_GUINT64_FORMAT "\n", name,
        seconds, sum);
  }
  g_ascii_formatd (seconds, sizeof seconds, "%.6f",
                   (double) seats->outage_sum_us / G_USEC_PER_SEC);
  g_string_append_printf (text,
                          PREFIX "%s_sum %s\n" PREFIX "%s_count %" //
                          G_GUINT64_FORMAT "\n",
                          name, seconds, name, sum);
}

static void
add_rooms (GString *text, const RwRoomsCounts *rooms)
{
  char seconds[G_ASCII_DTOSTR_BUF_SIZE];

  add_gauge (text, "rooms", "Rooms with somebody in them", rooms->rooms);
  add_counter (text, "room_messages_total", "Messages published in rooms",
               rooms->published);
  add_counter (text, "room_messages_caught_up_total",
               "Messages given to members that had been away",
               rooms->caught_up);
  add_counter (text, "room_messages_lost_total",
               "Messages that were gone when a member came back", rooms->lost);

  g_ascii_formatd (seconds, sizeof seconds, "%.6f",
                   (double) rooms->floor_wait_sum_us / G_USEC_PER_SEC);
  add_head (text, "floor_wait_seconds", "summary",
            "How long members waited for a floor");
  g_string_append_printf (text,
                          PREFIX "floor_wait_seconds_sum %s\n" PREFIX
                                 "floor_wait_seconds_count "
                                 "%" G_GUINT64_FORMAT "\n",
                          seconds, rooms->floors_granted);
}

static void
add_refusals (GString *text, const RwServerMetrics *self)
{
  const char *name = "connections_refused_total";

  add_head (text, name, "counter", "WebSockets that were refused");
  add_value (text, name, "{reason=\"full\"}", self->refused_full);
  add_value (text, name, "{reason=\"address\"}", self->refused_address);
  add_value (text, name, "{reason=\"origin\"}", self->refused_origin);
  add_value (text, name, "{reason=\"auth\"}", self->refused_auth);
}

/** rw_server_metrics_to_text: for GET /metrics. */
char *
rw_server_metrics_to_text (const RwServerMetrics *self)
{
  GString *text = g_string_sized_new (4096);

  add_gauge (text, "connections", "WebSockets open now", self->connections);
  add_gauge (text, "clients", "Clients, with those that are away",
             self->brain.clients);
  add_gauge (text, "producers", "Clients that produce", self->brain.producers);
  add_gauge (text, "sessions", "Sessions between two clients",
             self->brain.sessions);
  add_gauge (text, "seats", "Clients that opted in", self->seats.seats);
  add_gauge (text, "seats_waiting", "Seats whose client is away",
             self->seats.waiting);
  add_counter (text, "connections_total", "WebSockets accepted",
               self->accepted);
  add_refusals (text, self);
  add_counter (text, "messages_received_total", "Messages from clients",
               self->messages_in);
  add_counter (text, "messages_sent_total", "Messages to clients",
               self->messages_out);
  add_counter (text, "messages_bad_total",
               "Messages from clients that were no messages",
               self->messages_bad);
  add_counter (text, "messages_replayed_total",
               "Messages sent again after a resume", self->seats.replayed);
  add_counter (text, "messages_duplicate_total",
               "Messages that came again after a resume",
               self->seats.duplicates);
  add_counter (text, "messages_dropped_total",
               "Messages for seats that were given up", self->seats.dropped);
  add_qualities (text, &self->seats);
  add_resumes (text, &self->seats);
  add_counter (text, "evictions_total", "Connections closed by another's claim",
               self->seats.evicted);
  add_outages (text, &self->seats);
  add_rooms (text, &self->rooms);

  return g_string_free (text, FALSE);
}

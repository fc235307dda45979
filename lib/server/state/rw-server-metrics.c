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
add_resumes (GString *text, const RwClientsCounts *clients)
{
  const char *name = "resumes_total";

  add_head (text, name, "counter", "Requests to resume, by their outcome");
  add_value (text, name, "{outcome=\"resumed\"}", clients->resumed);
  add_value (text, name, "{outcome=\"refused\"}", clients->refused);
  add_head (text, "seats_lost_total", "counter",
            "Resumable clients that were removed");
  add_value (text, "seats_lost_total", "{reason=\"grace\"}", clients->expired);
  add_value (text, "seats_lost_total", "{reason=\"overflow\"}",
             clients->overflowed);
  add_head (text, "messages_held_off_total", "counter",
            "Messages refused, as their sender had filled its share of the "
            "recipient's queue");
  add_value (text, "messages_held_off_total", "", clients->throttled);
}

static void
add_qualities (GString *text, const RwClientsCounts *clients)
{
  const char *name = "seats_quality";

  add_head (text, name, "gauge",
            "Connected resumable clients by the quality that they report");
  for (RwQuality quality = RW_QUALITY_GOOD; quality <= RW_QUALITY_POOR;
       quality++) {
    g_autofree char *label =
        g_strdup_printf ("{quality=\"%s\"}", rw_quality_to_string (quality));

    add_value (text, name, label, clients->of_quality[quality]);
  }
}

/* Buckets of this format are cumulative; ours are not. @bounds_us has @n. */
static void
add_buckets (GString *text, const char *name, const char *label, guint n,
             const gint64 *bounds_us, const guint64 *buckets)
{
  char seconds[G_ASCII_DTOSTR_BUF_SIZE];
  guint64 sum = 0;

  for (guint i = 0; i <= n; i++) {
    if (i < n)
      g_ascii_formatd (seconds, sizeof seconds, "%g",
                       (double) bounds_us[i] / G_USEC_PER_SEC);
    else
      g_strlcpy (seconds, "+Inf", sizeof seconds);
    sum += buckets[i];
    g_string_append_printf (
        text, PREFIX "%s_bucket{%sle=\"%s\"} %" G_GUINT64_FORMAT "\n", name,
        label, seconds, sum);
  }
}

/* @labels is in its braces, or empty. */
static void
add_sum (GString *text, const char *name, const char *labels, gint64 sum_us,
         guint64 count)
{
  char seconds[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (seconds, sizeof seconds, "%.6f",
                   (double) sum_us / G_USEC_PER_SEC);
  g_string_append_printf (text,
                          PREFIX "%s_sum%s %s\n" PREFIX "%s_count%s %" //
                          G_GUINT64_FORMAT "\n",
                          name, labels, seconds, name, labels, count);
}

static guint64
add_up (const guint64 *buckets, guint n)
{
  guint64 sum = 0;

  for (guint i = 0; i <= n; i++)
    sum += buckets[i];
  return sum;
}

static void
add_outages (GString *text, const RwClientsCounts *clients)
{
  const char *name = "outage_seconds";
  gint64 bounds_us[RW_CLIENTS_N_BUCKETS];

  for (guint i = 0; i < RW_CLIENTS_N_BUCKETS; i++)
    bounds_us[i] = rw_clients_bucket_us (i);
  add_head (text, name, "histogram",
            "How long clients were away before they resumed");
  add_buckets (text, name, "", RW_CLIENTS_N_BUCKETS, bounds_us,
               clients->outage_buckets);
  add_sum (text, name, "", clients->outage_sum_us,
           add_up (clients->outage_buckets, RW_CLIENTS_N_BUCKETS));
}

static void
add_store (GString *text, const RwServerStore *store)
{
  const char *name = "store_latency_seconds";
  g_autofree char *label = NULL;
  g_autofree char *labels = NULL;

  if (!store->given)
    return;

  label = g_strdup_printf ("node=\"%s\",", store->server);
  labels = g_strdup_printf ("{node=\"%s\"}", store->server);
  add_gauge (text, "store_up", "Whether Redis is there and takes this server",
             store->up);
  add_gauge (text, "store_nodes",
             "Servers that share the Redis, this one included", store->servers);
  add_gauge (text, "store_pending_bytes",
             "Bytes that wait for Redis or for other servers",
             store->pending_bytes);
  add_counter (text, "store_commands_total", "Commands sent to Redis",
               store->commands);
  add_counter (text, "store_messages_sent_total",
               "Messages of sessions sent to other servers",
               store->messages_sent);
  add_counter (text, "store_messages_received_total",
               "Messages of sessions received from other servers",
               store->messages_received);
  add_counter (text, "store_degraded_seconds_total",
               "How long Redis was not reachable",
               (guint64) (store->degraded_us / G_USEC_PER_SEC));
  add_head (text, name, "histogram", "From sending a command to its answer");
  add_buckets (text, name, label, store->n_buckets, store->bucket_us,
               store->latency_buckets);
  add_sum (text, name, labels, store->latency_sum_us,
           add_up (store->latency_buckets, store->n_buckets));
}

static void
add_rooms (GString *text, const RwRoomsCounts *rooms)
{
  char seconds[G_ASCII_DTOSTR_BUF_SIZE];

  add_gauge (text, "rooms", "Rooms with members at this server", rooms->rooms);
  add_counter (text, "room_messages_total", "Messages published in rooms",
               rooms->published);
  add_counter (text, "room_messages_caught_up_total",
               "Messages sent to members that had been disconnected",
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

  add_head (text, name, "counter",
            "WebSockets that were refused, and for auth other requests");
  add_value (text, name, "{reason=\"full\"}", self->refused_full);
  add_value (text, name, "{reason=\"address\"}", self->refused_address);
  add_value (text, name, "{reason=\"origin\"}", self->refused_origin);
  add_value (text, name, "{reason=\"auth\"}", self->refused_auth);
}

static void
add_cuts (GString *text, const RwServerMetrics *self)
{
  const char *name = "connections_cut_total";

  add_head (text, name, "counter",
            "WebSockets whose client did not read, or was not there");
  add_value (text, name, "{reason=\"queue\"}", self->ends[RW_SERVER_END_QUEUE]);
  add_value (text, name, "{reason=\"queues\"}",
             self->ends[RW_SERVER_END_QUEUES]);
  add_value (text, name, "{reason=\"silent\"}",
             self->ends[RW_SERVER_END_SILENT]);
  add_gauge (text, "queued_bytes", "What waits to be sent to all clients",
             self->queued_bytes);
}

static void
add_losses (GString *text, const RwServerMetrics *self)
{
  add_counter (text, "seats_not_waited_for_total",
               "Resumable clients removed when their connection was lost, as "
               "max-clients-per-address was reached",
               self->not_waited_for);
}

/** rw_server_metrics_to_text: for GET /metrics. */
char *
rw_server_metrics_to_text (const RwServerMetrics *self)
{
  GString *text = g_string_sized_new (4096);

  add_gauge (text, "connections", "WebSockets open now", self->connections);
  add_gauge (text, "clients", "Clients, with those that are disconnected",
             self->hub.clients);
  add_gauge (text, "producers", "Clients that produce", self->hub.producers);
  add_gauge (text, "sessions", "Sessions between two clients",
             self->hub.sessions);
  add_gauge (text, "seats", "Resumable clients", self->clients.resumable);
  add_gauge (text, "seats_waiting", "Resumable clients that are disconnected",
             self->clients.waiting);
  add_counter (text, "connections_total", "WebSockets accepted",
               self->accepted);
  add_refusals (text, self);
  add_cuts (text, self);
  add_losses (text, self);
  add_counter (text, "messages_received_total", "Messages from clients",
               self->messages_in);
  add_counter (text, "messages_sent_total", "Messages to clients",
               self->messages_out);
  add_counter (text, "messages_bad_total",
               "Messages from clients that were no messages",
               self->messages_bad);
  add_counter (text, "messages_replayed_total",
               "Messages sent again after a resume", self->clients.replayed);
  add_counter (text, "messages_duplicate_total",
               "Messages that came again after a resume",
               self->clients.duplicates);
  add_counter (text, "messages_dropped_total",
               "Messages for resumable clients that were removed",
               self->clients.dropped);
  add_qualities (text, &self->clients);
  add_resumes (text, &self->clients);
  add_counter (text, "evictions_total",
               "Connections closed as their client resumed on another",
               self->clients.evicted);
  add_outages (text, &self->clients);
  add_rooms (text, &self->rooms);
  add_store (text, &self->store);

  return g_string_free (text, FALSE);
}

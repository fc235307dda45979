/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-samples.h"

/* The names of docs/server.md, in the order of a sample. */
static const char *const fields[] = {
    "time",     "connections", "clients",       "waiting", "producers",
    "sessions", "rooms",       "good",          "fair",    "poor",
    "resumed",  "lost",        "messages_lost", "refused",
};

#define N_FIELDS G_N_ELEMENTS (fields)

typedef struct {
  guint64 values[N_FIELDS];
} Sample;

struct _RwServerSamples {
  Sample samples[RW_SERVER_SAMPLES_LENGTH];
  guint n_samples;
  guint next; /* where the next one goes */
  gint64 last_s;
};

RwServerSamples *
rw_server_samples_new (void)
{
  return g_new0 (RwServerSamples, 1);
}

/** rw_server_samples_free: NULL is fine. */
void
rw_server_samples_free (RwServerSamples *self)
{
  g_free (self);
}

static Sample
take_sample (const RwServerMetrics *metrics, gint64 now_s)
{
  const guint *quality = metrics->clients.of_quality;

  return (Sample){{
      (guint64) MAX (now_s, 0),
      metrics->connections,
      metrics->hub.clients,
      metrics->clients.waiting,
      metrics->hub.producers,
      metrics->hub.sessions,
      metrics->rooms.rooms,
      quality[RW_QUALITY_GOOD],
      quality[RW_QUALITY_FAIR],
      quality[RW_QUALITY_POOR],
      metrics->clients.resumed,
      metrics->clients.expired + metrics->clients.overflowed,
      metrics->rooms.lost,
      metrics->refused_full + metrics->refused_address +
          metrics->refused_origin + metrics->refused_auth,
  }};
}

/**
 * rw_server_samples_is_due:
 *
 * Whether a sample is to be added. A clock that was set back begins a new
 * interval.
 */
gboolean
rw_server_samples_is_due (const RwServerSamples *self, gint64 now_s)
{
  return self->n_samples == 0 || now_s < self->last_s ||
         now_s - self->last_s >= RW_SERVER_SAMPLES_INTERVAL_S;
}

void
rw_server_samples_add (RwServerSamples *self, const RwServerMetrics *metrics,
                       gint64 now_s)
{
  self->samples[self->next] = take_sample (metrics, now_s);
  self->next = (self->next + 1) % RW_SERVER_SAMPLES_LENGTH;
  self->n_samples = MIN (self->n_samples + 1, RW_SERVER_SAMPLES_LENGTH);
  self->last_s = now_s;
}

static void
append_sample (GString *text, const Sample *sample)
{
  for (guint i = 0; i < N_FIELDS; i++)
    g_string_append_printf (text, "%c%" G_GUINT64_FORMAT, i == 0 ? '[' : ',',
                            sample->values[i]);
  g_string_append_c (text, ']');
}

/**
 * rw_server_samples_to_json:
 * @metrics: of now: the last sample
 *
 * {"interval_s":10,"fields":["time",...],"samples":[[...],...]}, oldest first.
 */
char *
rw_server_samples_to_json (const RwServerSamples *self,
                           const RwServerMetrics *metrics, gint64 now_s)
{
  GString *text = g_string_new (NULL);
  Sample now = take_sample (metrics, now_s);
  guint first = self->next + RW_SERVER_SAMPLES_LENGTH - self->n_samples;

  g_string_append_printf (text, "{\"interval_s\":%d,\"fields\":[",
                          RW_SERVER_SAMPLES_INTERVAL_S);
  for (guint i = 0; i < N_FIELDS; i++)
    g_string_append_printf (text, "%s\"%s\"", i == 0 ? "" : ",", fields[i]);
  g_string_append (text, "],\"samples\":[");
  for (guint i = 0; i < self->n_samples; i++) {
    append_sample (text,
                   &self->samples[(first + i) % RW_SERVER_SAMPLES_LENGTH]);
    g_string_append_c (text, ',');
  }
  append_sample (text, &now);
  g_string_append (text, "]}");

  return g_string_free (text, FALSE);
}

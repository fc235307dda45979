/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-quality-watch.h"

#include "rw-timer.h"

/* See the header. */

typedef struct {
  RwQualityMeter meter;
  gboolean taken; /* in this round */
} Measured;

struct _RwQualityWatch {
  RwEndpoint *endpoint; /* owns this object's owner */
  RwSignaller *signaller;
  RwQualityCollectFunc collect;
  gpointer data;
  RwTimer *timer;
  GHashTable *peers;  /* id -> Measured */
  RwQuality reported; /* to the server */
  gint64 reported_us;
};

static void
forget_others (RwQualityWatch *self)
{
  GHashTableIter iter;
  Measured *measured;

  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &measured))
    if (!measured->taken)
      g_hash_table_iter_remove (&iter);
    else
      measured->taken = FALSE;
}

static const RwQualityReport *
find_worst (RwQualityWatch *self)
{
  const RwQualityReport *worst = NULL;
  GHashTableIter iter;
  Measured *measured;

  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &measured))
    if (worst == NULL || measured->meter.report.quality > worst->quality)
      worst = &measured->meter.report;
  return worst;
}

static void
report_worst (RwQualityWatch *self)
{
  const RwQualityReport *worst = find_worst (self);
  gint64 now_us = rw_endpoint_now_us (self->endpoint);

  if (worst == NULL || worst->quality == RW_QUALITY_UNKNOWN ||
      (worst->quality == self->reported &&
       now_us - self->reported_us < RW_QUALITY_REPORT_US))
    return;
  self->reported = worst->quality;
  self->reported_us = now_us;
  rw_signaller_report_quality (self->signaller, &worst->metrics);
}

static void
on_timer (gpointer data)
{
  RwQualityWatch *self = data;

  rw_timer_set_in (self->timer, RW_QUALITY_SAMPLE_US);
  rw_signalling_connection_note_counts (
      rw_endpoint_get_signalling (self->endpoint));
  self->collect (self, self->data);
  forget_others (self);
  report_worst (self);
}

RwQualityWatch *
rw_quality_watch_new (RwEndpoint *endpoint, RwSignaller *signaller,
                      RwQualityCollectFunc collect, gpointer data)
{
  RwQualityWatch *self = g_new0 (RwQualityWatch, 1);

  self->endpoint = endpoint;
  self->signaller = signaller;
  self->collect = collect;
  self->data = data;
  self->peers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->timer =
      rw_timer_new (rw_endpoint_get_clock (endpoint),
                    rw_loop_get_context (rw_endpoint_get_loop (endpoint)),
                    "rw-quality", on_timer, self);
  rw_timer_set_in (self->timer, RW_QUALITY_SAMPLE_US);
  return self;
}

void
rw_quality_watch_free (RwQualityWatch *self)
{
  rw_timer_free (self->timer);
  g_hash_table_unref (self->peers);
  g_free (self);
}

void
rw_quality_watch_take (RwQualityWatch *self, const char *peer_id,
                       const RwQualitySample *sample)
{
  Measured *measured = g_hash_table_lookup (self->peers, peer_id);

  if (measured == NULL) {
    measured = g_new0 (Measured, 1);
    rw_quality_meter_init (&measured->meter);
    g_hash_table_insert (self->peers, g_strdup (peer_id), measured);
  }
  measured->taken = TRUE;
  if (rw_quality_meter_add (&measured->meter, sample,
                            rw_endpoint_now_us (self->endpoint)))
    rw_endpoint_post (self->endpoint, rw_bus_message_new_quality (
                                          peer_id, &measured->meter.report));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-playouts.h"

/* See the header. */

static void
free_playouts (RwPlayouts *self)
{
  g_clear_pointer (&self->playout, rw_playout_free);
  g_clear_pointer (&self->live, rw_playout_free);
}

static RwDelivery
get_delivery (const RwPlayouts *self, gboolean is_dual)
{
  return is_dual ? RW_DELIVERY_COMPLETE : self->delivery;
}

static void
renew (RwPlayouts *self)
{
  free_playouts (self);
  self->window = rw_window_new (0, 0);
  self->playout = rw_playout_new (
      self->window, get_delivery (self, self->is_dual), self->latency_ns);
  rw_playout_set_pipeline_latency (self->playout, self->pipeline_ns);
  if (!self->is_dual)
    return;
  self->mirror = rw_window_new (0, 0);
  self->live =
      rw_playout_new (self->mirror, RW_DELIVERY_LIVE, self->latency_ns);
  rw_playout_set_pipeline_latency (self->live, self->pipeline_ns);
  rw_window_set_mirror (self->window, self->mirror);
}

void
rw_playouts_init (RwPlayouts *self, GstElement *element)
{
  *self = (RwPlayouts){0};
  rw_playout_clock_init (&self->clock, element);
  rw_playout_clock_init (&self->live_clock, element);
  renew (self);
}

void
rw_playouts_clear (RwPlayouts *self)
{
  rw_playout_clock_clear (&self->clock);
  rw_playout_clock_clear (&self->live_clock);
  free_playouts (self);
}

void
rw_playouts_start (RwPlayouts *self)
{
  renew (self);
  rw_playout_clock_start (&self->clock);
  rw_playout_clock_start (&self->live_clock);
}

void
rw_playouts_set_delivery (RwPlayouts *self, RwDelivery delivery,
                          guint64 latency_ns)
{
  self->delivery = delivery;
  self->latency_ns = latency_ns;
  rw_playout_set_delivery (self->playout,
                           get_delivery (self, self->live != NULL), latency_ns);
  if (self->live)
    rw_playout_set_delivery (self->live, RW_DELIVERY_LIVE, latency_ns);
}

void
rw_playouts_set_pipeline_latency (RwPlayouts *self, GstClockTime latency)
{
  self->pipeline_ns = latency;
  rw_playout_set_pipeline_latency (self->playout, latency);
  if (self->live)
    rw_playout_set_pipeline_latency (self->live, latency);
}

void
rw_playouts_set_by_capture (RwPlayouts *self, gboolean by_capture)
{
  rw_playout_clock_set_by_capture (&self->clock, self->playout, by_capture);
  self->live_clock.by_capture = by_capture;
  if (self->live)
    rw_playout_clock_set_by_capture (&self->live_clock, self->live, by_capture);
}

GstClockTime
rw_playouts_update (RwPlayouts *self, gint64 now_us)
{
  GstClockTime now_ns = rw_playout_clock_get_ns (&self->clock, now_us);

  rw_playout_clock_update_origin (&self->clock, self->playout);
  if (self->live)
    rw_playout_clock_update_origin (&self->live_clock, self->live);
  return now_ns;
}

RwPlayout *
rw_playouts_get (RwPlayouts *self, gboolean is_always)
{
  return is_always && self->live ? self->live : self->playout;
}

gint64
rw_playouts_get_deadline_us (RwPlayouts *self, gboolean is_always,
                             gint64 now_us)
{
  GstClockTime now_ns = rw_playout_clock_get_ns (&self->clock, now_us);
  guint64 deadline_ns =
      rw_playout_get_deadline (rw_playouts_get (self, is_always), now_ns);

  if (deadline_ns == RW_TIME_NONE)
    return G_MAXINT64;
  return now_us + MAX ((gint64) (deadline_ns - now_ns), 0) / 1000 + 1;
}

gboolean
rw_playouts_note_handed (RwPlayouts *self, gboolean is_always,
                         const RwWindowItem *item)
{
  gboolean is_mirrored = is_always && self->live;

  rw_window_handed (is_mirrored ? self->mirror : self->window, item);
  return !is_mirrored;
}

void
rw_playouts_observe (RwPlayouts *self, guint32 serial, const RwFrame *frame,
                     gint64 arrival_us, const RwRtt *rtt)
{
  GstClockTime arrival_ns = rw_playout_clock_get_ns (&self->clock, arrival_us);

  rw_playout_clock_update_sleep (&self->clock, self->playout);
  rw_playout_observe (self->playout, serial, frame, arrival_ns, rtt);
  if (self->live == NULL)
    return;
  rw_playout_clock_update_sleep (&self->live_clock, self->live);
  rw_playout_observe (self->live, rw_window_get_serial (self->mirror), frame,
                      arrival_ns, rtt);
}

void
rw_playouts_jump (RwPlayouts *self, gboolean is_resumed)
{
  rw_playout_jump (
      rw_playouts_get (self, TRUE), is_resumed,
      rw_playout_clock_get_ns (&self->clock, g_get_monotonic_time ()));
}

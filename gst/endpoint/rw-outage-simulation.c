/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-outage-simulation.h"

#include "rw-post.h"
#include "rw-timer.h"

/* See the header. Peers are weak references, because their sessions end at any
 * time. */

struct _RwOutageSimulation {
  GObject *owner;
  RwClock *clock;
  RwSignallingConnection *signalling;
  GPtrArray *peers; /* GWeakRef */
  RwTimer *timer;   /* NULL while it is closed; runs while media is cut */
};

static void
weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

static void
set_blackout (RwOutageSimulation *self, gboolean blackout)
{
  for (guint i = 0; i < self->peers->len; i++) {
    g_autoptr (RwWebrtcPeer) peer =
        g_weak_ref_get (g_ptr_array_index (self->peers, i));

    if (peer)
      rw_webrtc_peer_set_blackout (peer, blackout);
  }
}

static void
on_simulation_over (gpointer data)
{
  set_blackout (data, FALSE);
}

RwOutageSimulation *
rw_outage_simulation_new (GObject *owner, RwClock *clock,
                          RwSignallingConnection *signalling)
{
  RwOutageSimulation *self = g_new0 (RwOutageSimulation, 1);

  self->owner = owner;
  self->clock = clock;
  self->signalling = signalling;
  self->peers = g_ptr_array_new_with_free_func (weak_ref_free);
  return self;
}

void
rw_outage_simulation_free (RwOutageSimulation *self)
{
  g_assert (self->timer == NULL);
  g_ptr_array_unref (self->peers);
  g_free (self);
}

void
rw_outage_simulation_open (RwOutageSimulation *self, GMainContext *context)
{
  self->timer = rw_timer_new (self->clock, context, "simulation",
                              on_simulation_over, self);
}

void
rw_outage_simulation_close (RwOutageSimulation *self)
{
  g_clear_pointer (&self->timer, rw_timer_free);
  g_ptr_array_set_size (self->peers, 0);
}

void
rw_outage_simulation_add_peer (RwOutageSimulation *self, RwWebrtcPeer *peer)
{
  GWeakRef *ref = g_new0 (GWeakRef, 1);

  /* Removes the references to finalized peers. */
  for (guint i = self->peers->len; i > 0; i--) {
    g_autoptr (RwWebrtcPeer) old =
        g_weak_ref_get (g_ptr_array_index (self->peers, i - 1));

    if (old == NULL)
      g_ptr_array_remove_index_fast (self->peers, i - 1);
  }
  g_weak_ref_init (ref, peer);
  g_ptr_array_add (self->peers, ref);
  if (rw_timer_is_set (self->timer))
    rw_webrtc_peer_set_blackout (peer, TRUE);
}

typedef struct {
  RwOutageKind kind;
  guint duration_ms;
} Outage;

static void
begin_on_loop (gpointer data, gpointer outage_data)
{
  RwOutageSimulation *self = data;
  const Outage *outage = outage_data;
  gint64 duration_us = outage->duration_ms * (gint64) 1000;

  if (self->timer == NULL)
    return;
  GST_INFO_OBJECT (self->owner, "simulating an outage of %u ms",
                   outage->duration_ms);
  if (outage->kind != RW_OUTAGE_MEDIA)
    rw_signalling_connection_simulate_outage (self->signalling, duration_us);
  if (outage->kind == RW_OUTAGE_SIGNALLING)
    return;
  rw_timer_set_in (self->timer, duration_us);
  set_blackout (self, TRUE);
}

void
rw_outage_simulation_request (RwOutageSimulation *self, RwLoop *loop,
                              RwOutageKind kind, guint duration_ms)
{
  Outage outage = {kind, duration_ms};

  rw_post (loop, self->owner, begin_on_loop, self,
           g_memdup2 (&outage, sizeof outage), g_free);
}

GType
rw_outage_kind_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {RW_OUTAGE_MEDIA, "Media and data channel", "media"},
      {RW_OUTAGE_SIGNALLING, "Connection to the signalling server",
       "signalling"},
      {RW_OUTAGE_BOTH, "Both", "both"},
      {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstResilientWebrtcOutage", values));
  return type;
}

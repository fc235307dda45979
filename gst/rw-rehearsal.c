/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-rehearsal.h"

#include "rw-timer.h"

/* See the header. Peers are held weakly: they end in their own time. */

struct _RwRehearsal {
  GPtrArray *peers; /* GWeakRef */
  RwTimer *timer;   /* runs while media is cut */
};

static void
weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

static void
set_blackout (RwRehearsal *self, gboolean blackout)
{
  for (guint i = 0; i < self->peers->len; i++) {
    g_autoptr (RwWebrtcPeer) peer =
        g_weak_ref_get (g_ptr_array_index (self->peers, i));

    if (peer)
      rw_webrtc_peer_set_blackout (peer, blackout);
  }
}

static void
on_rehearsal_over (gpointer data)
{
  set_blackout (data, FALSE);
}

RwRehearsal *
rw_rehearsal_new (RwClock *clock, GMainContext *context)
{
  RwRehearsal *self = g_new0 (RwRehearsal, 1);

  self->peers = g_ptr_array_new_with_free_func (weak_ref_free);
  self->timer =
      rw_timer_new (clock, context, "rehearsal", on_rehearsal_over, self);
  return self;
}

void
rw_rehearsal_free (RwRehearsal *self)
{
  rw_timer_free (self->timer);
  g_ptr_array_unref (self->peers);
  g_free (self);
}

void
rw_rehearsal_add_peer (RwRehearsal *self, RwWebrtcPeer *peer)
{
  GWeakRef *ref = g_new0 (GWeakRef, 1);

  /* Those that are gone make place. */
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

void
rw_rehearsal_cut_media (RwRehearsal *self, gint64 duration_us)
{
  rw_timer_set_in (self->timer, duration_us);
  set_blackout (self, TRUE);
}

GType
rw_outage_kind_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
      {RW_OUTAGE_MEDIA, "Media and data channel", "media"},
      {RW_OUTAGE_SIGNALLING, "The line to the signalling server", "signalling"},
      {RW_OUTAGE_BOTH, "Both", "both"},
      {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstResilientWebrtcOutage", values));
  return type;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-session.h"

#include "rw-timer.h"

/* See the header. */

GST_DEBUG_CATEGORY_STATIC (rw_session_debug);
#define GST_CAT_DEFAULT rw_session_get_debug_category ()

#define LONGEST_SLEEP_US (10 * G_USEC_PER_SEC)

struct _RwSession {
  RwEndpoint *endpoint;
  RwSignaller *signaller;
  char *id;
  guint64 generation;
  RwWebrtcPeer *peer;
  RwTimer *timer; /* NULL once closing */
  gboolean awaits_offer;
  const RwSessionFuncs *funcs;
  gpointer owner;
  GDestroyNotify free_owner;
  RwSessionGone gone;
  gpointer gone_data;
};

GstDebugCategory *
rw_session_get_debug_category (void)
{
  static gsize done = 0;

  if (g_once_init_enter (&done)) {
    GST_DEBUG_CATEGORY_INIT (rw_session_debug, "resilientwebrtcsession", 0,
                             "sessions of the resilient WebRTC elements");
    g_once_init_leave (&done, 1);
  }
  return rw_session_debug;
}

static void
on_timer (gpointer data)
{
  RwSession *self = data;

  if (self->funcs->timeout)
    self->funcs->timeout (self->owner);
}

static void
on_peer_local_description (RwPeer *peer, RwSdpType type, const char *sdp,
                           gpointer data)
{
  RwSession *self = data;

  rw_signaller_send_description (self->signaller, self->id, type, sdp);
  if (rw_session_is_open (self) && self->funcs->offered)
    self->funcs->offered (self->owner);
}

static void
on_peer_local_candidate (RwPeer *peer, guint mline, const char *candidate,
                         gpointer data)
{
  RwSession *self = data;

  rw_signaller_send_candidate (self->signaller, self->id, mline, candidate);
}

static void
on_peer_transport_connected (RwPeer *peer, gpointer data)
{
  RwSession *self = data;

  if (rw_session_is_open (self) && self->funcs->connected)
    self->funcs->connected (self->owner);
}

static void
on_peer_channel_open (RwPeer *peer, gpointer data)
{
  RwSession *self = data;

  if (rw_session_is_open (self) && self->funcs->channel_open)
    self->funcs->channel_open (self->owner);
}

static void
on_peer_channel_message (RwPeer *peer, GBytes *message, gpointer data)
{
  RwSession *self = data;

  g_autoptr (GError) error = NULL;

  if (rw_session_is_open (self) && self->funcs->channel_message &&
      !self->funcs->channel_message (self->owner, message, &error))
    GST_WARNING_OBJECT (rw_endpoint_get_element (self->endpoint),
                        "session %s: dropped a message: %s", self->id,
                        error->message);
}

static void
on_peer_channel_closed (RwPeer *peer, gpointer data)
{
  RwSession *self = data;

  if (rw_session_is_open (self) && self->funcs->channel_closed)
    self->funcs->channel_closed (self->owner);
}

static void
on_peer_failed (RwPeer *peer, GError *error, gpointer data)
{
  RwSession *self = data;

  if (rw_session_is_open (self) && self->funcs->failed)
    self->funcs->failed (self->owner, error);
}

static void
on_peer_closed (RwPeer *peer, gpointer data)
{
  RwSession *self = data;

  if (self->gone)
    self->gone (self, self->gone_data);
}

static void
connect_peer (RwSession *self)
{
  static const struct {
    const char *signal;
    GCallback handler;
  } handlers[] = {
      {"local-description", G_CALLBACK (on_peer_local_description)},
      {"local-candidate", G_CALLBACK (on_peer_local_candidate)},
      {"transport-connected", G_CALLBACK (on_peer_transport_connected)},
      {"channel-open", G_CALLBACK (on_peer_channel_open)},
      {"channel-message", G_CALLBACK (on_peer_channel_message)},
      {"channel-closed", G_CALLBACK (on_peer_channel_closed)},
      {"failed", G_CALLBACK (on_peer_failed)},
      {"closed", G_CALLBACK (on_peer_closed)},
  };

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect (self->peer, handlers[i].signal, handlers[i].handler,
                      self);
}

RwSession *
rw_session_new (RwEndpoint *endpoint, RwSignaller *signaller, const char *id,
                RwWebrtcPeerConfig *config, const RwSessionFuncs *funcs,
                gpointer owner, GDestroyNotify free_owner)
{
  RwSession *self = g_new0 (RwSession, 1);

  self->endpoint = g_object_ref (endpoint);
  self->signaller = g_object_ref (signaller);
  self->id = g_strdup (id);
  self->generation = config->generation;
  self->funcs = funcs;
  self->owner = owner;
  self->free_owner = free_owner;
  self->peer = rw_endpoint_create_peer (endpoint, config);
  self->timer =
      rw_timer_new (rw_endpoint_get_clock (endpoint),
                    rw_loop_get_context (rw_endpoint_get_loop (endpoint)),
                    "session", on_timer, self);
  connect_peer (self);
  return self;
}

void
rw_session_free (RwSession *self)
{
  g_signal_handlers_disconnect_by_data (self->peer, self);
  g_clear_pointer (&self->timer, rw_timer_free);
  g_object_unref (self->peer);
  self->free_owner (self->owner);
  g_object_unref (self->signaller);
  g_object_unref (self->endpoint);
  g_free (self->id);
  g_free (self);
}

void
rw_session_set_gone_func (RwSession *self, RwSessionGone gone, gpointer data)
{
  self->gone = gone;
  self->gone_data = data;
}

void
rw_session_start (RwSession *self, const char *offer)
{
  if (offer)
    rw_peer_set_remote_description (RW_PEER (self->peer), RW_SDP_TYPE_OFFER,
                                    offer);
  rw_peer_start (RW_PEER (self->peer));
}

void
rw_session_start_at_offer (RwSession *self)
{
  self->awaits_offer = TRUE;
}

void
rw_session_close (RwSession *self, const char *error, GBytes *close_reason)
{
  g_return_if_fail (rw_session_is_open (self));

  GST_INFO_OBJECT (rw_endpoint_get_element (self->endpoint),
                   "closing session %s of generation %" G_GUINT64_FORMAT ": %s",
                   self->id, self->generation, error ? error : "done");
  g_clear_pointer (&self->timer, rw_timer_free);
  rw_signaller_end_session (self->signaller, self->id, error);
  rw_webrtc_peer_set_close_reason (self->peer, close_reason);
  rw_peer_close (RW_PEER (self->peer), TRUE);
}

gboolean
rw_session_is_open (RwSession *self)
{
  return self->timer != NULL;
}

gpointer
rw_session_get_owner (RwSession *self)
{
  return self->owner;
}

const char *
rw_session_get_id (RwSession *self)
{
  return self->id;
}

guint64
rw_session_get_generation (RwSession *self)
{
  return self->generation;
}

RwWebrtcPeer *
rw_session_get_peer (RwSession *self)
{
  return self->peer;
}

gboolean
rw_session_is_resilient (RwSession *self)
{
  return rw_webrtc_peer_is_resilient (self->peer);
}

void
rw_session_wake_at (RwSession *self, gint64 due_us)
{
  gint64 latest_us = rw_endpoint_now_us (self->endpoint) + LONGEST_SLEEP_US;

  rw_timer_set_at (self->timer, MIN (due_us, latest_us));
}

void
rw_session_wake_in (RwSession *self, gint64 delay_us)
{
  rw_timer_set_in (self->timer, delay_us);
}

void
rw_session_wake_at_rest (RwSession *self)
{
  /* Elements do not wake up all at once. */
  gint64 phase_us = GPOINTER_TO_SIZE (self->endpoint) % G_USEC_PER_SEC;
  gint64 past_us = rw_endpoint_now_us (self->endpoint) - phase_us;
  gint64 seconds = past_us / G_USEC_PER_SEC + 1;

  rw_timer_set_at (self->timer, seconds * G_USEC_PER_SEC + phase_us);
}

void
rw_session_take_description (RwSession *self, RwSdpType type, const char *sdp)
{
  if (self->funcs->described)
    self->funcs->described (self->owner);
  if (!rw_session_is_open (self))
    return;
  rw_peer_set_remote_description (RW_PEER (self->peer), type, sdp);
  if (self->awaits_offer && type == RW_SDP_TYPE_OFFER) {
    self->awaits_offer = FALSE;
    rw_peer_start (RW_PEER (self->peer));
  }
}

void
rw_session_take_candidate (RwSession *self, guint mline, const char *candidate)
{
  rw_peer_add_remote_candidate (RW_PEER (self->peer), mline, candidate);
}

void
rw_session_take_end (RwSession *self, const char *error)
{
  if (self->funcs->ended)
    self->funcs->ended (self->owner, error);
}

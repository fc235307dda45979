/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-receive-exchange.h"

/* See the header. */

void
rw_receive_exchange_init (RwReceiveExchange *self, GMutex *lock, GCond *ready,
                          RwPlayouts *playouts)
{
  self->lock = lock;
  self->ready = ready;
  self->playouts = playouts;
  rw_receive_path_list_init (&self->paths);
}

void
rw_receive_exchange_clear (RwReceiveExchange *self)
{
  rw_receive_path_list_clear (&self->paths);
}

void
rw_receive_exchange_set_wake_func (RwReceiveExchange *self,
                                   RwReceiveWakeFunc func, gpointer data)
{
  self->paths.wake = func;
  self->paths.wake_data = data;
}

/* With the lock held, from within the session. */
static void
on_live_frame (guint32 serial, const RwFrame *frame, gint64 arrival_us,
               const RwRtt *rtt, gpointer data)
{
  RwReceiveExchange *self = data;

  rw_playouts_observe (self->playouts, serial, frame, arrival_us, rtt);
}

RwReceivePath *
rw_receive_exchange_add (RwReceiveExchange *self,
                         const RwReceiveEndpointConfig *config)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (self->lock);
  RwReceiveEndpointConfig with_func = *config;
  RwReceivePath *path;

  with_func.live_func = on_live_frame;
  with_func.live_data = self;
  path = rw_receive_path_new (rw_receive_endpoint_new (self->playouts->window,
                                                       &with_func,
                                                       g_get_monotonic_time ()),
                              config->generation);
  rw_receive_path_list_add (&self->paths, path);
  return path;
}

void
rw_receive_exchange_set_peer (RwReceiveExchange *self, RwReceivePath *path,
                              RwWebrtcPeer *peer)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (self->lock);

  g_set_object (&path->peer, peer);
}

void
rw_receive_exchange_set_alarm (RwReceiveExchange *self, RwAlarm *alarm)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (self->lock);

  self->paths.alarm = alarm;
}

void
rw_receive_exchange_set_at_rest (RwReceiveExchange *self, RwReceivePath *path,
                                 gboolean at_rest)
{
  RwOutgoing *outgoing = NULL;

  g_mutex_lock (self->lock);
  path->at_rest = at_rest;
  if (at_rest)
    rw_receive_path_list_collect (&self->paths, path, &outgoing);
  g_mutex_unlock (self->lock);
  rw_outgoing_send (outgoing);
}

void
rw_receive_exchange_remove (RwReceiveExchange *self, RwReceivePath *path)
{
  g_autoptr (RwWebrtcPeer) peer = NULL;

  g_mutex_lock (self->lock);
  peer = rw_receive_path_end (path);
  rw_receive_path_list_remove (&self->paths, path);
  g_mutex_unlock (self->lock);
}

static void
receive_locked (RwReceiveExchange *self, RwReceivePath *path,
                const RwMessage *message, gsize size)
{
  if (message->type == RW_MESSAGE_FRAMES)
    rw_receive_meter_note_repair (&self->meter, size);
  rw_receive_path_receive (path, message);
}

gboolean
rw_receive_exchange_receive (RwReceiveExchange *self, RwReceivePath *path,
                             GBytes *bytes, GError **error)
{
  RwMessage message;

  if (!rw_receive_path_decode (bytes, &message, error))
    return FALSE;
  g_mutex_lock (self->lock);
  receive_locked (self, path, &message, g_bytes_get_size (bytes));
  g_mutex_unlock (self->lock);
  g_cond_broadcast (self->ready);
  return TRUE;
}

/* Messages of other types concern the control thread. */
gboolean
rw_receive_exchange_take_message (RwReceiveExchange *self, RwReceivePath *path,
                                  GBytes *bytes)
{
  RwOutgoing *outgoing = NULL;
  RwMessage message;
  gboolean is_taken;

  if (!rw_receive_path_decode (bytes, &message, NULL) ||
      (message.type != RW_MESSAGE_BEAT && message.type != RW_MESSAGE_FRAMES))
    return FALSE;
  g_mutex_lock (self->lock);
  is_taken = path->at_rest;
  if (is_taken) {
    receive_locked (self, path, &message, g_bytes_get_size (bytes));
    rw_receive_path_list_collect (&self->paths, path, &outgoing);
  }
  g_mutex_unlock (self->lock);
  if (is_taken)
    g_cond_broadcast (self->ready);
  rw_outgoing_send (outgoing);
  return is_taken;
}

static GBytes *
next_message (RwReceiveExchange *self, RwReceivePath *path, guint64 buffered)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (self->lock);

  return rw_receive_path_next_message (path, buffered);
}

RwReceiveEvents
rw_receive_exchange_pump (RwReceiveExchange *self, RwReceivePath *path,
                          gint64 *deadline_us)
{
  RwReceiveEvents events;
  GBytes *bytes;

  while (path->peer && (bytes = next_message (self, path,
                                              rw_peer_get_buffered_amount (
                                                  RW_PEER (path->peer))))) {
    rw_peer_send (RW_PEER (path->peer), bytes);
    g_bytes_unref (bytes);
  }
  g_mutex_lock (self->lock);
  events = rw_receive_path_take_events (path, deadline_us);
  g_mutex_unlock (self->lock);
  return events;
}

GBytes *
rw_receive_exchange_close (RwReceiveExchange *self, RwReceivePath *path,
                           RwByeReason reason)
{
  gboolean sends_bye;

  g_mutex_lock (self->lock);
  sends_bye = rw_receive_path_close (path, reason);
  g_mutex_unlock (self->lock);
  return sends_bye ? next_message (self, path, 0) : NULL;
}

void
rw_receive_exchange_get_status (RwReceiveExchange *self, RwReceivePath *path,
                                RwReceivePathStatus *status)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (self->lock);

  rw_receive_path_get_status (path, status);
}

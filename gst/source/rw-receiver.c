/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-receiver.h"

#include "rw-playouts.h"

/* See the header. */

GST_DEBUG_CATEGORY_STATIC (rw_receiver_debug);
#define GST_CAT_DEFAULT rw_receiver_debug

struct _RwReceiver {
  GObject parent_instance;

  GMutex lock;
  GCond ready;
  RwPlayouts playouts;
  RwOrdinaryQueue ordinary;
  RwReceivePathList paths;
  RwReceiveMeter meter;
  gboolean interrupted[RW_RECEIVER_N_OUTPUTS];
  gboolean has_ended; /* by the application's wish */
};

G_DEFINE_FINAL_TYPE (RwReceiver, rw_receiver, G_TYPE_OBJECT)

static void
rw_receiver_finalize (GObject *object)
{
  RwReceiver *self = RW_RECEIVER (object);

  rw_ordinary_queue_clear (&self->ordinary);
  rw_receive_path_list_clear (&self->paths);
  rw_playouts_clear (&self->playouts);
  g_cond_clear (&self->ready);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (rw_receiver_parent_class)->finalize (object);
}

static void
rw_receiver_class_init (RwReceiverClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = rw_receiver_finalize;
  GST_DEBUG_CATEGORY_INIT (rw_receiver_debug, "resilientwebrtcreceiver", 0,
                           "resilient WebRTC receive window");
}

static void
rw_receiver_init (RwReceiver *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->ready);
  rw_ordinary_queue_init (&self->ordinary);
  rw_receive_path_list_init (&self->paths);
}

RwReceiver *
rw_receiver_new (GstElement *element)
{
  RwReceiver *self = g_object_new (RW_TYPE_RECEIVER, NULL);

  rw_playouts_init (&self->playouts, element);
  return self;
}

void
rw_receiver_start (RwReceiver *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_assert (self->paths.paths->len == 0);
  rw_playouts_start (&self->playouts);
  self->has_ended = FALSE;
  rw_receive_meter_init (&self->meter);
  rw_ordinary_queue_reset (&self->ordinary);
}

void
rw_receiver_set_dual (RwReceiver *self, gboolean is_dual)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->playouts.is_dual = is_dual;
}

gboolean
rw_receiver_is_dual (RwReceiver *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->playouts.live != NULL;
}

void
rw_receiver_set_delivery (RwReceiver *self, RwDelivery delivery,
                          guint latency_ms)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  rw_playouts_set_delivery (&self->playouts, delivery,
                            latency_ms * GST_MSECOND);
  g_cond_broadcast (&self->ready);
}

void
rw_receiver_set_pipeline_latency (RwReceiver *self, GstClockTime latency)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  rw_playouts_set_pipeline_latency (&self->playouts, latency);
  g_cond_broadcast (&self->ready);
}

void
rw_receiver_set_by_capture (RwReceiver *self, gboolean by_capture)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  rw_playouts_set_by_capture (&self->playouts, by_capture);
}

void
rw_receiver_set_wake_func (RwReceiver *self, RwReceiveWakeFunc func,
                           gpointer data)
{
  self->paths.wake = func;
  self->paths.wake_data = data;
}

static gboolean
pop_locked (RwReceiver *self, RwReceiverOutput output, gint64 now_us,
            RwReceived *item)
{
  gboolean is_always = output == RW_RECEIVER_ALWAYS;
  GstClockTime now_ns = rw_playouts_update (&self->playouts, now_us);

  if (!self->has_ended)
    return rw_received_pop (item, rw_playouts_get (&self->playouts, is_always),
                            is_always ? &self->ordinary : NULL, now_ns);
  *item = (RwReceived){.type = RW_RECEIVED_ENDED};
  return TRUE;
}

gboolean
rw_receiver_pop (RwReceiver *self, RwReceiverOutput output, RwReceived *item)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (!self->interrupted[output]) {
    gint64 now_us = g_get_monotonic_time ();
    gint64 deadline_us;

    if (pop_locked (self, output, now_us, item))
      return TRUE;
    deadline_us = rw_playouts_get_deadline_us (
        &self->playouts, output == RW_RECEIVER_ALWAYS, now_us);
    if (deadline_us == G_MAXINT64)
      g_cond_wait (&self->ready, &self->lock);
    else
      g_cond_wait_until (&self->ready, &self->lock, deadline_us);
  }
  return FALSE;
}

void
rw_receiver_handed (RwReceiver *self, RwReceiverOutput output,
                    const RwReceived *item)
{
  GArray *generations;

  if (item->type > RW_RECEIVED_ENDED)
    return;
  g_mutex_lock (&self->lock);
  if (!rw_playouts_note_handed (&self->playouts, output == RW_RECEIVER_ALWAYS,
                                &item->item.window)) {
    g_mutex_unlock (&self->lock);
    return;
  }
  if (item->type == RW_RECEIVED_FRAME)
    rw_receive_meter_note_handed (&self->meter);
  /* The sender waits for the last acknowledgement. */
  if (item->type == RW_RECEIVED_ENDED)
    rw_receive_path_list_expect_pump (&self->paths);
  generations = rw_receive_path_list_take_due (&self->paths);
  g_mutex_unlock (&self->lock);
  rw_receive_path_list_wake (&self->paths, generations);
}

void
rw_receiver_jump_to_live (RwReceiver *self, gboolean is_resumed)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  rw_playouts_jump (&self->playouts, is_resumed);
  g_cond_broadcast (&self->ready);
}

void
rw_receiver_end (RwReceiver *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->has_ended = TRUE;
  g_cond_broadcast (&self->ready);
}

void
rw_receiver_interrupt (RwReceiver *self, RwReceiverOutput output,
                       gboolean interrupt)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->interrupted[output] = interrupt;
  g_cond_broadcast (&self->ready);
}

/* With the lock held, from within the session. */
static void
on_live_frame (guint32 serial, const RwFrame *frame, gint64 arrival_us,
               const RwRtt *rtt, gpointer data)
{
  RwReceiver *self = data;

  rw_playouts_observe (&self->playouts, serial, frame, arrival_us, rtt);
}

RwReceivePath *
rw_receiver_add_path (RwReceiver *self, const RwReceiveEndpointConfig *config)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  RwReceiveEndpointConfig with_func = *config;
  RwReceivePath *path;

  with_func.live_func = on_live_frame;
  with_func.live_data = self;
  path = rw_receive_path_new (rw_receive_endpoint_new (self->playouts.window,
                                                       &with_func,
                                                       g_get_monotonic_time ()),
                              config->generation);
  rw_receive_path_list_add (&self->paths, path);
  return path;
}

void
rw_receiver_set_peer (RwReceiver *self, RwReceivePath *path, RwWebrtcPeer *peer)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_set_object (&path->peer, peer);
}

void
rw_receiver_set_alarm (RwReceiver *self, RwAlarm *alarm)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->paths.alarm = alarm;
}

void
rw_receiver_set_at_rest (RwReceiver *self, RwReceivePath *path,
                         gboolean at_rest)
{
  RwOutgoing *outgoing = NULL;

  g_mutex_lock (&self->lock);
  path->at_rest = at_rest;
  if (at_rest)
    rw_receive_path_list_collect (&self->paths, path, &outgoing);
  g_mutex_unlock (&self->lock);
  rw_outgoing_send (outgoing);
}

void
rw_receiver_remove_path (RwReceiver *self, RwReceivePath *path)
{
  g_autoptr (RwWebrtcPeer) peer = NULL;

  g_mutex_lock (&self->lock);
  peer = rw_receive_path_end (path);
  rw_receive_path_list_remove (&self->paths, path);
  g_mutex_unlock (&self->lock);
}

void
rw_receiver_take_frame (RwReceiver *self, RwReceivePath *path,
                        const RwFrame *frame, gint64 arrival_us)
{
  GArray *generations = NULL;
  RwOutgoing *outgoing = NULL;

  GST_TRACE_OBJECT (
      self, "live frame %" G_GUINT64_FORMAT " at %" G_GINT64_FORMAT " us",
      frame->index, arrival_us);
  g_mutex_lock (&self->lock);
  if (rw_receive_path_note_live (path, frame, arrival_us))
    rw_receive_meter_note_live (&self->meter, frame, arrival_us);
  if (path->at_rest)
    rw_receive_path_list_collect (&self->paths, path, &outgoing);
  generations = rw_receive_path_list_take_due (&self->paths);
  g_mutex_unlock (&self->lock);
  g_cond_broadcast (&self->ready); /* unlocked: it need not wait for us again */
  rw_outgoing_send (outgoing);
  rw_receive_path_list_wake (&self->paths, generations);
}

void
rw_receiver_take_buffer (RwReceiver *self, GstBuffer *buffer)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  rw_ordinary_queue_push (&self->ordinary, buffer);
  g_cond_broadcast (&self->ready);
}

guint64
rw_receiver_get_n_ordinary (RwReceiver *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->ordinary.pushed;
}

void
rw_receiver_take_gap (RwReceiver *self, GstClockTime pts, GstClockTime duration)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  rw_ordinary_queue_push_lost (&self->ordinary, pts, duration);
  g_cond_broadcast (&self->ready);
}

static void
receive_locked (RwReceiver *self, RwReceivePath *path, const RwMessage *message,
                gsize size)
{
  if (message->type == RW_MESSAGE_FRAMES)
    rw_receive_meter_note_repair (&self->meter, size);
  rw_receive_path_receive (path, message);
}

gboolean
rw_receiver_receive (RwReceiver *self, RwReceivePath *path, GBytes *bytes,
                     GError **error)
{
  RwMessage message;

  if (!rw_receive_path_decode (bytes, &message, error))
    return FALSE;
  g_mutex_lock (&self->lock);
  receive_locked (self, path, &message, g_bytes_get_size (bytes));
  g_mutex_unlock (&self->lock);
  g_cond_broadcast (&self->ready);
  return TRUE;
}

/* Messages of other types concern the control thread. */
gboolean
rw_receiver_take_message (RwReceiver *self, RwReceivePath *path, GBytes *bytes)
{
  RwOutgoing *outgoing = NULL;
  RwMessage message;
  gboolean is_taken;

  if (!rw_receive_path_decode (bytes, &message, NULL) ||
      (message.type != RW_MESSAGE_BEAT && message.type != RW_MESSAGE_FRAMES))
    return FALSE;
  g_mutex_lock (&self->lock);
  is_taken = path->at_rest;
  if (is_taken) {
    receive_locked (self, path, &message, g_bytes_get_size (bytes));
    rw_receive_path_list_collect (&self->paths, path, &outgoing);
  }
  g_mutex_unlock (&self->lock);
  if (is_taken)
    g_cond_broadcast (&self->ready);
  rw_outgoing_send (outgoing);
  return is_taken;
}

static GBytes *
next_message (RwReceiver *self, RwReceivePath *path, guint64 buffered)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_receive_path_next_message (path, buffered);
}

RwReceiveEvents
rw_receiver_pump (RwReceiver *self, RwReceivePath *path, gint64 *deadline_us)
{
  RwReceiveEvents events;
  GBytes *bytes;

  while (path->peer && (bytes = next_message (self, path,
                                              rw_peer_get_buffered_amount (
                                                  RW_PEER (path->peer))))) {
    rw_peer_send (RW_PEER (path->peer), bytes);
    g_bytes_unref (bytes);
  }
  g_mutex_lock (&self->lock);
  events = rw_receive_path_take_events (path, deadline_us);
  g_mutex_unlock (&self->lock);
  return events;
}

GBytes *
rw_receiver_close_path (RwReceiver *self, RwReceivePath *path,
                        RwByeReason reason)
{
  gboolean sends_bye;

  g_mutex_lock (&self->lock);
  sends_bye = rw_receive_path_close (path, reason);
  g_mutex_unlock (&self->lock);
  return sends_bye ? next_message (self, path, 0) : NULL;
}

void
rw_receiver_get_path_status (RwReceiver *self, RwReceivePath *path,
                             RwReceivePathStatus *status)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  rw_receive_path_get_status (path, status);
}

RwReceiveProgress
rw_receiver_get_progress (RwReceiver *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_receive_meter_get_progress (&self->meter, self->playouts.window,
                                        &self->paths);
}

gboolean
rw_receiver_sample_quality (RwReceiver *self, RwQualitySample *sample)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_receive_meter_sample (&self->meter, self->playouts.window,
                                  &self->paths, sample);
}

void
rw_receiver_fill_stats (RwReceiver *self, GstStructure *stats)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  rw_receive_meter_fill_stats (self->playouts.window, &self->paths, stats);
  gst_structure_set (stats, "dropped", G_TYPE_UINT64, self->ordinary.dropped,
                     NULL);
}

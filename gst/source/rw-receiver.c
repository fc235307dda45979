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
  RwReceiveExchange exchange;
  gboolean interrupted[RW_RECEIVER_N_OUTPUTS];
  gboolean has_ended; /* by the application's wish */
};

G_DEFINE_FINAL_TYPE (RwReceiver, rw_receiver, G_TYPE_OBJECT)

static void
rw_receiver_finalize (GObject *object)
{
  RwReceiver *self = RW_RECEIVER (object);

  rw_ordinary_queue_clear (&self->ordinary);
  rw_receive_exchange_clear (&self->exchange);
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
  rw_receive_exchange_init (&self->exchange, &self->lock, &self->ready,
                            &self->playouts);
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

  g_assert (self->exchange.paths.paths->len == 0);
  rw_playouts_start (&self->playouts);
  self->has_ended = FALSE;
  rw_receive_meter_init (&self->exchange.meter);
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
    rw_receive_meter_note_handed (&self->exchange.meter);
  /* The sender waits for the last acknowledgement. */
  if (item->type == RW_RECEIVED_ENDED)
    rw_receive_path_list_expect_pump (&self->exchange.paths);
  generations = rw_receive_path_list_take_due (&self->exchange.paths);
  g_mutex_unlock (&self->lock);
  rw_receive_path_list_wake (&self->exchange.paths, generations);
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
    rw_receive_meter_note_live (&self->exchange.meter, frame, arrival_us);
  if (path->at_rest)
    rw_receive_path_list_collect (&self->exchange.paths, path, &outgoing);
  generations = rw_receive_path_list_take_due (&self->exchange.paths);
  g_mutex_unlock (&self->lock);
  g_cond_broadcast (&self->ready); /* unlocked: it need not wait for us again */
  rw_outgoing_send (outgoing);
  rw_receive_path_list_wake (&self->exchange.paths, generations);
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

RwReceiveExchange *
rw_receiver_get_exchange (RwReceiver *self)
{
  return &self->exchange;
}

RwReceiveProgress
rw_receiver_get_progress (RwReceiver *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_receive_meter_get_progress (
      &self->exchange.meter, self->playouts.window, &self->exchange.paths);
}

gboolean
rw_receiver_sample_quality (RwReceiver *self, RwQualitySample *sample)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_receive_meter_sample (&self->exchange.meter, self->playouts.window,
                                  &self->exchange.paths, sample);
}

void
rw_receiver_fill_stats (RwReceiver *self, GstStructure *stats)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  rw_receive_meter_fill_stats (self->playouts.window, &self->exchange.paths,
                               stats);
  gst_structure_set (stats, "dropped", G_TYPE_UINT64, self->ordinary.dropped,
                     NULL);
}

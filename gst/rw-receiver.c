/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-receiver.h"

#include <string.h>

#include "rw-channel-codec.h"
#include "rw-jitter.h"
#include "rw-timeline.h"

/* See the header. */

GST_DEBUG_CATEGORY_STATIC (rw_receiver_debug);
#define GST_CAT_DEFAULT rw_receiver_debug

/* Packets of an ordinary peer that wait for a slow pad; more are dropped from
 * the oldest, as it has no backlog to ask from. */
#define MAX_ORDINARY 500

/* A deadline that moves forward by less is not worth a wake-up. */
#define WAKE_SLACK_US 2000

struct _RwInlet {
  gatomicrefcount refs;
  guint64 generation;
  /* The receiver's lock. */
  RwReceiveSession *session; /* NULL once removed */
  RwPeer *peer;              /* NULL until the data channel is open */
  gint64 channel_us;         /* when a message last came */
  gint64 armed_us;           /* when the control thread pumps at the latest */
  gboolean woken;
};

struct _RwReceiver {
  GObject parent_instance;

  GstElement *element;
  RwReceiverWakeFunc wake;
  gpointer wake_data;

  GMutex lock;
  GCond ready;
  RwWindow *window;
  RwTimeline timeline;
  guint32 popped_serial; /* the stream that the timeline is of */
  guint64 let_go_to;     /* lower frames were let go of after a pause */
  gboolean is_resumed;   /* and the next one is the first after it */
  GQueue ordinary;       /* RwReceived */
  guint64 ordinary_dropped;
  GPtrArray *inlets;
  RwDelivery delivery;
  guint64 latency_ns;
  gboolean interrupted;
  RwJitter jitter;
  guint64 bytes;        /* of frames and of the repair lane, that came */
  guint frame_duration; /* of the newest live frame, samples at 48 kHz */
};

G_DEFINE_FINAL_TYPE (RwReceiver, rw_receiver, G_TYPE_OBJECT)

RwInlet *
rw_inlet_ref (RwInlet *inlet)
{
  g_atomic_ref_count_inc (&inlet->refs);
  return inlet;
}

void
rw_inlet_unref (RwInlet *inlet)
{
  if (!g_atomic_ref_count_dec (&inlet->refs))
    return;
  g_assert (inlet->session == NULL && inlet->peer == NULL);
  g_free (inlet);
}

void
rw_received_clear (RwReceived *item)
{
  if (item->type <= RW_RECEIVED_ENDED)
    rw_window_item_clear (&item->window);
  gst_clear_buffer (&item->buffer);
}

static void
received_free (RwReceived *item)
{
  rw_received_clear (item);
  g_free (item);
}

static void
rw_receiver_finalize (GObject *object)
{
  RwReceiver *self = RW_RECEIVER (object);

  g_queue_clear_full (&self->ordinary, (GDestroyNotify) received_free);
  g_ptr_array_unref (self->inlets);
  rw_window_free (self->window);
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
  g_queue_init (&self->ordinary);
  self->inlets =
      g_ptr_array_new_with_free_func ((GDestroyNotify) rw_inlet_unref);
  self->window = rw_window_new (0, 0);
  rw_timeline_init (&self->timeline);
}

RwReceiver *
rw_receiver_new (GstElement *element)
{
  RwReceiver *self = g_object_new (RW_TYPE_RECEIVER, NULL);

  self->element = element;
  return self;
}

void
rw_receiver_start (RwReceiver *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_assert (self->inlets->len == 0);
  g_clear_pointer (&self->window, rw_window_free);
  self->window = rw_window_new (0, 0);
  rw_timeline_init (&self->timeline);
  rw_jitter_init (&self->jitter);
  self->bytes = 0;
  self->popped_serial = 0;
  self->ordinary_dropped = 0;
  g_queue_clear_full (&self->ordinary, (GDestroyNotify) received_free);
}

void
rw_receiver_set_delivery (RwReceiver *self, RwDelivery delivery,
                          guint latency_ms)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->delivery = delivery;
  self->latency_ns = latency_ms * GST_MSECOND;
  g_cond_broadcast (&self->ready);
}

void
rw_receiver_set_wake_func (RwReceiver *self, RwReceiverWakeFunc func,
                           gpointer data)
{
  self->wake = func;
  self->wake_data = data;
}

/* The element's running time at @at_us of the monotonic clock. */
static GstClockTime
running_time_at (RwReceiver *self, gint64 at_us)
{
  g_autoptr (GstClock) clock = gst_element_get_clock (self->element);
  GstClockTime now, base;
  guint64 ago;

  if (clock == NULL)
    return 0;
  now = gst_clock_get_time (clock);
  base = gst_element_get_base_time (self->element);
  ago = MAX (g_get_monotonic_time () - at_us, 0) * GST_USECOND;
  return now > base + ago ? now - base - ago : 0;
}

/* Generations of inlets that should be pumped earlier than planned. A pump
 * costs a wake-up of the control thread, so a healthy stream asks for none. */
static GArray *
inlets_to_wake_locked (RwReceiver *self)
{
  GArray *generations = NULL;

  for (guint i = 0; i < self->inlets->len; i++) {
    RwInlet *inlet = g_ptr_array_index (self->inlets, i);
    gint64 deadline_us = rw_receive_session_get_deadline (inlet->session);

    if (inlet->woken || deadline_us > inlet->armed_us - WAKE_SLACK_US)
      continue;
    inlet->woken = TRUE;
    if (generations == NULL)
      generations = g_array_new (FALSE, FALSE, sizeof (guint64));
    g_array_append_val (generations, inlet->generation);
  }
  return generations;
}

static void
expect_pump_locked (RwReceiver *self)
{
  for (guint i = 0; i < self->inlets->len; i++) {
    RwInlet *inlet = g_ptr_array_index (self->inlets, i);

    inlet->armed_us = G_MAXINT64;
  }
}

static void
wake_inlets (RwReceiver *self, GArray *generations)
{
  if (generations == NULL)
    return;
  for (guint i = 0; i < generations->len; i++)
    self->wake (g_array_index (generations, guint64, i), self->wake_data);
  g_array_unref (generations);
}

/* In delivery=live: when the hole in front is given up, as monotonic time. */
static gint64
hole_deadline_us_locked (RwReceiver *self, guint64 *skip_to)
{
  guint64 from, due_ns, now_ns;
  gint64 now_us = g_get_monotonic_time ();
  RwFrame next;

  if (self->delivery != RW_DELIVERY_LIVE || !self->timeline.anchored ||
      !rw_window_get_hole (self->window, &from, &next))
    return G_MAXINT64;
  *skip_to = next.index;
  now_ns = running_time_at (self, now_us);
  due_ns = MAX ((gint64) next.running_time_ns +
                    rw_timeline_get_live_offset (&self->timeline),
                0) +
           self->latency_ns;
  return due_ns <= now_ns ? now_us : now_us + (gint64) (due_ns - now_ns) / 1000;
}

static void
time_item_locked (RwReceiver *self, RwReceived *item)
{
  RwWindowItem *window = &item->window;
  GstClockTime now = running_time_at (self, g_get_monotonic_time ());
  guint64 span_ns;

  if (window->type == RW_WINDOW_ITEM_FRAME) {
    item->duration = rw_frame_samples_to_ns (window->frame.duration);
    item->pts = rw_timeline_map (&self->timeline, window->frame.running_time_ns,
                                 item->duration, now);
    self->is_resumed = FALSE;
  } else if (window->type == RW_WINDOW_ITEM_GAP &&
             window->to > self->let_go_to && window->start_ns != RW_TIME_NONE &&
             window->end_ns != RW_TIME_NONE &&
             window->end_ns > window->start_ns) {
    span_ns = window->end_ns - window->start_ns;
    item->duration = span_ns;
    item->pts =
        rw_timeline_map (&self->timeline, window->start_ns, span_ns, now);
  }
}

static gboolean
pop_window_locked (RwReceiver *self, RwReceived *item)
{
  static const RwReceivedType types[] = {
      [RW_WINDOW_ITEM_STREAM] = RW_RECEIVED_STREAM,
      [RW_WINDOW_ITEM_FRAME] = RW_RECEIVED_FRAME,
      [RW_WINDOW_ITEM_GAP] = RW_RECEIVED_GAP,
      [RW_WINDOW_ITEM_ENDED] = RW_RECEIVED_ENDED,
  };

  if (!rw_window_pop (self->window, &item->window))
    return FALSE;
  item->type = types[item->window.type];
  if (item->type == RW_RECEIVED_STREAM) {
    if (self->popped_serial != 0)
      rw_timeline_restart (&self->timeline);
    self->popped_serial = item->window.serial;
    self->let_go_to = 0;
  }
  item->left_out = self->delivery == RW_DELIVERY_LIVE;
  item->let_go =
      item->type == RW_RECEIVED_GAP && item->window.to <= self->let_go_to;
  if (item->type == RW_RECEIVED_FRAME && self->is_resumed)
    item->window.frame.flags |= RW_FRAME_FLAG_DISCONT;
  time_item_locked (self, item);
  return TRUE;
}

static gboolean
pop_locked (RwReceiver *self, RwReceived *item)
{
  RwReceived *queued;

  memset (item, 0, sizeof *item);
  item->pts = item->duration = GST_CLOCK_TIME_NONE;
  if (pop_window_locked (self, item))
    return TRUE;
  queued = g_queue_pop_head (&self->ordinary);
  if (queued == NULL)
    return FALSE;
  *item = *queued;
  g_free (queued);
  return TRUE;
}

gboolean
rw_receiver_pop (RwReceiver *self, RwReceived *item)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  guint64 skip_to = 0;

  while (!self->interrupted) {
    gint64 deadline_us;

    if (pop_locked (self, item))
      return TRUE;
    deadline_us = hole_deadline_us_locked (self, &skip_to);
    if (deadline_us == G_MAXINT64)
      g_cond_wait (&self->ready, &self->lock);
    else if (!g_cond_wait_until (&self->ready, &self->lock, deadline_us))
      rw_window_skip_to (self->window, skip_to);
  }
  return FALSE;
}

void
rw_receiver_handed (RwReceiver *self, const RwReceived *item)
{
  GArray *generations;

  if (item->type > RW_RECEIVED_ENDED)
    return;
  g_mutex_lock (&self->lock);
  rw_window_handed (self->window, &item->window);
  if (item->type == RW_RECEIVED_ENDED)
    expect_pump_locked (self); /* the last ack is waited for */
  generations = inlets_to_wake_locked (self);
  g_mutex_unlock (&self->lock);
  wake_inlets (self, generations);
}

/* The running time has stood still, the sender has not. What came meanwhile
 * would be late by the pause from now on: complete delivery wants that. */
void
rw_receiver_resume (RwReceiver *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->delivery != RW_DELIVERY_LIVE)
    return;
  self->let_go_to = rw_window_get_highest (self->window);
  self->is_resumed = TRUE;
  rw_window_discard_to (self->window, self->let_go_to);
  rw_timeline_restart (&self->timeline);
  g_cond_broadcast (&self->ready);
}

void
rw_receiver_interrupt (RwReceiver *self, gboolean interrupt)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->interrupted = interrupt;
  g_cond_broadcast (&self->ready);
}

RwInlet *
rw_receiver_add_inlet (RwReceiver *self, const RwReceiveSessionConfig *config)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  RwInlet *inlet = g_new0 (RwInlet, 1);

  g_atomic_ref_count_init (&inlet->refs);
  inlet->generation = config->generation;
  inlet->armed_us = G_MAXINT64;
  inlet->session =
      rw_receive_session_new (self->window, config, g_get_monotonic_time ());
  inlet->woken = TRUE; /* nothing to send on yet */
  g_ptr_array_add (self->inlets, rw_inlet_ref (inlet));
  return inlet;
}

void
rw_receiver_set_peer (RwReceiver *self, RwInlet *inlet, RwPeer *peer)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_set_object (&inlet->peer, peer);
}

void
rw_receiver_remove_inlet (RwReceiver *self, RwInlet *inlet)
{
  g_autoptr (RwPeer) peer = NULL;

  g_mutex_lock (&self->lock);
  peer = g_steal_pointer (&inlet->peer);
  g_clear_pointer (&inlet->session, rw_receive_session_free);
  g_ptr_array_remove_fast (self->inlets, inlet);
  g_mutex_unlock (&self->lock);
}

/* A frame that ends a silence, or is the first of its session, is news that
 * the control thread should have at once. */
static gboolean
is_news_locked (RwInlet *inlet)
{
  RwReceiveStats stats;

  if (rw_receive_session_get_liveness (inlet->session) != RW_LIVENESS_ALIVE)
    return TRUE;
  rw_receive_session_get_stats (inlet->session, &stats);
  return stats.frames_live + stats.frames_repaired == 0;
}

void
rw_receiver_take_frame (RwReceiver *self, RwInlet *inlet, const RwFrame *frame,
                        gint64 arrival_us)
{
  GArray *generations = NULL;
  gboolean news;

  GST_TRACE_OBJECT (
      self, "live frame %" G_GUINT64_FORMAT " at %" G_GINT64_FORMAT " us",
      frame->index, arrival_us);
  g_mutex_lock (&self->lock);
  if (inlet->session == NULL) {
    g_mutex_unlock (&self->lock);
    return;
  }
  news = is_news_locked (inlet) && !inlet->woken;
  self->frame_duration = frame->duration;
  self->bytes += frame->size;
  rw_jitter_note (&self->jitter, (gint64) (frame->running_time_ns / 1000),
                  arrival_us);
  if (rw_receive_session_note_live (inlet->session, frame, NULL, arrival_us) ==
          RW_WINDOW_NEW &&
      rw_receive_session_is_welcome (inlet->session) &&
      rw_window_get_serial (self->window) == self->popped_serial)
    rw_timeline_observe (&self->timeline, frame->running_time_ns,
                         running_time_at (self, arrival_us));
  if (news)
    inlet->armed_us = G_MAXINT64;
  generations = inlets_to_wake_locked (self);
  g_mutex_unlock (&self->lock);
  g_cond_signal (&self->ready); /* unlocked: it need not wait for us again */
  wake_inlets (self, generations);
}

static void
queue_ordinary (RwReceiver *self, RwReceived *item)
{
  RwReceived *dropped = NULL;

  g_mutex_lock (&self->lock);
  if (g_queue_get_length (&self->ordinary) >= MAX_ORDINARY) {
    dropped = g_queue_pop_head (&self->ordinary);
    self->ordinary_dropped++;
  }
  g_queue_push_tail (&self->ordinary, item);
  g_mutex_unlock (&self->lock);
  g_cond_signal (&self->ready);
  if (dropped)
    received_free (dropped);
}

void
rw_receiver_take_buffer (RwReceiver *self, GstBuffer *buffer)
{
  RwReceived *item = g_new0 (RwReceived, 1);

  item->type = RW_RECEIVED_BUFFER;
  item->buffer = buffer;
  item->pts = GST_BUFFER_PTS (buffer);
  item->duration = GST_BUFFER_DURATION (buffer);
  queue_ordinary (self, item);
}

void
rw_receiver_take_gap (RwReceiver *self, GstClockTime pts, GstClockTime duration)
{
  RwReceived *item = g_new0 (RwReceived, 1);

  item->type = RW_RECEIVED_LOST;
  item->pts = pts;
  item->duration = duration;
  queue_ordinary (self, item);
}

gboolean
rw_receiver_receive (RwReceiver *self, RwInlet *inlet, GBytes *bytes,
                     GError **error)
{
  RwMessage message;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (!rw_channel_decode (data, size, &message, error))
    return FALSE;
  g_mutex_lock (&self->lock);
  inlet->channel_us = g_get_monotonic_time ();
  if (message.type == RW_MESSAGE_FRAMES)
    self->bytes += size;
  if (inlet->session)
    rw_receive_session_receive (inlet->session, &message, inlet->channel_us);
  g_mutex_unlock (&self->lock);
  g_cond_signal (&self->ready);
  return TRUE;
}

static GBytes *
next_message (RwReceiver *self, RwInlet *inlet, guint64 buffered)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  RwMessage message;
  guint8 buffer[4096]; /* all that a receiver says is short */
  gsize size;

  if (!rw_receive_session_next (inlet->session, g_get_monotonic_time (),
                                buffered, &message))
    return NULL;
  size = rw_channel_encode (&message, buffer, sizeof buffer);
  return g_bytes_new (buffer, size);
}

RwReceiveEvents
rw_receiver_pump (RwReceiver *self, RwInlet *inlet, gint64 *deadline_us)
{
  RwReceiveEvents events;
  GBytes *bytes;

  while (inlet->peer &&
         (bytes = next_message (self, inlet,
                                rw_peer_get_buffered_amount (inlet->peer)))) {
    rw_peer_send (inlet->peer, bytes);
    g_bytes_unref (bytes);
  }
  g_mutex_lock (&self->lock);
  events = rw_receive_session_take_events (inlet->session);
  *deadline_us = rw_receive_session_get_deadline (inlet->session);
  inlet->armed_us = *deadline_us;
  inlet->woken = inlet->peer == NULL;
  g_mutex_unlock (&self->lock);
  return events;
}

GBytes *
rw_receiver_close_inlet (RwReceiver *self, RwInlet *inlet, RwByeReason reason)
{
  gboolean was_told;

  g_mutex_lock (&self->lock);
  was_told = rw_receive_session_get_bye (inlet->session) != NULL;
  rw_receive_session_close (inlet->session, reason, NULL);
  g_mutex_unlock (&self->lock);
  return was_told ? NULL : next_message (self, inlet, 0);
}

void
rw_receiver_get_inlet_status (RwReceiver *self, RwInlet *inlet,
                              RwInletStatus *status)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const RwBye *bye = rw_receive_session_get_bye (inlet->session);
  RwReceiveStats stats;

  rw_receive_session_get_stats (inlet->session, &stats);
  *status = (RwInletStatus){
      .welcome = rw_receive_session_is_welcome (inlet->session),
      .liveness = rw_receive_session_get_liveness (inlet->session),
      .heard_us = rw_receive_session_get_heard_us (inlet->session),
      .channel_us = inlet->channel_us,
      .bye = bye != NULL,
      .bye_reason = bye ? bye->reason : RW_BYE_STOPPED,
      .accepted = stats.frames_live + stats.frames_repaired,
  };
}

void
rw_receiver_get_position (RwReceiver *self, guint8 *stream_id, guint64 *next)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  memcpy (stream_id, rw_window_get_stream_id (self->window), RW_STREAM_ID_SIZE);
  *next = rw_window_get_next (self->window);
}

/* One past the newest frame that is known to exist. */
static guint64
head_locked (RwReceiver *self)
{
  guint64 head = rw_window_get_highest (self->window);

  for (guint i = 0; i < self->inlets->len; i++) {
    RwInlet *inlet = g_ptr_array_index (self->inlets, i);

    head = MAX (head, rw_receive_session_get_status (inlet->session)->head);
  }
  return head;
}

static guint64
backlog_locked (RwReceiver *self)
{
  guint64 head = head_locked (self);

  return head - MIN (head, rw_window_get_next (self->window));
}

guint64
rw_receiver_get_backlog_ns (RwReceiver *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return backlog_locked (self) * rw_frame_samples_to_ns (self->frame_duration);
}

gboolean
rw_receiver_has_holes (RwReceiver *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_window_get_first_missing (self->window) < head_locked (self);
}

gboolean
rw_receiver_is_finished (RwReceiver *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return rw_window_is_finished (self->window);
}

guint64
rw_receiver_get_repaired (RwReceiver *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  RwWindowStats stats;

  rw_window_get_stats (self->window, &stats);
  return stats.repaired;
}

void
rw_receiver_reset (RwReceiver *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  rw_window_reset (self->window);
}

/* Of the session that does best. */
static gint64
best_rtt_us_locked (RwReceiver *self)
{
  gint64 best_us = 0;

  for (guint i = 0; i < self->inlets->len; i++) {
    RwInlet *inlet = g_ptr_array_index (self->inlets, i);
    const RwRtt *rtt = rw_receive_session_get_rtt (inlet->session);

    if (rtt->valid && (best_us == 0 || rtt->srtt_us < best_us))
      best_us = MAX (rtt->srtt_us, 1);
  }
  return best_us;
}

gboolean
rw_receiver_sample_quality (RwReceiver *self, RwQualitySample *sample)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  guint64 highest = rw_window_get_highest (self->window);
  RwWindowStats stats;

  rw_window_get_stats (self->window, &stats);
  if (stats.live == 0)
    return FALSE;
  *sample = (RwQualitySample){
      .frames = highest,
      .missed = (gint64) highest - (gint64) stats.live,
      .bytes = self->bytes,
      .rtt_us = best_rtt_us_locked (self),
      .jitter_us = self->jitter.jitter_us,
      .backlog_ns =
          backlog_locked (self) * rw_frame_samples_to_ns (self->frame_duration),
  };
  return TRUE;
}

static guint64
rtt_ns_locked (RwReceiver *self)
{
  guint64 rtt_ns = 0;

  for (guint i = 0; i < self->inlets->len; i++) {
    RwInlet *inlet = g_ptr_array_index (self->inlets, i);
    const RwRtt *rtt = rw_receive_session_get_rtt (inlet->session);

    rtt_ns = MAX (rtt_ns, (guint64) MAX (rtt->srtt_us, 0) * 1000);
  }
  return rtt_ns;
}

void
rw_receiver_fill_stats (RwReceiver *self, GstStructure *stats)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  RwWindowStats window;

  rw_window_get_stats (self->window, &window);
  /* clang-format off */
  gst_structure_set (stats,
      "frames", G_TYPE_UINT64, window.live + window.repaired,
      "acknowledged", G_TYPE_UINT64, rw_window_get_next (self->window),
      "repaired", G_TYPE_UINT64, window.repaired,
      "duplicate", G_TYPE_UINT64, window.duplicate,
      "late", G_TYPE_UINT64, window.late,
      "gaps", G_TYPE_UINT64, window.gaps,
      "lost", G_TYPE_UINT64, window.lost,
      "dropped", G_TYPE_UINT64, self->ordinary_dropped,
      "streams", G_TYPE_UINT64, window.streams,
      "backlog-frames", G_TYPE_UINT64, backlog_locked (self),
      "rtt", G_TYPE_UINT64, rtt_ns_locked (self),
      NULL);
  /* clang-format on */
}

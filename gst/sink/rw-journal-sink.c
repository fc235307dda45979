/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-journal-sink.h"

#include "rw-capture-time.h"
#include "rw-drain-progress.h"
#include "rw-input-format.h"
#include "rw-input-packet.h"
#include "rw-input-time.h"

/* Converts GstBuffer to RwFrame; see the header. */

GST_DEBUG_CATEGORY_STATIC (rw_journal_sink_debug);
#define GST_CAT_DEFAULT rw_journal_sink_debug

struct _RwJournalSink {
  GstBaseSink parent_instance;

  RwTransmitter *transmitter;
  RwTalkGate *gate;
  GstClockTime eos_timeout; /* object lock */
  gboolean is_paced;        /* object lock */

  /* Streaming thread. */
  RwInputFormat format;
  RwInputTime time;
  gboolean has_ended; /* this stream; what follows is another one */
  RwCaptureTime capture_time;
  gboolean warned_size;
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS ("audio/x-opus"));

enum { SIGNAL_RESTART, SIGNAL_ENDED, SIGNAL_BEGUN, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (RwJournalSink, rw_journal_sink, GST_TYPE_BASE_SINK)

static void
begin_stream (RwJournalSink *self)
{
  rw_input_format_begin (&self->format);
  rw_input_time_clear (&self->time);
  rw_input_time_init (&self->time, GST_ELEMENT (self));
  self->has_ended = FALSE;
  rw_talk_gate_forget (self->gate);
  rw_capture_time_init (&self->capture_time, GST_ELEMENT (self));
}

static gboolean
rw_journal_sink_start (GstBaseSink *sink)
{
  RwJournalSink *self = RW_JOURNAL_SINK (sink);

  rw_input_format_init (&self->format, GST_ELEMENT (self), self->transmitter);
  begin_stream (self);
  self->warned_size = FALSE;
  return TRUE;
}

static gboolean
rw_journal_sink_set_caps (GstBaseSink *sink, GstCaps *caps)
{
  return rw_input_format_set_caps (&RW_JOURNAL_SINK (sink)->format, caps);
}

/* Other buffers are dropped: RTP cannot carry an empty packet, and the headers
 * are in the caps already. */
static gboolean
is_audio (RwJournalSink *self, GstBuffer *buffer, const GstMapInfo *map)
{
  switch (rw_input_packet_classify (buffer, map)) {
  case RW_INPUT_PACKET_AUDIO:
    return TRUE;
  case RW_INPUT_PACKET_HEADER:
    return FALSE;
  case RW_INPUT_PACKET_INVALID:
    break;
  }
  if (!self->warned_size)
    GST_ELEMENT_WARNING (
        self, STREAM, FORMAT,
        ("Dropped a buffer of %" G_GSIZE_FORMAT
         " bytes that is not an Opus packet",
         map->size),
        ("further invalid buffers are dropped without a message"));
  self->warned_size = TRUE;
  return FALSE;
}

/* An ended stream takes no more frames. */
static void
restart (RwJournalSink *self)
{
  g_autoptr (GstCaps) caps =
      gst_pad_get_current_caps (GST_BASE_SINK_PAD (self));

  GST_INFO_OBJECT (self, "audio after EOS: beginning a new stream");
  g_signal_emit (self, signals[SIGNAL_RESTART], 0);
  begin_stream (self);
  rw_input_format_add (&self->format, caps);
}

static void
record (RwJournalSink *self, RwFrame *frame, RwTalkGateMode mode)
{
  gint64 now_us = g_get_monotonic_time ();
  RwFrame *held;

  if (mode == RW_TALK_GATE_HOLD) {
    rw_talk_gate_hold (self->gate, frame, now_us);
    return;
  }
  while ((held = rw_talk_gate_pop (self->gate, now_us)) != NULL) {
    rw_transmitter_append (self->transmitter, held);
    g_free (held);
  }
  rw_transmitter_append (self->transmitter, frame);
}

/* The talk key may be a GstController's: it follows the audio's time. */
static void
sync_controlled_values (GstBaseSink *sink, GstBuffer *buffer)
{
  guint64 stream_ns = gst_segment_to_stream_time (
      &sink->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));

  if (GST_OBJECT_PARENT (sink) != NULL && GST_CLOCK_TIME_IS_VALID (stream_ns))
    gst_object_sync_values (GST_OBJECT_PARENT (sink), stream_ns);
}

static GstFlowReturn
rw_journal_sink_render (GstBaseSink *sink, GstBuffer *buffer)
{
  RwJournalSink *self = RW_JOURNAL_SINK (sink);
  GstClockTime running_ns;
  RwTalkGateMode mode;
  gboolean is_moved;
  GstMapInfo map;
  RwFrame frame = {0};

  if (self->format.refused)
    return GST_FLOW_NOT_NEGOTIATED;
  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return GST_FLOW_ERROR;
  if (!is_audio (self, buffer, &map)) {
    gst_buffer_unmap (buffer, &map);
    return GST_FLOW_OK;
  }
  sync_controlled_values (sink, buffer);
  running_ns = gst_segment_to_running_time (&sink->segment, GST_FORMAT_TIME,
                                            GST_BUFFER_PTS (buffer));
  mode = rw_talk_gate_check (self->gate, running_ns);
  if (mode == RW_TALK_GATE_CLOSED) {
    gst_buffer_unmap (buffer, &map);
    return GST_FLOW_OK;
  }
  if (self->has_ended)
    restart (self);
  frame.duration = rw_input_packet_get_duration (buffer, &map);
  frame.running_time_ns =
      rw_input_time_map (&self->time, running_ns, frame.duration, &is_moved);
  frame.capture_time_ns = rw_capture_time_get (
      &self->capture_time, buffer,
      frame.running_time_ns - (guint64) self->time.shift_ns);
  frame.format = self->format.index;
  frame.flags =
      GST_BUFFER_IS_DISCONT (buffer) || is_moved ? RW_FRAME_FLAG_DISCONT : 0;
  frame.size = map.size;
  frame.data = map.data;
  record (self, &frame, mode);
  gst_buffer_unmap (buffer, &map);
  return GST_FLOW_OK;
}

/* Live input comes at its own pace and is never delayed. */
static void
choose_pace (RwJournalSink *self)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  gboolean is_live = FALSE;
  gboolean is_paced;

  if (gst_pad_peer_query (GST_BASE_SINK_PAD (self), query))
    gst_query_parse_latency (query, &is_live, NULL, NULL);
  is_paced = rw_journal_sink_get_sync (self) && !is_live;
  GST_INFO_OBJECT (self, "%s input, %s", is_live ? "live" : "non-live",
                   is_paced ? "paced by the clock" : "taken as it comes");
  gst_base_sink_set_sync (GST_BASE_SINK (self), is_paced);
}

/* A gap of the input (silence that was not encoded) needs no frame: the running
 * times show it. */
static gboolean
rw_journal_sink_event (GstBaseSink *sink, GstEvent *event)
{
  RwJournalSink *self = RW_JOURNAL_SINK (sink);

  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT &&
      !rw_input_format_check_segment (&self->format, event)) {
    gst_event_unref (event);
    return FALSE;
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT) {
    choose_pace (self);
    if (self->has_ended)
      g_signal_emit (self, signals[SIGNAL_BEGUN], 0);
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    rw_input_time_flush (&self->time);
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS) {
    self->has_ended = TRUE;
    rw_transmitter_end (self->transmitter);
    g_signal_emit (self, signals[SIGNAL_ENDED], 0);
  }
  return GST_BASE_SINK_CLASS (rw_journal_sink_parent_class)
      ->event (sink, event);
}

/* A pause interrupts the wait, a flush or a stop ends it. */
static GstFlowReturn
wait_drained (RwJournalSink *self, RwDrain *drain)
{
  g_autoptr (GstObject) parent = gst_object_get_parent (GST_OBJECT (self));
  GstFlowReturn ret = GST_FLOW_OK;
  RwDrainProgress progress;

  rw_drain_progress_init (&progress, GST_ELEMENT (parent), self->transmitter);
  do {
    *drain = rw_drain_progress_wait (&progress,
                                     rw_journal_sink_get_eos_timeout (self));
    if (*drain == RW_DRAIN_INTERRUPTED)
      ret = gst_base_sink_wait_preroll (GST_BASE_SINK (self));
  } while (*drain == RW_DRAIN_INTERRUPTED && ret == GST_FLOW_OK);
  rw_drain_progress_end (&progress, *drain);
  return ret;
}

/* Holds EOS back until the consumers have acknowledged everything. */
static GstFlowReturn
rw_journal_sink_wait_event (GstBaseSink *sink, GstEvent *event)
{
  RwJournalSink *self = RW_JOURNAL_SINK (sink);
  GstFlowReturn ret = GST_BASE_SINK_CLASS (rw_journal_sink_parent_class)
                          ->wait_event (sink, event);
  RwDrain drain;

  if (ret != GST_FLOW_OK || GST_EVENT_TYPE (event) != GST_EVENT_EOS)
    return ret;
  ret = wait_drained (self, &drain);
  if (ret != GST_FLOW_OK)
    return ret;
  if (drain == RW_DRAIN_TIMED_OUT)
    GST_ELEMENT_WARNING (self, RESOURCE, WRITE,
                         ("Not every consumer acknowledged the last frame "
                          "within eos-timeout; the stream ends without these "
                          "consumers. Raise eos-timeout to wait longer."),
                         (NULL));
  return GST_FLOW_OK;
}

static gboolean
rw_journal_sink_unlock (GstBaseSink *sink)
{
  rw_transmitter_interrupt (RW_JOURNAL_SINK (sink)->transmitter, TRUE);
  return TRUE;
}

static gboolean
rw_journal_sink_unlock_stop (GstBaseSink *sink)
{
  rw_transmitter_interrupt (RW_JOURNAL_SINK (sink)->transmitter, FALSE);
  return TRUE;
}

void
rw_journal_sink_set_eos_timeout (RwJournalSink *self, GstClockTime timeout)
{
  GST_OBJECT_LOCK (self);
  self->eos_timeout = timeout;
  GST_OBJECT_UNLOCK (self);
}

GstClockTime
rw_journal_sink_get_eos_timeout (RwJournalSink *self)
{
  GstClockTime timeout;

  GST_OBJECT_LOCK (self);
  timeout = self->eos_timeout;
  GST_OBJECT_UNLOCK (self);
  return timeout;
}

void
rw_journal_sink_set_sync (RwJournalSink *self, gboolean sync)
{
  GST_OBJECT_LOCK (self);
  self->is_paced = sync;
  GST_OBJECT_UNLOCK (self);
}

gboolean
rw_journal_sink_get_sync (RwJournalSink *self)
{
  gboolean sync;

  GST_OBJECT_LOCK (self);
  sync = self->is_paced;
  GST_OBJECT_UNLOCK (self);
  return sync;
}

static void
rw_journal_sink_finalize (GObject *object)
{
  rw_input_time_clear (&RW_JOURNAL_SINK (object)->time);
  g_clear_object (&RW_JOURNAL_SINK (object)->transmitter);
  G_OBJECT_CLASS (rw_journal_sink_parent_class)->finalize (object);
}

static void
rw_journal_sink_class_init (RwJournalSinkClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSinkClass *sink_class = GST_BASE_SINK_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = rw_journal_sink_finalize;
  sink_class->start = rw_journal_sink_start;
  sink_class->set_caps = rw_journal_sink_set_caps;
  sink_class->render = rw_journal_sink_render;
  sink_class->event = rw_journal_sink_event;
  sink_class->wait_event = rw_journal_sink_wait_event;
  sink_class->unlock = rw_journal_sink_unlock;
  sink_class->unlock_stop = rw_journal_sink_unlock_stop;

  /* RwJournalSink::restart: the following frames belong to a new stream; the
   * handler must have begun it in the transmitter when it returns. Emitted on
   * the streaming thread. */
  signals[SIGNAL_RESTART] =
      g_signal_new ("restart", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 0);

  /* RwJournalSink::ended: the last frame is in the journal; consumers may still
   * lack it. ::begun: after that there is input again. Emitted on the streaming
   * thread. */
  signals[SIGNAL_ENDED] =
      g_signal_new ("ended", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_BEGUN] =
      g_signal_new ("begun", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 0);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (
      element_class, "Journal sink", "Sink/Network",
      "Appends Opus packets to the journal of resilientwebrtcsink",
      "gst-resilient-webrtc developers");
  GST_DEBUG_CATEGORY_INIT (rw_journal_sink_debug, "resilientwebrtcjournal", 0,
                           "resilient WebRTC journal");
}

static void
rw_journal_sink_init (RwJournalSink *self)
{
  self->is_paced = TRUE;
  self->eos_timeout = RW_DEFAULT_EOS_TIMEOUT;
  gst_base_sink_set_sync (GST_BASE_SINK (self), FALSE);
  gst_base_sink_set_async_enabled (GST_BASE_SINK (self), FALSE);
}

GstElement *
rw_journal_sink_new (RwTransmitter *transmitter, RwTalkGate *gate)
{
  RwJournalSink *self = g_object_new (RW_TYPE_JOURNAL_SINK, "name", "journal",
                                      "enable-last-sample", FALSE, NULL);

  self->transmitter = g_object_ref (transmitter);
  self->gate = gate;
  return GST_ELEMENT (self);
}

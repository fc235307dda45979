/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-journal-sink.h"

#include <string.h>

#include "rw-opus-packet.h"

/* From GstBuffer to RwFrame; see the header. */

GST_DEBUG_CATEGORY_STATIC (rw_journal_sink_debug);
#define GST_CAT_DEFAULT rw_journal_sink_debug

/* A capture time is running time plus the wall clock's offset to it; the
 * offset is kept until it is wrong by more than this, so that frames a whole
 * number of samples apart are told to be so. */
#define MAX_CAPTURE_ERROR_NS (2 * GST_MSECOND)

struct _RwJournalSink {
  GstBaseSink parent_instance;

  RwTransmitter *transmitter;
  GstClockTime eos_timeout; /* object lock */

  /* Streaming thread. */
  gint format;
  guint64 next_running_time_ns; /* where a frame is due if none is missing */
  gint64 shift_ns;              /* of running times, see keep_going() */
  gint64 appended_us;           /* when the last frame was */
  gboolean was_flushed;
  gboolean has_ended; /* this stream; what follows is another one */
  gint64 capture_offset_ns;
  gboolean warned_size;
  gboolean refused; /* caps or segment; told once, though they come again */
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS ("audio/x-opus"));

enum { SIGNAL_RESTART, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (RwJournalSink, rw_journal_sink, GST_TYPE_BASE_SINK)

static void
begin_stream (RwJournalSink *self)
{
  self->format = -1;
  self->next_running_time_ns = RW_TIME_NONE;
  self->shift_ns = 0;
  self->was_flushed = FALSE;
  self->has_ended = FALSE;
  self->capture_offset_ns = G_MININT64;
}

static gboolean
rw_journal_sink_start (GstBaseSink *sink)
{
  RwJournalSink *self = RW_JOURNAL_SINK (sink);

  begin_stream (self);
  self->warned_size = FALSE;
  self->refused = FALSE;
  return TRUE;
}

/* The stream headers are told once, in the caps; very long comments in them
 * are of no use to a decoder. */
static gboolean
add_format (RwJournalSink *self, GstCaps *caps)
{
  g_autofree char *text = gst_caps_to_string (caps);
  g_autoptr (GstCaps) lean = NULL;

  self->format = rw_transmitter_add_format (self->transmitter, text);
  if (self->format >= 0)
    return TRUE;
  g_free (text);
  lean = gst_caps_copy (caps);
  gst_structure_remove_field (gst_caps_get_structure (lean, 0), "streamheader");
  text = gst_caps_to_string (lean);
  self->format = rw_transmitter_add_format (self->transmitter, text);
  return self->format >= 0;
}

static gboolean
rw_journal_sink_set_caps (GstBaseSink *sink, GstCaps *caps)
{
  RwJournalSink *self = RW_JOURNAL_SINK (sink);
  gint family = 0;

  if (self->refused)
    return FALSE;
  gst_structure_get_int (gst_caps_get_structure (caps, 0),
                         "channel-mapping-family", &family);
  if (family != 0) {
    self->refused = TRUE;
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
                       ("WebRTC carries Opus with one or two channels; this "
                        "stream has mapping family %d. Mix it down before "
                        "encoding, or send raw audio and let this element do "
                        "it.",
                        family),
                       ("caps %" GST_PTR_FORMAT, caps));
    return FALSE;
  }
  if (add_format (self, caps))
    return TRUE;
  self->refused = TRUE;
  GST_ELEMENT_ERROR (self, STREAM, FORMAT,
                     ("Caps of more than %u bytes, or changed more than %u "
                      "times in one stream",
                      RW_FORMAT_MAX_LENGTH, RW_JOURNAL_MAX_FORMATS),
                     (NULL));
  return FALSE;
}

static gint64
capture_time (RwJournalSink *self, GstBuffer *buffer, guint64 running_time_ns)
{
  static GstStaticCaps unix_caps = GST_STATIC_CAPS ("timestamp/x-unix");
  g_autoptr (GstCaps) caps = gst_static_caps_get (&unix_caps);
  GstReferenceTimestampMeta *meta =
      gst_buffer_get_reference_timestamp_meta (buffer, caps);
  g_autoptr (GstClock) clock = NULL;
  gint64 offset_ns;

  if (meta)
    return meta->timestamp;
  clock = gst_element_get_clock (GST_ELEMENT (self));
  if (clock == NULL)
    return RW_CAPTURE_TIME_NONE;
  offset_ns = g_get_real_time () * 1000 -
              (gint64) (gst_clock_get_time (clock) -
                        gst_element_get_base_time (GST_ELEMENT (self)));
  if (self->capture_offset_ns == G_MININT64 || /* not known yet */
      ABS (offset_ns - self->capture_offset_ns) > (gint64) MAX_CAPTURE_ERROR_NS)
    self->capture_offset_ns = offset_ns;
  return self->capture_offset_ns + running_time_ns;
}

/* RTP has no word for an empty packet, headers are in the caps already, and
 * what is not Opus would only fail at the receiver. */
static gboolean
is_audio (RwJournalSink *self, GstBuffer *buffer, const GstMapInfo *map)
{
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER) || map->size == 0)
    return FALSE;
  if (map->size >= 8 && (memcmp (map->data, "OpusHead", 8) == 0 ||
                         memcmp (map->data, "OpusTags", 8) == 0))
    return FALSE;
  if (map->size <= RW_FRAME_MAX_SIZE &&
      rw_opus_packet_duration (map->data, map->size) != 0)
    return TRUE;

  if (!self->warned_size)
    GST_ELEMENT_WARNING (self, STREAM, FORMAT,
                         ("Dropped a buffer of %" G_GSIZE_FORMAT
                          " bytes that is not an Opus packet",
                          map->size),
                         ("further ones are dropped without a message"));
  self->warned_size = TRUE;
  return FALSE;
}

static guint16
duration_in_samples (GstBuffer *buffer, const GstMapInfo *map)
{
  guint packet = rw_opus_packet_duration (map->data, map->size);
  guint64 told;

  if (!GST_BUFFER_DURATION_IS_VALID (buffer))
    return packet;
  told = gst_util_uint64_scale_round (GST_BUFFER_DURATION (buffer),
                                      RW_FRAME_RATE, GST_SECOND);
  return told == 0 || told > packet ? packet : told;
}

/* After a flush (a seek) running time may begin at zero again. To those who
 * listen it is one stream: the frame is as far behind the last one as it comes
 * later. */
static void
keep_going (RwJournalSink *self, guint64 time_ns, guint16 duration)
{
  gint64 pause_ns = (g_get_monotonic_time () - self->appended_us) * 1000 -
                    (gint64) rw_frame_samples_to_ns (duration);

  if (self->was_flushed && self->next_running_time_ns != RW_TIME_NONE &&
      (gint64) time_ns + self->shift_ns < (gint64) self->next_running_time_ns)
    self->shift_ns =
        (gint64) (self->next_running_time_ns - time_ns) + MAX (pause_ns, 0);
  self->was_flushed = FALSE;
}

static guint64
running_time (RwJournalSink *self, GstBuffer *buffer, guint16 duration)
{
  guint64 time_ns = gst_segment_to_running_time (
      &GST_BASE_SINK (self)->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));

  if (GST_CLOCK_TIME_IS_VALID (time_ns)) {
    keep_going (self, time_ns, duration);
    return time_ns + self->shift_ns;
  }
  return self->next_running_time_ns == RW_TIME_NONE
             ? 0
             : self->next_running_time_ns;
}

/* An ended stream takes no more frames. */
static void
restart (RwJournalSink *self)
{
  g_autoptr (GstCaps) caps =
      gst_pad_get_current_caps (GST_BASE_SINK_PAD (self));

  GST_INFO_OBJECT (self, "audio after the end: a new stream");
  g_signal_emit (self, signals[SIGNAL_RESTART], 0);
  begin_stream (self);
  add_format (self, caps);
}

static GstFlowReturn
rw_journal_sink_render (GstBaseSink *sink, GstBuffer *buffer)
{
  RwJournalSink *self = RW_JOURNAL_SINK (sink);
  GstMapInfo map;
  RwFrame frame = {0};

  if (self->refused)
    return GST_FLOW_NOT_NEGOTIATED;
  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return GST_FLOW_ERROR;
  if (!is_audio (self, buffer, &map)) {
    gst_buffer_unmap (buffer, &map);
    return GST_FLOW_OK;
  }
  if (self->has_ended)
    restart (self);
  frame.duration = duration_in_samples (buffer, &map);
  frame.running_time_ns = running_time (self, buffer, frame.duration);
  frame.capture_time_ns =
      capture_time (self, buffer, frame.running_time_ns - self->shift_ns);
  frame.format = self->format;
  frame.flags = GST_BUFFER_IS_DISCONT (buffer) ? RW_FRAME_FLAG_DISCONT : 0;
  frame.size = map.size;
  frame.data = map.data;
  self->next_running_time_ns = rw_frame_end_ns (&frame);
  self->appended_us = g_get_monotonic_time ();
  rw_transmitter_append (self->transmitter, &frame);
  gst_buffer_unmap (buffer, &map);
  return GST_FLOW_OK;
}

/* Frames are kept, paced and played by their running times. */
static gboolean
has_times (RwJournalSink *self, GstEvent *event)
{
  const GstSegment *segment;

  gst_event_parse_segment (event, &segment);
  if (segment->format == GST_FORMAT_TIME)
    return TRUE;
  if (!self->refused)
    GST_ELEMENT_ERROR (self, STREAM, FORMAT,
                       ("The input's segment is in %s, not in time: Opus "
                        "without times cannot be played. Set format=time on "
                        "an appsrc, or put an opusparse upstream.",
                        gst_format_get_name (segment->format)),
                       (NULL));
  self->refused = TRUE;
  return FALSE;
}

/* A gap of the input's own (silence that was not encoded) needs no frame:
 * running times tell it. */
static gboolean
rw_journal_sink_event (GstBaseSink *sink, GstEvent *event)
{
  RwJournalSink *self = RW_JOURNAL_SINK (sink);

  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT && !has_times (self, event)) {
    gst_event_unref (event);
    return FALSE;
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    self->was_flushed = TRUE;
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS) {
    self->has_ended = TRUE;
    rw_transmitter_end (self->transmitter);
  }
  return GST_BASE_SINK_CLASS (rw_journal_sink_parent_class)
      ->event (sink, event);
}

/* Holds EOS back until the consumers have everything. */
static GstFlowReturn
rw_journal_sink_wait_event (GstBaseSink *sink, GstEvent *event)
{
  RwJournalSink *self = RW_JOURNAL_SINK (sink);
  GstFlowReturn ret = GST_BASE_SINK_CLASS (rw_journal_sink_parent_class)
                          ->wait_event (sink, event);
  RwDrain drain;

  if (ret != GST_FLOW_OK || GST_EVENT_TYPE (event) != GST_EVENT_EOS)
    return ret;
  while ((drain = rw_transmitter_wait_drained (
              self->transmitter, rw_journal_sink_get_eos_timeout (self))) ==
         RW_DRAIN_INTERRUPTED) {
    ret = gst_base_sink_wait_preroll (sink);
    if (ret != GST_FLOW_OK)
      return ret;
  }
  if (drain == RW_DRAIN_TIMED_OUT)
    GST_ELEMENT_WARNING (
        self, RESOURCE, WRITE,
        ("Not every consumer acknowledged the last frame within eos-timeout; "
         "the stream ends without them"),
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

static void
rw_journal_sink_finalize (GObject *object)
{
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

  /* RwJournalSink::restart: what comes now belongs to a new stream; the
   * transmitter has to be at the begin of one when the handler returns. Comes
   * on the streaming thread. */
  signals[SIGNAL_RESTART] =
      g_signal_new ("restart", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
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
  self->eos_timeout = RW_DEFAULT_EOS_TIMEOUT;
  self->format = -1;
  gst_base_sink_set_sync (GST_BASE_SINK (self), FALSE);
  gst_base_sink_set_async_enabled (GST_BASE_SINK (self), FALSE);
}

GstElement *
rw_journal_sink_new (RwTransmitter *transmitter)
{
  RwJournalSink *self = g_object_new (RW_TYPE_JOURNAL_SINK, "name", "journal",
                                      "enable-last-sample", FALSE, NULL);

  self->transmitter = g_object_ref (transmitter);
  return GST_ELEMENT (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-silence-filler.h"

#include <gst/audio/audio.h>

/* See the header. */

/* A decoder's own rounding leaves shorter holes. */
#define MIN_HOLE (5 * GST_MSECOND)

/* Silence is put out in pieces no longer than this. */
#define MAX_PIECE (1 * GST_SECOND)

struct _RwSilenceFiller {
  GstElement parent_instance;

  GstPad *sink_pad; /* both owned by the element */
  GstPad *src_pad;

  GstAudioInfo info;
  gboolean has_info;
  GstClockTime end; /* of the audio so far, stream time of the segment */
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS ("audio/x-raw"));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS ("audio/x-raw"));

G_DEFINE_FINAL_TYPE (RwSilenceFiller, rw_silence_filler, GST_TYPE_ELEMENT)

static GstBuffer *
make_silence (RwSilenceFiller *self, GstClockTime start, GstClockTime duration)
{
  gsize n_samples = gst_util_uint64_scale_round (
      duration, GST_AUDIO_INFO_RATE (&self->info), GST_SECOND);
  gsize size = n_samples * GST_AUDIO_INFO_BPF (&self->info);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  gst_audio_format_info_fill_silence (self->info.finfo, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = start;
  GST_BUFFER_DURATION (buffer) = duration;
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
  return buffer;
}

/* From the end of the audio to @time. */
static GstFlowReturn
fill (RwSilenceFiller *self, GstClockTime time)
{
  GstFlowReturn ret = GST_FLOW_OK;

  if (!self->has_info || !GST_CLOCK_TIME_IS_VALID (self->end) ||
      time < self->end + MIN_HOLE)
    return GST_FLOW_OK;
  while (ret == GST_FLOW_OK && self->end < time) {
    GstClockTime duration = MIN (time - self->end, MAX_PIECE);
    GstBuffer *buffer = make_silence (self, self->end, duration);

    self->end += duration;
    ret = gst_pad_push (self->src_pad, buffer);
  }
  return ret;
}

static GstFlowReturn
on_buffer (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  RwSilenceFiller *self = RW_SILENCE_FILLER (parent);
  GstFlowReturn ret;

  if (GST_BUFFER_PTS_IS_VALID (buffer)) {
    ret = fill (self, GST_BUFFER_PTS (buffer));
    if (ret != GST_FLOW_OK) {
      gst_buffer_unref (buffer);
      return ret;
    }
    self->end = GST_BUFFER_PTS (buffer);
  }
  if (GST_BUFFER_DURATION_IS_VALID (buffer) &&
      GST_CLOCK_TIME_IS_VALID (self->end))
    self->end += GST_BUFFER_DURATION (buffer);
  return gst_pad_push (self->src_pad, buffer);
}

/* The silence that takes its place states the same. */
static gboolean
on_gap (RwSilenceFiller *self, GstEvent *event)
{
  GstClockTime start, duration;

  gst_event_parse_gap (event, &start, &duration);
  if (!self->has_info || !GST_CLOCK_TIME_IS_VALID (self->end) ||
      !GST_CLOCK_TIME_IS_VALID (duration))
    return gst_pad_push_event (self->src_pad, event);
  gst_event_unref (event);
  fill (self, start + duration);
  return TRUE;
}

static gboolean
on_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  RwSilenceFiller *self = RW_SILENCE_FILLER (parent);
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_CAPS:
    gst_event_parse_caps (event, &caps);
    self->has_info = gst_audio_info_from_caps (&self->info, caps);
    break;
  case GST_EVENT_SEGMENT:
  case GST_EVENT_FLUSH_STOP:
    self->end = GST_CLOCK_TIME_NONE;
    break;
  case GST_EVENT_GAP:
    return on_gap (self, event);
  default:
    break;
  }
  return gst_pad_event_default (pad, parent, event);
}

static void
rw_silence_filler_class_init (RwSilenceFillerClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (
      element_class, "Silence filler", "Filter/Audio",
      "Makes raw audio as long as the time it covers",
      "gst-resilient-webrtc developers");
}

static void
rw_silence_filler_init (RwSilenceFiller *self)
{
  self->end = GST_CLOCK_TIME_NONE;
  self->sink_pad = gst_pad_new_from_static_template (&sink_template, "sink");
  self->src_pad = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_chain_function (self->sink_pad, on_buffer);
  gst_pad_set_event_function (self->sink_pad, on_event);
  GST_PAD_SET_PROXY_CAPS (self->sink_pad);
  GST_PAD_SET_PROXY_CAPS (self->src_pad);
  GST_PAD_SET_PROXY_ALLOCATION (self->sink_pad);
  gst_element_add_pad (GST_ELEMENT (self), self->sink_pad);
  gst_element_add_pad (GST_ELEMENT (self), self->src_pad);
}

GstElement *
rw_silence_filler_new (void)
{
  return g_object_new (RW_TYPE_SILENCE_FILLER, "name", "silence", NULL);
}

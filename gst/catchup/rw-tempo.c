/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-tempo.h"

/* See the header. */

struct _RwTempo {
  GstElement *pitch;
  GstPad *feed;  /* into it */
  GstPad *drain; /* out of it */
  guint sample_rate;
  guint channels;
  guint64 n_frames; /* fed so far */
  GArray *out;      /* of the call under way */
};

static GstFlowReturn
on_output (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  RwTempo *self = gst_pad_get_element_private (pad);
  GstMapInfo map;

  if (gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    g_array_append_vals (self->out, map.data, map.size / sizeof (gfloat));
    gst_buffer_unmap (buffer, &map);
  }
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static gboolean
on_output_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  gst_event_unref (event);
  return TRUE;
}

static void
link_pads (RwTempo *self)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (self->pitch, "sink");
  g_autoptr (GstPad) src = gst_element_get_static_pad (self->pitch, "src");

  self->feed = gst_pad_new ("feed", GST_PAD_SRC);
  self->drain = gst_pad_new ("drain", GST_PAD_SINK);
  gst_pad_set_element_private (self->drain, self);
  gst_pad_set_chain_function (self->drain, on_output);
  gst_pad_set_event_function (self->drain, on_output_event);
  gst_pad_link (self->feed, sink);
  gst_pad_link (src, self->drain);
  gst_pad_set_active (self->feed, TRUE);
  gst_pad_set_active (self->drain, TRUE);
}

static void
push_first_events (RwTempo *self)
{
  g_autoptr (GstCaps) caps = NULL;
  GstAudioInfo info;
  GstSegment segment;

  gst_audio_info_set_format (&info, GST_AUDIO_FORMAT_F32,
                             (gint) self->sample_rate, (gint) self->channels,
                             NULL);
  caps = gst_audio_info_to_caps (&info);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (self->feed, gst_event_new_stream_start ("rw-tempo"));
  gst_pad_push_event (self->feed, gst_event_new_caps (caps));
  gst_pad_push_event (self->feed, gst_event_new_segment (&segment));
}

RwTempo *
rw_tempo_new (guint sample_rate, guint channels, double rate)
{
  GstElement *pitch = gst_element_factory_make ("pitch", NULL);
  RwTempo *self;

  if (pitch == NULL)
    return NULL;
  self = g_new0 (RwTempo, 1);
  self->pitch = gst_object_ref_sink (pitch);
  self->sample_rate = sample_rate;
  self->channels = channels;
  g_object_set (pitch, "tempo", (gfloat) rate, NULL);
  link_pads (self);
  gst_element_set_state (pitch, GST_STATE_PLAYING);
  push_first_events (self);
  return self;
}

void
rw_tempo_free (RwTempo *self)
{
  if (self == NULL)
    return;
  gst_pad_set_active (self->drain, FALSE);
  gst_element_set_state (self->pitch, GST_STATE_NULL);
  gst_pad_set_active (self->feed, FALSE);
  gst_clear_object (&self->feed);
  gst_clear_object (&self->drain);
  gst_clear_object (&self->pitch);
  g_free (self);
}

static GstClockTime
get_time (const RwTempo *self)
{
  return gst_util_uint64_scale (self->n_frames, GST_SECOND, self->sample_rate);
}

void
rw_tempo_process (RwTempo *self, const gfloat *samples, gsize n_frames,
                  GArray *out)
{
  gsize size = n_frames * self->channels * sizeof (gfloat);
  GstBuffer *buffer = gst_buffer_new_memdup (samples, size);

  GST_BUFFER_PTS (buffer) = get_time (self);
  self->n_frames += n_frames;
  GST_BUFFER_DURATION (buffer) = get_time (self) - GST_BUFFER_PTS (buffer);
  self->out = out;
  gst_pad_push (self->feed, buffer);
  self->out = NULL;
}

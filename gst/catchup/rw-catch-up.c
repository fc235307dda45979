/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-catch-up.h"

#include "rw-output-times.h"
#include "rw-pause.h"
#include "rw-sample-buffer.h"
#include "rw-stretch.h"

/* See the header.
 *
 * Two ends are followed: that of the input, by its own times, and that of the
 * output. Their difference, and what the stretch holds, is by how much the
 * output is behind. */

GST_DEBUG_CATEGORY_STATIC (rw_catch_up_debug);
#define GST_CAT_DEFAULT rw_catch_up_debug

/* Behind by more: the tempo is raised until it is behind by less than ON_TIME,
 * which the next pause makes good. */
#define LATE    (40 * GST_MSECOND)
#define ON_TIME (20 * GST_MSECOND)

/* A decoder's own rounding leaves shorter holes. */
#define MIN_HOLE (5 * GST_MSECOND)

struct _RwCatchUp {
  GstElement parent_instance;

  GstPad *sink_pad; /* both owned by the element */
  GstPad *src_pad;

  /* Object lock. */
  double rate;
  GstClockTime latency; /* of the pipeline */
  GstClockTime behind;

  /* Streaming thread. */
  GstAudioInfo info; /* of no format: audio passes as it is */
  RwOutputTimes times;
  RwPause pause;
  RwStretch *stretch; /* while it catches up */
  GArray *in;         /* gfloat: the present buffer */
  GArray *out;
  GstBuffer *newest; /* that has gone into the stretch */
};

#define CAPS                                                                   \
  "audio/x-raw, layout = interleaved, "                                        \
  "format = { " GST_AUDIO_NE (S16) ", " GST_AUDIO_NE (F32) " }"

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));

G_DEFINE_FINAL_TYPE (RwCatchUp, rw_catch_up, GST_TYPE_ELEMENT)

static guint
get_channels (const RwCatchUp *self)
{
  return (guint) GST_AUDIO_INFO_CHANNELS (&self->info);
}

static GstClockTime
frames_to_time (const RwCatchUp *self, guint64 n_frames)
{
  return gst_util_uint64_scale (n_frames, GST_SECOND,
                                GST_AUDIO_INFO_RATE (&self->info));
}

static GstFlowReturn
push (RwCatchUp *self, GstBuffer *buffer, GstClockTime pts,
      GstClockTime duration)
{
  buffer = gst_buffer_make_writable (buffer);
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = duration;
  if (self->times.is_discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  self->times.is_discont = FALSE;
  self->times.out_end = pts + duration;
  return gst_pad_push (self->src_pad, buffer);
}

/* The output of the stretch so far. */
static GstFlowReturn
push_out (RwCatchUp *self)
{
  GstBuffer *buffer;
  GstClockTime duration;

  if (self->out->len == 0)
    return GST_FLOW_OK;
  duration = frames_to_time (self, self->out->len / get_channels (self));
  buffer = rw_sample_buffer_new (self->out, &self->info);
  gst_buffer_copy_into (buffer, self->newest, GST_BUFFER_COPY_META, 0, -1);
  g_array_set_size (self->out, 0);
  return push (self, buffer, self->times.out_end, duration);
}

static gint64
get_behind (const RwCatchUp *self)
{
  gint64 behind = rw_output_times_get_behind (&self->times);

  if (self->stretch)
    behind += (gint64) frames_to_time (
        self, (guint64) MAX (rw_stretch_get_held (self->stretch), 0));
  return behind;
}

static void
note_behind (RwCatchUp *self, gint64 behind)
{
  GST_OBJECT_LOCK (self);
  self->behind = (GstClockTime) MAX (behind, 0);
  GST_OBJECT_UNLOCK (self);
}

static GstFlowReturn
finish_stretch (RwCatchUp *self)
{
  GstFlowReturn ret;

  if (self->stretch == NULL)
    return GST_FLOW_OK;
  rw_stretch_finish (self->stretch, self->out);
  ret = push_out (self);
  g_clear_pointer (&self->stretch, rw_stretch_free);
  GST_INFO_OBJECT (self, "on time again, %" G_GINT64_FORMAT " us behind",
                   get_behind (self) / 1000);
  return ret;
}

static void
post_missing_pitch (RwCatchUp *self)
{
  GST_ELEMENT_WARNING (
      self, CORE, MISSING_PLUGIN,
      ("Cannot catch up: the element \"pitch\" is missing, so that late audio "
       "stays late until pauses make it good. Install "
       "gstreamer1.0-plugins-bad."),
      (NULL));
}

static void
start_stretch (RwCatchUp *self, gint64 behind)
{
  double rate;

  GST_OBJECT_LOCK (self);
  rate = self->rate;
  GST_OBJECT_UNLOCK (self);
  if (rate <= 1)
    return;
  GST_INFO_OBJECT (self, "behind by %" G_GINT64_FORMAT " ms: tempo %.2f",
                   behind / (gint64) GST_MSECOND, rate);
  self->stretch = rw_stretch_new ((guint) GST_AUDIO_INFO_RATE (&self->info),
                                  get_channels (self), rate);
  if (self->stretch)
    return;
  post_missing_pitch (self);
  rw_catch_up_set_rate (self, 1);
}

static GstFlowReturn
stretch (RwCatchUp *self)
{
  GstFlowReturn ret;

  rw_stretch_process (self->stretch, (gfloat *) (gpointer) self->in->data,
                      self->in->len / get_channels (self), self->out);
  ret = push_out (self);
  if (ret == GST_FLOW_OK && get_behind (self) < (gint64) ON_TIME)
    ret = finish_stretch (self);
  return ret;
}

/* A hole is longer than the output is behind: the rest of it stays a hole. */
static GstFlowReturn
cross_hole (RwCatchUp *self, GstClockTime pts)
{
  if (self->stretch && GST_CLOCK_DIFF (self->times.in_end, pts) >
                           MAX (get_behind (self), 0) + (gint64) MIN_HOLE)
    return finish_stretch (self);
  return GST_FLOW_OK;
}

static GstFlowReturn
take (RwCatchUp *self, GstBuffer *buffer, gsize n_frames)
{
  GstClockTime duration = frames_to_time (self, n_frames), cut;
  gint64 behind;

  self->times.in_end = GST_BUFFER_PTS (buffer) + duration;
  behind = get_behind (self) + (gint64) duration;
  cut = rw_pause_shorten (&self->pause, self->in, duration, behind);
  if (self->stretch == NULL && cut < duration && behind > (gint64) LATE)
    start_stretch (self, behind);
  note_behind (self, behind);
  if (cut == duration) {
    gst_buffer_unref (buffer);
    return GST_FLOW_OK;
  }
  if (self->stretch) {
    gst_clear_buffer (&self->newest);
    self->newest = buffer;
    return stretch (self);
  }
  if (cut > 0)
    buffer = gst_audio_buffer_truncate (
        buffer, GST_AUDIO_INFO_BPF (&self->info),
        gst_util_uint64_scale (cut, GST_AUDIO_INFO_RATE (&self->info),
                               GST_SECOND),
        (gsize) -1);
  return push (self, buffer, self->times.out_end, duration - cut);
}

static GstFlowReturn
on_buffer (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  RwCatchUp *self = RW_CATCH_UP (parent);
  GstFlowReturn ret;
  gsize n_frames;

  if (!GST_AUDIO_INFO_IS_VALID (&self->info) ||
      !GST_BUFFER_PTS_IS_VALID (buffer))
    return gst_pad_push (self->src_pad, buffer);
  ret = cross_hole (self, GST_BUFFER_PTS (buffer));
  n_frames = rw_sample_buffer_read (buffer, &self->info, self->in);
  if (ret != GST_FLOW_OK || n_frames == 0) {
    gst_buffer_unref (buffer);
    return ret;
  }
  GST_OBJECT_LOCK (self);
  self->times.latency = self->latency;
  GST_OBJECT_UNLOCK (self);
  rw_output_times_place (&self->times, GST_BUFFER_PTS (buffer),
                         self->stretch != NULL);
  return take (self, buffer, n_frames);
}

/* A hole without audio makes good what it can, and the rest of it stays. */
static gboolean
on_gap (RwCatchUp *self, GstEvent *event)
{
  GstClockTime start, duration, end;

  gst_event_parse_gap (event, &start, &duration);
  if (!GST_CLOCK_TIME_IS_VALID (self->times.out_end) ||
      !GST_CLOCK_TIME_IS_VALID (duration))
    return gst_pad_push_event (self->src_pad, event);
  gst_event_unref (event);
  end = start + duration;
  cross_hole (self, end);
  self->times.in_end = MAX (self->times.in_end, end);
  if (self->stretch || end <= self->times.out_end)
    return TRUE;
  start = self->times.out_end;
  self->times.out_end = end;
  return gst_pad_push_event (self->src_pad,
                             gst_event_new_gap (start, end - start));
}

static void
forget (RwCatchUp *self)
{
  g_clear_pointer (&self->stretch, rw_stretch_free);
  gst_clear_buffer (&self->newest);
  rw_output_times_reset (&self->times);
  self->pause = (RwPause){0};
  note_behind (self, 0);
}

static void
set_caps (RwCatchUp *self, GstEvent *event)
{
  GstCaps *caps;

  finish_stretch (self);
  gst_event_parse_caps (event, &caps);
  if (!gst_audio_info_from_caps (&self->info, caps))
    gst_audio_info_init (&self->info);
}

static gboolean
on_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  RwCatchUp *self = RW_CATCH_UP (parent);

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_CAPS:
    set_caps (self, event);
    break;
  case GST_EVENT_SEGMENT:
    finish_stretch (self);
    forget (self);
    gst_event_copy_segment (event, &self->times.segment);
    break;
  case GST_EVENT_FLUSH_STOP:
    forget (self);
    break;
  case GST_EVENT_EOS:
    finish_stretch (self);
    break;
  case GST_EVENT_GAP:
    return on_gap (self, event);
  default:
    break;
  }
  return gst_pad_event_default (pad, parent, event);
}

static void
rw_catch_up_finalize (GObject *object)
{
  RwCatchUp *self = RW_CATCH_UP (object);

  g_clear_pointer (&self->stretch, rw_stretch_free);
  gst_clear_buffer (&self->newest);
  g_array_unref (self->in);
  g_array_unref (self->out);
  G_OBJECT_CLASS (rw_catch_up_parent_class)->finalize (object);
}

static void
rw_catch_up_class_init (RwCatchUpClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = rw_catch_up_finalize;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (
      element_class, "Catch-up", "Filter/Audio",
      "Plays late audio at a raised tempo until it is on time",
      "gst-resilient-webrtc developers");
  GST_DEBUG_CATEGORY_INIT (rw_catch_up_debug, "resilientwebrtccatchup", 0,
                           "resilient WebRTC catch-up");
}

static void
rw_catch_up_init (RwCatchUp *self)
{
  self->rate = 1;
  self->in = g_array_new (FALSE, FALSE, sizeof (gfloat));
  self->out = g_array_new (FALSE, FALSE, sizeof (gfloat));
  gst_audio_info_init (&self->info);
  self->sink_pad = gst_pad_new_from_static_template (&sink_template, "sink");
  self->src_pad = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_chain_function (self->sink_pad, on_buffer);
  gst_pad_set_event_function (self->sink_pad, on_event);
  GST_PAD_SET_PROXY_CAPS (self->sink_pad);
  GST_PAD_SET_PROXY_CAPS (self->src_pad);
  gst_element_add_pad (GST_ELEMENT (self), self->sink_pad);
  gst_element_add_pad (GST_ELEMENT (self), self->src_pad);
  rw_output_times_init (&self->times, GST_ELEMENT (self));
}

void
rw_catch_up_set_rate (RwCatchUp *self, double rate)
{
  GST_OBJECT_LOCK (self);
  self->rate = rate;
  GST_OBJECT_UNLOCK (self);
}

void
rw_catch_up_set_latency (RwCatchUp *self, GstClockTime latency)
{
  GST_OBJECT_LOCK (self);
  self->latency = latency;
  GST_OBJECT_UNLOCK (self);
}

void
rw_catch_up_finish (RwCatchUp *self)
{
  finish_stretch (self);
}

GstClockTime
rw_catch_up_get_behind (RwCatchUp *self)
{
  GstClockTime behind;

  GST_OBJECT_LOCK (self);
  behind = self->behind;
  GST_OBJECT_UNLOCK (self);
  return behind;
}

GstElement *
rw_catch_up_new (double rate)
{
  RwCatchUp *self = g_object_new (RW_TYPE_CATCH_UP, NULL);

  rw_catch_up_set_rate (self, rate);
  return GST_ELEMENT (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-party-strip.h"

/* See the header. */

struct _RwPartyStrip {
  GstBaseTransform parent_instance;

  RwPartyStripConfig config; /* owns member, ducking and data */
  gint priority;             /* atomic */

  /* Streaming thread. */
  guint n_channels;
  gdouble gain; /* of the sample before; negative: there was none */
  RwPartyLevel level;
};

/* A member may send more channels than two; the mixer folds them. */
#define CAPS                                                                   \
  "audio/x-raw,format=" RW_PARTY_FORMAT                                        \
  ",layout=interleaved,rate=48000,channels=[1,8]"

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));

G_DEFINE_FINAL_TYPE (RwPartyStrip, rw_party_strip, GST_TYPE_BASE_TRANSFORM)

static gboolean
is_received (RwPartyStrip *self)
{
  return self->config.ducking != NULL;
}

static gboolean
rw_party_strip_set_caps (GstBaseTransform *transform, GstCaps *in, GstCaps *out)
{
  gint n_channels = 1;

  gst_structure_get_int (gst_caps_get_structure (in, 0), "channels",
                         &n_channels);
  RW_PARTY_STRIP (transform)->n_channels = (guint) n_channels;
  return TRUE;
}

static gboolean
rw_party_strip_start (GstBaseTransform *transform)
{
  RwPartyStrip *self = RW_PARTY_STRIP (transform);

  self->gain = -1.0;
  self->level = (RwPartyLevel){0};
  return TRUE;
}

static gboolean
rw_party_strip_sink_event (GstBaseTransform *transform, GstEvent *event)
{
  if (is_received (RW_PARTY_STRIP (transform)) &&
      (GST_EVENT_TYPE (event) == GST_EVENT_GAP ||
       GST_EVENT_TYPE (event) == GST_EVENT_EOS)) {
    gst_event_unref (event);
    return TRUE;
  }
  return GST_BASE_TRANSFORM_CLASS (rw_party_strip_parent_class)
      ->sink_event (transform, event);
}

static void
report (RwPartyStrip *self)
{
  gint interval_ms = g_atomic_int_get (self->config.interval_ms);

  if (interval_ms == 0 || self->level.n_frames < (guint64) interval_ms * 48)
    return;
  self->config.report (self->config.data, &self->level);
  self->level = (RwPartyLevel){0};
}

/* The level before the volume decides whether the speaker is calling. */
static gdouble
get_gain (RwPartyStrip *self, const gint16 *samples, guint n_frames)
{
  RwPartyLevel level = {0};
  gdouble gain = rw_party_member_get_gain (self->config.member);
  gdouble peak;

  if (!is_received (self))
    return gain;
  peak = rw_party_level_add (&level, samples, n_frames, self->n_channels);
  return gain *
         rw_party_ducking_note (self->config.ducking, self,
                                (guint) g_atomic_int_get (&self->priority),
                                peak, g_get_monotonic_time ());
}

static void
process (RwPartyStrip *self, gint16 *samples, guint n_frames)
{
  gdouble gain = get_gain (self, samples, n_frames);
  gdouble former = self->gain >= 0.0 ? self->gain : gain;

  if (former < 1.0 || former > 1.0 || gain < 1.0 || gain > 1.0)
    rw_party_level_scale (samples, n_frames, self->n_channels, former, gain);
  self->gain = gain;
  rw_party_level_add (&self->level, samples, n_frames, self->n_channels);
}

static GstFlowReturn
rw_party_strip_transform_ip (GstBaseTransform *transform, GstBuffer *buffer)
{
  RwPartyStrip *self = RW_PARTY_STRIP (transform);
  GstMapInfo map;
  guint n_frames;

  if (is_received (self) &&
      GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP))
    return GST_BASE_TRANSFORM_FLOW_DROPPED;
  if (!gst_buffer_map (buffer, &map, GST_MAP_READWRITE))
    return GST_FLOW_ERROR;
  n_frames = (guint) (map.size / (sizeof (gint16) * self->n_channels));
  if (n_frames > 0)
    process (self, (gint16 *) map.data, n_frames);
  gst_buffer_unmap (buffer, &map);
  report (self);
  return GST_FLOW_OK;
}

static void
rw_party_strip_finalize (GObject *object)
{
  RwPartyStrip *self = RW_PARTY_STRIP (object);

  if (self->config.ducking) {
    rw_party_ducking_forget (self->config.ducking, self);
    rw_party_ducking_unref (self->config.ducking);
  }
  gst_object_unref (self->config.member);
  if (self->config.destroy)
    self->config.destroy (self->config.data);
  G_OBJECT_CLASS (rw_party_strip_parent_class)->finalize (object);
}

static void
rw_party_strip_class_init (RwPartyStripClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = rw_party_strip_finalize;
  transform_class->set_caps = rw_party_strip_set_caps;
  transform_class->start = rw_party_strip_start;
  transform_class->sink_event = rw_party_strip_sink_event;
  transform_class->transform_ip = rw_party_strip_transform_ip;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (
      element_class, "Party line strip", "Filter/Audio",
      "Volume, ducking and level of one member of a party line",
      "gst-resilient-webrtc developers");
}

static void
rw_party_strip_init (RwPartyStrip *self)
{
  self->n_channels = 1;
  self->gain = -1.0;
  gst_base_transform_set_in_place (GST_BASE_TRANSFORM (self), TRUE);
  gst_base_transform_set_gap_aware (GST_BASE_TRANSFORM (self), TRUE);
}

GstElement *
rw_party_strip_new (const RwPartyStripConfig *config)
{
  RwPartyStrip *self =
      g_object_new (RW_TYPE_PARTY_STRIP, "name", config->name, NULL);

  self->config = *config;
  self->config.name = NULL;
  gst_object_ref (config->member);
  if (config->ducking)
    rw_party_ducking_ref (config->ducking);
  return GST_ELEMENT (self);
}

void
rw_party_strip_set_priority (RwPartyStrip *self, guint priority)
{
  g_atomic_int_set (&self->priority, (gint) priority);
}

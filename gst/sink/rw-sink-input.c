/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-sink-input.h"

GST_DEBUG_CATEGORY_STATIC (rw_sink_input_debug);
#define GST_CAT_DEFAULT rw_sink_input_debug

struct _RwSinkInput {
  GstBin *bin;                /* owns us, so no reference */
  GstElement *journal_sink;   /* the bin's */
  GstPad *pad;                /* the bin's */
  RwTransmitter *transmitter; /* the bin's */
  gboolean refused;           /* the caps; posted once */
  gboolean has_folded;        /* more than two channels; posted once */

  GMutex lock;
  GstElement *encoder; /* the bin's; NULL for audio/x-opus */
  RwEncoderSettings settings;
};

static void
apply_settings (RwSinkInput *self)
{
  g_autoptr (GstElement) encoder = NULL;
  RwEncoderSettings settings;
  RwOpusTerms terms;

  g_mutex_lock (&self->lock);
  settings = self->settings;
  if (self->encoder)
    encoder = gst_object_ref (self->encoder);
  g_mutex_unlock (&self->lock);
  if (encoder == NULL)
    return;
  terms = rw_encoder_get_terms (&settings);
  rw_encoder_apply (encoder, &settings);
  rw_audio_terms_set (rw_transmitter_get_terms (self->transmitter), &terms);
}

void
rw_sink_input_set_encoder (RwSinkInput *self, const RwEncoderSettings *settings)
{
  g_mutex_lock (&self->lock);
  self->settings = *settings;
  g_mutex_unlock (&self->lock);
  apply_settings (self);
}

static gboolean
set_target (RwSinkInput *self, GstElement *element)
{
  g_autoptr (GstPad) target = gst_element_get_static_pad (element, "sink");

  return gst_ghost_pad_set_target (GST_GHOST_PAD (self->pad), target);
}

static void
replace_encoder (RwSinkInput *self, GstElement *encoder)
{
  g_mutex_lock (&self->lock);
  self->encoder = encoder;
  g_mutex_unlock (&self->lock);
}

static gboolean
add_encoder (RwSinkInput *self)
{
  g_autoptr (GError) error = NULL;
  RwEncoderSettings settings;
  GstElement *encoder;

  g_mutex_lock (&self->lock);
  settings = self->settings;
  g_mutex_unlock (&self->lock);
  encoder = rw_encoder_new (&settings, &error);
  if (encoder == NULL) {
    self->refused = TRUE;
    GST_ELEMENT_ERROR (self->bin, CORE, MISSING_PLUGIN, ("%s", error->message),
                       (NULL));
    return FALSE;
  }
  gst_bin_add (self->bin, encoder);
  gst_element_link_pads (encoder, "src", self->journal_sink, "sink");
  gst_element_sync_state_with_parent (encoder);
  replace_encoder (self, encoder);
  apply_settings (self); /* a setting may have changed meanwhile */
  return set_target (self, encoder);
}

static gboolean
configure_for_caps (RwSinkInput *self, GstCaps *caps)
{
  gboolean is_raw =
      gst_structure_has_name (gst_caps_get_structure (caps, 0), "audio/x-raw");
  g_autoptr (GstPad) current =
      gst_ghost_pad_get_target (GST_GHOST_PAD (self->pad));

  if (current && is_raw == (self->encoder != NULL))
    return TRUE;
  if (current == NULL)
    return is_raw ? add_encoder (self) : set_target (self, self->journal_sink);
  self->refused = TRUE;
  GST_ELEMENT_ERROR (
      self->bin, STREAM, FORMAT,
      ("The input changed between raw audio and Opus while playing. Put an "
       "opusenc or opusdec upstream, so that the input keeps one format."),
      (NULL));
  return FALSE;
}

static gboolean
check_raw_input (RwSinkInput *self, GstCaps *caps)
{
  g_autoptr (GError) error = NULL;

  if (!gst_structure_has_name (gst_caps_get_structure (caps, 0),
                               "audio/x-raw") ||
      rw_encoder_check_input (caps, &error))
    return TRUE;
  self->refused = TRUE;
  GST_ELEMENT_ERROR (self->bin, STREAM, FORMAT, ("%s", error->message),
                     ("caps %" GST_PTR_FORMAT, caps));
  return FALSE;
}

/* WebRTC carries two channels of what is encoded here. */
static void
fold_input (RwSinkInput *self, GstCaps *caps)
{
  if (self->encoder == NULL || !rw_encoder_fold (self->encoder, caps) ||
      self->has_folded)
    return;
  self->has_folded = TRUE;
  GST_ELEMENT_INFO (
      self->bin, STREAM, FORMAT,
      ("The input has more than two channels; it is mixed down to stereo. To "
       "keep them, feed Opus of an opusenc upstream: resilient receivers get "
       "all channels of it"),
      ("posted once; caps %" GST_PTR_FORMAT, caps));
}

static gboolean
on_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  RwSinkInput *self = pad->eventdata;
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    gst_event_parse_caps (event, &caps);
    if (self->refused || !check_raw_input (self, caps) ||
        !configure_for_caps (self, caps)) {
      gst_event_unref (event);
      return FALSE;
    }
    fold_input (self, caps);
  }
  return gst_pad_event_default (pad, parent, event);
}

/* Before the first caps there is no target pad; the template answers. */
static gboolean
on_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstCaps *filter = NULL, *caps, *result;

  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS) {
    gst_query_parse_caps (query, &filter);
    caps = gst_pad_get_pad_template_caps (pad);
    result = filter ? gst_caps_intersect_full (filter, caps,
                                               GST_CAPS_INTERSECT_FIRST)
                    : gst_caps_ref (caps);
    gst_query_set_caps_result (query, result);
    gst_caps_unref (result);
    gst_caps_unref (caps);
    return TRUE;
  }
  if (GST_QUERY_TYPE (query) == GST_QUERY_ACCEPT_CAPS) {
    gst_query_parse_accept_caps (query, &caps);
    filter = gst_pad_get_pad_template_caps (pad);
    gst_query_set_accept_caps_result (query,
                                      gst_caps_can_intersect (caps, filter));
    gst_caps_unref (filter);
    return TRUE;
  }
  return gst_pad_query_default (pad, parent, query);
}

RwSinkInput *
rw_sink_input_new (GstBin *bin, GstElement *journal_sink,
                   RwTransmitter *transmitter, GstPadTemplate *template)
{
  static gsize has_category = 0;
  RwSinkInput *self = g_new0 (RwSinkInput, 1);

  if (g_once_init_enter (&has_category)) {
    GST_DEBUG_CATEGORY_INIT (rw_sink_input_debug, "resilientwebrtcsink", 0,
                             "resilient WebRTC sink");
    g_once_init_leave (&has_category, 1);
  }
  g_mutex_init (&self->lock);
  self->bin = bin;
  self->journal_sink = journal_sink;
  self->transmitter = transmitter;
  self->pad = gst_ghost_pad_new_no_target_from_template ("sink", template);
  gst_pad_set_event_function_full (self->pad, on_event, self, NULL);
  gst_pad_set_query_function (self->pad, on_query);
  gst_element_add_pad (GST_ELEMENT (bin), self->pad);
  return self;
}

void
rw_sink_input_free (RwSinkInput *self)
{
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
rw_sink_input_reset (RwSinkInput *self)
{
  GstElement *encoder = self->encoder;

  self->refused = FALSE;
  self->has_folded = FALSE;
  gst_ghost_pad_set_target (GST_GHOST_PAD (self->pad), NULL);
  rw_audio_terms_set (rw_transmitter_get_terms (self->transmitter),
                      &(RwOpusTerms){0});
  if (encoder == NULL)
    return;
  replace_encoder (self, NULL);
  gst_element_set_state (encoder, GST_STATE_NULL);
  gst_bin_remove (self->bin, encoder);
}

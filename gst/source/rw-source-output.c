/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-source-output.h"

#include "rw-catch-up.h"
#include "rw-silence-filler.h"

/* See the header. */

GST_DEBUG_CATEGORY_STATIC (rw_source_output_debug);
#define GST_CAT_DEFAULT rw_source_output_debug

struct _RwSourceOutput {
  GstBin *bin;
  GstElement *window;
  GstPad *pad;         /* the bin's ghost pad */
  GstElement *decoder; /* owned by the bin; NULL for audio/x-opus */
  GstElement *filler;  /* behind the decoder */
  GMutex lock;         /* for the next three */
  RwCatchUp *catch_up; /* between them; NULL without */
  double catch_up_rate;
  GstClockTime latency; /* of the pipeline; 0 before it is known */
  gboolean is_diverted;
  int is_relinked; /* atomic */
};

/* The template, whatever the current caps are: a new downstream element is
 * negotiated with anew. */
static void
answer_caps (GstPad *pad, GstQuery *query)
{
  g_autoptr (GstCaps) caps = gst_pad_get_pad_template_caps (pad);
  g_autoptr (GstCaps) result = NULL;
  GstCaps *filter;

  gst_query_parse_caps (query, &filter);
  result =
      filter ? gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST)
             : gst_caps_ref (caps);
  gst_query_set_caps_result (query, result);
}

/* Before the first caps there is no target pad, but the pipeline queries the
 * latency when it begins to play. */
static gboolean
on_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  RwSourceOutput *self = gst_pad_get_element_private (pad);
  g_autoptr (GstPad) target = gst_ghost_pad_get_target (GST_GHOST_PAD (pad));

  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS) {
    answer_caps (pad, query);
    return TRUE;
  }
  if ((target == NULL || self->is_diverted) &&
      GST_QUERY_TYPE (query) == GST_QUERY_LATENCY)
    return gst_element_query (self->window, query);
  return gst_pad_query_default (pad, parent, query);
}

/* The latency, too, is set before the first caps. */
static gboolean
on_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  RwSourceOutput *self = gst_pad_get_element_private (pad);
  g_autoptr (GstPad) target = gst_ghost_pad_get_target (GST_GHOST_PAD (pad));
  g_autoptr (GstPad) window_pad = NULL;

  if (target != NULL || GST_EVENT_TYPE (event) != GST_EVENT_LATENCY)
    return gst_pad_event_default (pad, parent, event);
  window_pad = gst_element_get_static_pad (self->window, "src");
  return gst_pad_send_event (window_pad, event);
}

static void
note_latency (RwSourceOutput *self, GstEvent *event)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  gst_event_parse_latency (event, &self->latency);
  if (self->catch_up)
    rw_catch_up_set_latency (self->catch_up, self->latency);
}

static GstPadProbeReturn
on_upstream_event (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  RwSourceOutput *self = data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);

  if (GST_EVENT_TYPE (event) == GST_EVENT_LATENCY)
    note_latency (self, event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_RECONFIGURE)
    g_atomic_int_set (&self->is_relinked, TRUE);
  return GST_PAD_PROBE_OK;
}

RwSourceOutput *
rw_source_output_new (GstBin *bin, GstElement *window, GstPad *pad)
{
  static gsize has_category = 0;
  RwSourceOutput *self = g_new0 (RwSourceOutput, 1);

  if (g_once_init_enter (&has_category)) {
    GST_DEBUG_CATEGORY_INIT (rw_source_output_debug, "resilientwebrtcsrc", 0,
                             "resilient WebRTC source");
    g_once_init_leave (&has_category, 1);
  }
  self->bin = bin;
  self->window = window;
  self->pad = pad;
  g_mutex_init (&self->lock);
  gst_pad_set_element_private (pad, self);
  gst_pad_set_query_function (pad, on_query);
  gst_pad_set_event_function (pad, on_event);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream_event,
                     self, NULL);
  gst_element_add_pad (GST_ELEMENT (bin), pad);
  return self;
}

void
rw_source_output_free (RwSourceOutput *self)
{
  g_mutex_clear (&self->lock);
  g_free (self);
}

static double
get_catch_up_rate (RwSourceOutput *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->catch_up_rate;
}

static void
post_missing_decoder (RwSourceOutput *self)
{
  GST_ELEMENT_ERROR (self->bin, CORE, MISSING_PLUGIN,
                     ("Cannot decode Opus: the element \"opusdec\" is "
                      "missing. Install gstreamer1.0-plugins-base, or link a "
                      "downstream element that accepts audio/x-opus."),
                     (NULL));
}

/* There may be another output in the bin. */
static void
name_element (RwSourceOutput *self, GstElement *element, const char *name)
{
  g_autofree char *full = g_strconcat (
      g_str_equal (GST_OBJECT_NAME (self->pad), "src") ? "" : "complete-", name,
      NULL);

  gst_object_set_name (GST_OBJECT (element), full);
}

static void
post_needs_raw (RwSourceOutput *self)
{
  GST_ELEMENT_WARNING (
      self->bin, STREAM, FORMAT,
      ("delivery=catch-up needs raw audio, but downstream accepts only Opus: "
       "the audio of an outage comes out late, as with delivery=complete. Link "
       "an element that accepts audio/x-raw, such as audioconvert."),
      (NULL));
}

static void
set_catch_up (RwSourceOutput *self, RwCatchUp *catch_up)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->catch_up = catch_up;
  if (catch_up)
    rw_catch_up_set_latency (catch_up, self->latency);
}

static void
add_catch_up (RwSourceOutput *self, double rate)
{
  GstElement *catch_up = rw_catch_up_new (rate);

  name_element (self, catch_up, "catch-up");
  gst_bin_add (self->bin, catch_up);
  gst_element_link_many (self->decoder, catch_up, self->filler, NULL);
  gst_element_sync_state_with_parent (catch_up);
  set_catch_up (self, RW_CATCH_UP (catch_up));
}

static void
add_decoder (RwSourceOutput *self, gboolean is_lossy, double rate)
{
  GstElement *decoder = gst_element_factory_make ("opusdec", NULL);

  if (decoder == NULL) {
    post_missing_decoder (self);
    return;
  }
  g_object_set (decoder, "plc", TRUE, "use-inband-fec", is_lossy, NULL);
  name_element (self, decoder, "decoder");
  self->filler = rw_silence_filler_new ();
  name_element (self, self->filler, "silence");
  gst_bin_add_many (self->bin, decoder, self->filler, NULL);
  self->decoder = decoder;
  if (rate > 0)
    add_catch_up (self, rate);
  else
    gst_element_link (decoder, self->filler);
  gst_element_sync_state_with_parent (self->filler);
  gst_element_sync_state_with_parent (decoder);
}

static void
remove_element (RwSourceOutput *self, GstElement *element)
{
  gst_element_set_locked_state (element, TRUE);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_bin_remove (self->bin, element);
}

static void
remove_catch_up (RwSourceOutput *self)
{
  GstElement *catch_up = (GstElement *) self->catch_up;

  if (catch_up == NULL)
    return;
  set_catch_up (self, NULL);
  remove_element (self, catch_up);
}

static void
remove_decoder (RwSourceOutput *self)
{
  if (self->decoder == NULL)
    return;
  gst_element_unlink (self->window, self->decoder);
  remove_catch_up (self);
  remove_element (self, g_steal_pointer (&self->filler));
  remove_element (self, g_steal_pointer (&self->decoder));
}

/* Where nothing is linked nothing is decided. */
static gboolean
wants_decoder (RwSourceOutput *self, GstCaps *caps, gboolean prefers_raw)
{
  g_autoptr (GstCaps) raw = gst_caps_new_empty_simple ("audio/x-raw");
  g_autoptr (GstCaps) accepted = gst_pad_peer_query_caps (self->pad, NULL);
  g_autoptr (GstPad) peer = gst_pad_get_peer (self->pad);

  GST_INFO_OBJECT (self->bin, "downstream takes %" GST_PTR_FORMAT, accepted);
  if (peer == NULL || accepted == NULL || gst_caps_is_empty (accepted))
    return self->decoder != NULL;
  return !gst_caps_can_intersect (accepted, caps) ||
         (prefers_raw && gst_caps_can_intersect (accepted, raw));
}

static void
set_target (RwSourceOutput *self)
{
  g_autoptr (GstPad) target = gst_element_get_static_pad (
      self->decoder ? self->filler : self->window, "src");

  gst_ghost_pad_set_target (GST_GHOST_PAD (self->pad), target);
}

void
rw_source_output_decide (RwSourceOutput *self, GstCaps *caps, gboolean is_lossy)
{
  double rate = get_catch_up_rate (self);
  gboolean wants = wants_decoder (self, caps, rate > 0);
  g_autoptr (GstPad) target =
      gst_ghost_pad_get_target (GST_GHOST_PAD (self->pad));

  if (rate > 0 && !wants)
    post_needs_raw (self);
  if (target != NULL && wants == (self->decoder != NULL) &&
      (wants && rate > 0) == (self->catch_up != NULL))
    return;
  if (self->catch_up != NULL)
    rw_catch_up_finish (self->catch_up);
  GST_INFO_OBJECT (self->bin, "%s", wants ? "decoding" : "not decoding");
  gst_ghost_pad_set_target (GST_GHOST_PAD (self->pad), NULL);
  remove_decoder (self);
  if (wants)
    add_decoder (self, is_lossy, rate);
  if (self->decoder)
    gst_element_link_pads (self->window, "src", self->decoder, "sink");
  set_target (self);
}

gboolean
rw_source_output_take_relinked (RwSourceOutput *self)
{
  return g_atomic_int_exchange (&self->is_relinked, FALSE);
}

void
rw_source_output_set_catch_up (RwSourceOutput *self, double rate)
{
  gboolean was_set;

  g_mutex_lock (&self->lock);
  was_set = self->catch_up_rate > 0;
  self->catch_up_rate = rate;
  if (self->catch_up && rate > 0)
    rw_catch_up_set_rate (self->catch_up, rate);
  g_mutex_unlock (&self->lock);
  if (was_set != (rate > 0))
    g_atomic_int_set (&self->is_relinked, TRUE);
}

GstClockTime
rw_source_output_get_behind (RwSourceOutput *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->catch_up ? rw_catch_up_get_behind (self->catch_up) : 0;
}

void
rw_source_output_divert (RwSourceOutput *self, GstPad *target)
{
  self->is_diverted = target != NULL;
  gst_ghost_pad_set_target (GST_GHOST_PAD (self->pad), target);
}

void
rw_source_output_reset (RwSourceOutput *self)
{
  gst_ghost_pad_set_target (GST_GHOST_PAD (self->pad), NULL);
  remove_decoder (self);
}

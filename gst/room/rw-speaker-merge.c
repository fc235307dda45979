/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-speaker-merge.h"

#include "rw-frame-meta.h"
#include "rw-turns.h"

/* See the header. */

/* A hole that is shorter than this is rounding. */
#define MIN_HOLE (5 * GST_MSECOND)

/* One speaker's input; of its streaming thread. */
typedef struct {
  RwTurn *turn;
  GstSegment segment;
  GstCaps *caps;
} Speaker;

struct _RwSpeakerMerge {
  GstElement parent_instance;

  GstPad *src_pad;
  RwTurns *turns;
  gint n_pads; /* so far, for their names; atomic */

  /* Of whoever has the turn. */
  gboolean has_begun;
  GstCaps *caps;
  GstClockTime end_ns;
};

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink_%u", GST_PAD_SINK, GST_PAD_REQUEST,
                             GST_STATIC_CAPS ("audio/x-opus; audio/x-raw"));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                             GST_STATIC_CAPS ("audio/x-opus; audio/x-raw"));

G_DEFINE_FINAL_TYPE (RwSpeakerMerge, rw_speaker_merge, GST_TYPE_ELEMENT)

static void
speaker_free (gpointer data)
{
  Speaker *speaker = data;

  gst_clear_caps (&speaker->caps);
  g_free (speaker);
}

/* ---- What is pushed ---- */

static void
begin (RwSpeakerMerge *self)
{
  g_autofree char *id = NULL;

  if (self->has_begun)
    return;
  self->has_begun = TRUE;
  id = g_uuid_string_random ();
  gst_pad_push_event (self->src_pad, gst_event_new_stream_start (id));
}

static void
begin_segment (RwSpeakerMerge *self)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (self->src_pad, gst_event_new_segment (&segment));
}

/* @caps: of the speaker; TRUE: they are new downstream. */
static gboolean
apply_caps (RwSpeakerMerge *self, GstCaps *caps)
{
  gboolean is_first = self->caps == NULL;

  if (caps == NULL || (self->caps && gst_caps_is_equal (self->caps, caps)))
    return FALSE;
  gst_caps_replace (&self->caps, caps);
  gst_pad_push_event (self->src_pad, gst_event_new_caps (caps));
  if (is_first)
    begin_segment (self);
  return TRUE;
}

/* Never before the end of what was said. */
static GstBuffer *
place (RwSpeakerMerge *self, GstBuffer *buffer, GstClockTime time_ns)
{
  GstClockTime duration_ns =
      GST_BUFFER_DURATION_IS_VALID (buffer) ? GST_BUFFER_DURATION (buffer) : 0;

  if (GST_CLOCK_TIME_IS_VALID (self->end_ns)) {
    if (time_ns > self->end_ns + MIN_HOLE)
      gst_pad_push_event (
          self->src_pad,
          gst_event_new_gap (self->end_ns, time_ns - self->end_ns));
    time_ns = MAX (time_ns, self->end_ns);
  }
  buffer = gst_buffer_make_writable (buffer);
  GST_BUFFER_PTS (buffer) = time_ns;
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  self->end_ns = time_ns + duration_ns;
  return buffer;
}

static GstFlowReturn
push (RwSpeakerMerge *self, GstBuffer *buffer, GstClockTime time_ns,
      GstCaps *caps)
{
  begin (self);
  apply_caps (self, caps);
  return gst_pad_push (self->src_pad, place (self, buffer, time_ns));
}

/* ---- Pads ---- */

/* No frame was decoded to it. */
static gboolean
is_made_up (GstBuffer *buffer)
{
  return gst_buffer_get_custom_meta (buffer, RW_FRAME_META_NAME) == NULL;
}

static GstFlowReturn
on_buffer (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  RwSpeakerMerge *self = RW_SPEAKER_MERGE (parent);
  Speaker *speaker = gst_pad_get_element_private (pad);
  GstClockTime time_ns = gst_segment_to_running_time (
      &speaker->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
  RwTurnResult result;
  gboolean is_new;
  GstFlowReturn ret;

  /* Silence of a speaker's source is no speech. */
  if (!GST_CLOCK_TIME_IS_VALID (time_ns) ||
      GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP)) {
    gst_buffer_unref (buffer);
    return GST_FLOW_OK;
  }
  result =
      rw_turns_take (self->turns, speaker->turn, is_made_up (buffer), &is_new);
  if (result != RW_TURN_TAKEN) {
    gst_buffer_unref (buffer);
    return result == RW_TURN_STOPPED ? GST_FLOW_FLUSHING : GST_FLOW_OK;
  }
  if (is_new) {
    buffer = gst_buffer_make_writable (buffer);
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  }
  ret = push (self, buffer, time_ns, speaker->caps);
  rw_turns_leave (self->turns);
  return ret;
}

/* A speaker's events are about its own stream; pauses follow from the times. */
static gboolean
on_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  Speaker *speaker = gst_pad_get_element_private (pad);
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT)
    gst_event_copy_segment (event, &speaker->segment);
  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    gst_event_parse_caps (event, &caps);
    gst_caps_replace (&speaker->caps, caps);
  }
  gst_event_unref (event);
  return TRUE;
}

/* A speaker's source may send the caps that downstream accepts. */
static gboolean
on_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  RwSpeakerMerge *self = RW_SPEAKER_MERGE (parent);

  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS ||
      GST_QUERY_TYPE (query) == GST_QUERY_ACCEPT_CAPS)
    return gst_pad_peer_query (self->src_pad, query) ||
           gst_pad_query_default (pad, parent, query);
  return gst_pad_query_default (pad, parent, query);
}

static gboolean
on_activate (GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active)
{
  RwSpeakerMerge *self = RW_SPEAKER_MERGE (parent);
  Speaker *speaker = gst_pad_get_element_private (pad);

  if (speaker != NULL)
    rw_turns_set_stopped (self->turns, speaker->turn, !active);
  return TRUE;
}

/* ---- The element ---- */

static GstStateChangeReturn
rw_speaker_merge_change_state (GstElement *element, GstStateChange transition)
{
  RwSpeakerMerge *self = RW_SPEAKER_MERGE (element);

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    self->has_begun = FALSE;
    self->end_ns = GST_CLOCK_TIME_NONE;
    rw_turns_reset (self->turns);
    gst_clear_caps (&self->caps);
  }
  return GST_ELEMENT_CLASS (rw_speaker_merge_parent_class)
      ->change_state (element, transition);
}

static void
rw_speaker_merge_finalize (GObject *object)
{
  RwSpeakerMerge *self = RW_SPEAKER_MERGE (object);

  gst_clear_caps (&self->caps);
  rw_turns_free (self->turns);
  G_OBJECT_CLASS (rw_speaker_merge_parent_class)->finalize (object);
}

static void
rw_speaker_merge_class_init (RwSpeakerMergeClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = rw_speaker_merge_finalize;
  element_class->change_state = rw_speaker_merge_change_state;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (
      element_class, "Speaker merge", "Filter/Audio",
      "Makes one stream of speakers who talk one after the other",
      "gst-resilient-webrtc developers");
}

static void
rw_speaker_merge_init (RwSpeakerMerge *self)
{
  self->turns = rw_turns_new ();
  self->end_ns = GST_CLOCK_TIME_NONE;
  self->src_pad = gst_pad_new_from_static_template (&src_template, "src");
  gst_element_add_pad (GST_ELEMENT (self), self->src_pad);
}

GstElement *
rw_speaker_merge_new (void)
{
  return g_object_new (RW_TYPE_SPEAKER_MERGE, "name", "merge", NULL);
}

GstPad *
rw_speaker_merge_add (RwSpeakerMerge *self, gboolean is_background)
{
  g_autofree char *name =
      g_strdup_printf ("sink_%d", g_atomic_int_add (&self->n_pads, 1));
  GstPad *pad = gst_pad_new_from_static_template (&sink_template, name);
  Speaker *speaker = g_new0 (Speaker, 1);

  speaker->turn = rw_turns_add (self->turns, is_background);
  gst_segment_init (&speaker->segment, GST_FORMAT_TIME);
  gst_pad_set_element_private (pad, speaker);
  g_object_set_data_full (G_OBJECT (pad), "speaker", speaker, speaker_free);
  gst_pad_set_chain_function (pad, on_buffer);
  gst_pad_set_event_function (pad, on_event);
  gst_pad_set_query_function (pad, on_query);
  gst_pad_set_activatemode_function (pad, on_activate);
  gst_element_add_pad (GST_ELEMENT (self), pad);
  return pad;
}

static RwTurn *
get_turn (GstPad *pad)
{
  return ((Speaker *) gst_pad_get_element_private (pad))->turn;
}

void
rw_speaker_merge_set_background (RwSpeakerMerge *self, GstPad *pad,
                                 gboolean is_background)
{
  rw_turns_set_background (self->turns, get_turn (pad), is_background);
}

void
rw_speaker_merge_stop (RwSpeakerMerge *self, GstPad *pad)
{
  rw_turns_set_stopped (self->turns, get_turn (pad), TRUE);
}

void
rw_speaker_merge_remove (RwSpeakerMerge *self, GstPad *pad)
{
  RwTurn *turn = get_turn (pad);

  rw_turns_set_stopped (self->turns, turn, TRUE);
  gst_pad_set_active (pad, FALSE); /* waits for a push */
  gst_pad_set_element_private (pad, NULL);
  gst_element_remove_pad (GST_ELEMENT (self), pad);
  rw_turns_remove (self->turns, turn);
}

void
rw_speaker_merge_end (RwSpeakerMerge *self)
{
  begin (self);
  gst_pad_push_event (self->src_pad, gst_event_new_eos ());
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-party-mix.h"

#include <gst/base/gstaggregator.h>

#include "rw-mixer-start.h"
#include "rw-playout.h"
#include "rw-party-strip.h"
#include "rw-room-message.h"

/* See the header. */

GST_DEBUG_CATEGORY_STATIC (rw_party_mix_debug);
#define GST_CAT_DEFAULT rw_party_mix_debug

/* Times of two frames that meet differ by less. */
#define ALIGNMENT (10 * GST_MSECOND)

/* One received stream. The pads are the strip's and the mixer's. */
typedef struct {
  GstElement *strip;
  GstPad *sink;
  GstPad *mixer_sink;
  RwPartyMember *member;
} Input;

struct _RwPartyMix {
  GstBin *bin;
  RwEndpoint *endpoint;
  RwPartyMembers *members;
  RwPartyDucking *ducking;
  GstElement *mixer;  /* owned by the bin; NULL: not installed */
  GstElement *format; /* behind it */
  GstPad *src;        /* of the format; owned */
  GstPad *first;      /* of the mixer, for its first buffer; owned; atomic */
  gboolean has_begun; /* since it was opened; state changes */
  GPtrArray *inputs;  /* Input; the speakers' thread */
  gint interval_ms;   /* atomic */
  gint is_ending;     /* atomic */

  /* While open. */
  char *room;
  GstElement *strip; /* for what is sent; owned by the bin */
  RwPartyMember *member;
};

/* ---- Levels ---- */

typedef struct {
  RwEndpoint *endpoint; /* outlives the strips */
  char *room;
  char *name;
  char *stream;
  gboolean is_self;
} Reporter;

static void
reporter_free (gpointer data)
{
  Reporter *reporter = data;

  g_free (reporter->room);
  g_free (reporter->name);
  g_free (reporter->stream);
  g_free (reporter);
}

static void
report_level (gpointer data, const RwPartyLevel *level)
{
  Reporter *reporter = data;
  RwLevelReport report = {
      .room = reporter->room,
      .name = reporter->name,
      .stream = reporter->stream,
      .is_self = reporter->is_self,
      .peak_db = rw_party_level_get_peak_db (level),
      .rms_db = rw_party_level_get_rms_db (level),
  };

  rw_endpoint_post (reporter->endpoint, rw_room_message_new_level (&report));
}

/* ---- Strips ---- */

static GstElement *
add_strip (RwPartyMix *self, RwPartyMember *member, const char *stream,
           gboolean is_self)
{
  g_autofree char *name =
      is_self ? g_strdup ("microphone") : g_strdup_printf ("strip-%s", stream);
  Reporter *reporter = g_new0 (Reporter, 1);
  RwPartyStripConfig config = {
      .name = name,
      .member = member,
      .ducking = is_self ? NULL : self->ducking,
      .interval_ms = &self->interval_ms,
      .report = report_level,
      .data = reporter,
      .destroy = reporter_free,
  };
  GstElement *strip = rw_party_strip_new (&config);

  reporter->endpoint = self->endpoint;
  reporter->room = g_strdup (self->room);
  reporter->name = gst_object_get_name (GST_OBJECT (member));
  reporter->stream = g_strdup (stream);
  reporter->is_self = is_self;
  gst_bin_add (self->bin, strip);
  return strip;
}

static void
remove_element (RwPartyMix *self, GstElement *element)
{
  gst_element_set_locked_state (element, TRUE);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_bin_remove (self->bin, element);
}

/* ---- The speakers' output ---- */

static Input *
find_input (RwPartyMix *self, GstPad *pad)
{
  for (guint i = 0; i < self->inputs->len; i++) {
    Input *input = g_ptr_array_index (self->inputs, i);

    if (input->sink == pad)
      return input;
  }
  g_assert_not_reached ();
}

static void
input_free (gpointer data)
{
  Input *input = data;

  gst_object_unref (input->sink);
  gst_object_unref (input->mixer_sink);
  g_free (input);
}

GstPad *
rw_party_mix_add (gpointer data, const RwSpeakerWish *wish, GstElement *source)
{
  RwPartyMix *self = data;
  Input *input = g_new0 (Input, 1);
  g_autoptr (GstPad) src = NULL;

  g_object_set (source, "delivery", RW_DELIVERY_LIVE, NULL);
  input->member = rw_party_members_enter (self->members, wish->name);
  input->strip = add_strip (self, input->member, wish->stream, FALSE);
  rw_party_strip_set_priority (RW_PARTY_STRIP (input->strip), wish->priority);
  input->sink = gst_element_get_static_pad (input->strip, "sink");
  input->mixer_sink = gst_element_request_pad_simple (self->mixer, "sink_%u");
  src = gst_element_get_static_pad (input->strip, "src");
  gst_pad_link (src, input->mixer_sink);
  gst_element_sync_state_with_parent (input->strip);
  g_ptr_array_add (self->inputs, input);
  return input->sink;
}

void
rw_party_mix_update (gpointer data, GstPad *pad, const RwSpeakerWish *wish)
{
  Input *input = find_input (data, pad);

  rw_party_strip_set_priority (RW_PARTY_STRIP (input->strip), wish->priority);
}

/* Where the output is blocked, a push into the mixer would be as well. */
void
rw_party_mix_stop (gpointer data, GstPad *pad)
{
  gst_pad_set_active (find_input (data, pad)->mixer_sink, FALSE);
}

void
rw_party_mix_remove (gpointer data, GstPad *pad)
{
  RwPartyMix *self = data;
  Input *input = find_input (self, pad);

  remove_element (self, input->strip);
  gst_element_release_request_pad (self->mixer, input->mixer_sink);
  rw_party_members_leave (self->members, input->member);
  g_ptr_array_remove (self->inputs, input);
}

/* ---- The mixer ---- */

static void
release_first (GstElement *mixer, gpointer pad)
{
  gst_element_release_request_pad (mixer, pad);
}

static GstPad *
steal_first (RwPartyMix *self)
{
  GstPad *first = g_atomic_pointer_get (&self->first);

  if (first != NULL &&
      g_atomic_pointer_compare_and_exchange (&self->first, first, NULL))
    return first;
  return NULL;
}

static GstPadProbeReturn
on_mixed (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  RwPartyMix *self = data;
  GstPad *first = steal_first (self);

  if (first != NULL)
    gst_element_call_async (self->mixer, release_first, first,
                            gst_object_unref);
  if (!g_atomic_int_get (&self->is_ending))
    return GST_PAD_PROBE_OK;
  gst_buffer_unref (GST_PAD_PROBE_INFO_BUFFER (info));
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_EOS;
  return GST_PAD_PROBE_HANDLED;
}

static void
add_mixer (RwPartyMix *self)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (RW_PARTY_CAPS);
  g_autoptr (GstPad) src = NULL;

  /* clang-format off */
  self->mixer = gst_element_factory_make_full ("audiomixer",
      "name", "mixer",
      "force-live", TRUE,
      "ignore-inactive-pads", TRUE,
      "alignment-threshold", (guint64) ALIGNMENT,
      "discont-wait", (guint64) 0,
      "start-time-selection", GST_AGGREGATOR_START_TIME_SELECTION_FIRST,
      NULL);
  /* clang-format on */
  if (self->mixer == NULL)
    return;
  self->format = gst_element_factory_make ("capsfilter", "format");
  g_object_set (self->format, "caps", caps, NULL);
  gst_bin_add_many (self->bin, self->mixer, self->format, NULL);
  gst_element_link (self->mixer, self->format);
  src = gst_element_get_static_pad (self->mixer, "src");
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER, on_mixed, self, NULL);
  self->src = gst_element_get_static_pad (self->format, "src");
}

RwPartyMix *
rw_party_mix_new (GstBin *bin, RwEndpoint *endpoint, RwPartyMembers *members)
{
  static gsize category = 0;
  RwPartyMix *self = g_new0 (RwPartyMix, 1);

  if (g_once_init_enter (&category)) {
    GST_DEBUG_CATEGORY_INIT (rw_party_mix_debug, "resilientwebrtcroom", 0,
                             "resilient WebRTC: rooms");
    g_once_init_leave (&category, 1);
  }
  self->bin = bin;
  self->endpoint = endpoint;
  self->members = members;
  self->ducking = rw_party_ducking_new ();
  self->inputs = g_ptr_array_new_with_free_func (input_free);
  add_mixer (self);
  return self;
}

void
rw_party_mix_free (RwPartyMix *self)
{
  g_assert (self->inputs->len == 0 && self->strip == NULL);
  g_clear_object (&self->src);
  g_ptr_array_unref (self->inputs);
  rw_party_ducking_unref (self->ducking);
  g_free (self);
}

gboolean
rw_party_mix_check (RwPartyMix *self)
{
  if (self->mixer != NULL)
    return TRUE;
  GST_ELEMENT_ERROR (self->bin, CORE, MISSING_PLUGIN,
                     ("Cannot mix the members of a room: the element "
                      "\"audiomixer\" is missing. Install "
                      "gstreamer1.0-plugins-base."),
                     (NULL));
  return FALSE;
}

GstPad *
rw_party_mix_get_src (RwPartyMix *self)
{
  return self->src;
}

GstPad *
rw_party_mix_open (RwPartyMix *self, const char *room, const char *name,
                   const char *stream, GstElement *sender)
{
  self->room = g_strdup (room);
  self->member = rw_party_members_enter (self->members, name);
  self->strip = add_strip (self, self->member, stream, TRUE);
  gst_element_link (self->strip, sender);
  g_atomic_int_set (&self->is_ending, FALSE);
  return gst_element_get_static_pad (self->strip, "sink");
}

void
rw_party_mix_close (RwPartyMix *self)
{
  g_autoptr (GstPad) first = steal_first (self);

  if (first != NULL)
    release_first (self->mixer, first);
  self->has_begun = FALSE;
  if (self->strip == NULL)
    return;
  remove_element (self, g_steal_pointer (&self->strip));
  rw_party_members_leave (self->members, g_steal_pointer (&self->member));
  g_clear_pointer (&self->room, g_free);
}

void
rw_party_mix_begin (RwPartyMix *self)
{
  GstElement *bin = GST_ELEMENT (self->bin);
  g_autoptr (GstClock) clock = gst_element_get_clock (bin);
  GstClockTime base_ns = gst_element_get_base_time (bin);
  GstClockTime now_ns = clock ? gst_clock_get_time (clock) : base_ns;

  if (self->has_begun)
    return;
  self->has_begun = TRUE;
  self->first =
      rw_mixer_start_at (self->mixer, now_ns > base_ns ? now_ns - base_ns : 0);
}

void
rw_party_mix_end (RwPartyMix *self)
{
  GST_INFO_OBJECT (self->bin, "the application ends the output");
  g_atomic_int_set (&self->is_ending, TRUE);
}

/* Without a live source the mixer does not call itself live, and the default
 * handler of a pad would ignore its answer. */
gboolean
rw_party_mix_query_latency (RwPartyMix *self, GstQuery *query)
{
  GstClockTime min_ns, max_ns;

  if (self->src == NULL || !gst_pad_query (self->src, query))
    return FALSE;
  gst_query_parse_latency (query, NULL, &min_ns, &max_ns);
  gst_query_set_latency (query, TRUE, min_ns, max_ns);
  return TRUE;
}

void
rw_party_mix_set_latency (RwPartyMix *self, guint latency_ms)
{
  if (self->mixer == NULL)
    return;
  g_object_set (self->mixer, "min-upstream-latency",
                (guint64) latency_ms * GST_MSECOND, NULL);
  gst_element_post_message (GST_ELEMENT (self->bin),
                            gst_message_new_latency (GST_OBJECT (self->bin)));
}

void
rw_party_mix_set_level_interval (RwPartyMix *self, guint interval_ms)
{
  g_atomic_int_set (&self->interval_ms, (gint) interval_ms);
}

guint
rw_party_mix_get_level_interval (RwPartyMix *self)
{
  return (guint) g_atomic_int_get (&self->interval_ms);
}

RwPartyDucking *
rw_party_mix_get_ducking (RwPartyMix *self)
{
  return self->ducking;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-playout-reporter.h"

#include "rw-bus-message.h"
#include "rw-stream-id.h"

GST_DEBUG_CATEGORY_STATIC (rw_playout_reporter_debug);
#define GST_CAT_DEFAULT rw_playout_reporter_debug

/* A shorter hole, or a smaller step, is not reported. */
#define MIN_STEP_NS (40 * (gint64) GST_MSECOND)

struct _RwPlayoutReporter {
  GstElement *element;
  char *stream_id; /* of the last stream, or NULL */
};

RwPlayoutReporter *
rw_playout_reporter_new (GstElement *element)
{
  static gsize has_category = 0;
  RwPlayoutReporter *self = g_new0 (RwPlayoutReporter, 1);

  if (g_once_init_enter (&has_category)) {
    GST_DEBUG_CATEGORY_INIT (rw_playout_reporter_debug, "resilientwebrtcwindow",
                             0, "resilient WebRTC receive window's pad");
    g_once_init_leave (&has_category, 1);
  }
  self->element = element;
  return self;
}

void
rw_playout_reporter_free (RwPlayoutReporter *self)
{
  g_free (self->stream_id);
  g_free (self);
}

void
rw_playout_reporter_reset (RwPlayoutReporter *self)
{
  g_clear_pointer (&self->stream_id, g_free);
}

const char *
rw_playout_reporter_get_stream_id (RwPlayoutReporter *self)
{
  return self->stream_id;
}

static void
post (RwPlayoutReporter *self, GstStructure *structure)
{
  g_autoptr (GstObject) parent =
      gst_object_get_parent (GST_OBJECT (self->element));

  gst_element_post_message (GST_ELEMENT (parent),
                            gst_message_new_element (parent, structure));
}

void
rw_playout_reporter_report_stream (RwPlayoutReporter *self,
                                   const RwWindowItem *item)
{
  g_autofree char *previous = g_steal_pointer (&self->stream_id);

  self->stream_id = rw_stream_id_to_string (item->stream_id);
  GST_INFO_OBJECT (self->element, "stream %s begins at %" G_GUINT64_FORMAT,
                   self->stream_id, item->from);
  post (self,
        rw_bus_message_new_stream (self->stream_id, previous, item->from));
}

static const char *
get_gap_reason (const RwPlayoutItem *item)
{
  if (item->let_go)
    return "the frames arrived while the pipeline was paused, or before a jump "
           "to live";
  if (item->left_out)
    return "the frames did not arrive within the latency";
  return "the sender's journal no longer has these frames";
}

void
rw_playout_reporter_report_gap (RwPlayoutReporter *self,
                                const RwPlayoutItem *item)
{
  const RwWindowItem *window = &item->window;

  GST_WARNING_OBJECT (self->element,
                      "gap: frames %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
                      ", %" GST_TIME_FORMAT,
                      window->from, window->to,
                      GST_TIME_ARGS (item->duration_ns));
  post (self, rw_bus_message_new_gap (window->from, window->to - window->from,
                                      item->time_ns, item->duration_ns,
                                      get_gap_reason (item)));
}

void
rw_playout_reporter_report_step (RwPlayoutReporter *self, GstClockTime time_ns,
                                 guint64 hole_ns, gint64 step_ns,
                                 gboolean is_discont)
{
  gboolean is_hole = is_discont && hole_ns >= (guint64) MIN_STEP_NS;

  if (!is_hole && ABS (step_ns) < MIN_STEP_NS)
    return;
  GST_INFO_OBJECT (self->element,
                   "audio goes on at %" GST_TIME_FORMAT
                   " after a hole of %" GST_TIME_FORMAT
                   ", its times moved by %" G_GINT64_FORMAT " us",
                   GST_TIME_ARGS (time_ns), GST_TIME_ARGS (hole_ns),
                   step_ns / (gint64) GST_USECOND);
  post (self, rw_bus_message_new_step (time_ns, hole_ns, step_ns));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-overrun-reporter.h"

/* See the header. */

GST_DEBUG_CATEGORY_STATIC (rw_overrun_reporter_debug);
#define GST_CAT_DEFAULT rw_overrun_reporter_debug

struct _RwOverrunReporter {
  RwEndpoint *endpoint;
  int has_warned; /* atomic; in this run */
};

typedef struct {
  char *consumer_id;
  guint64 frames;
} Loss;

static void
loss_free (gpointer data)
{
  g_free (((Loss *) data)->consumer_id);
  g_free (data);
}

static void
emit_overrun (GstElement *element, gpointer data)
{
  const Loss *loss = data;

  g_signal_emit_by_name (element, "overrun", loss->consumer_id, loss->frames);
}

RwOverrunReporter *
rw_overrun_reporter_new (RwEndpoint *endpoint)
{
  static gsize has_category = 0;
  RwOverrunReporter *self = g_new0 (RwOverrunReporter, 1);

  if (g_once_init_enter (&has_category)) {
    GST_DEBUG_CATEGORY_INIT (rw_overrun_reporter_debug,
                             "resilientwebrtcoverrun", 0,
                             "resilient WebRTC frames lost to a full journal");
    g_once_init_leave (&has_category, 1);
  }
  self->endpoint = g_object_ref (endpoint);
  return self;
}

void
rw_overrun_reporter_free (RwOverrunReporter *self)
{
  g_object_unref (self->endpoint);
  g_free (self);
}

void
rw_overrun_reporter_start (RwOverrunReporter *self)
{
  g_atomic_int_set (&self->has_warned, FALSE);
}

static void
report_loss (RwOverrunReporter *self, const RwOverrun *overrun)
{
  GstElement *element = rw_endpoint_get_element (self->endpoint);
  Loss *loss = g_new (Loss, 1);

  *loss = (Loss){g_strdup (overrun->consumer_id), overrun->frames};
  rw_notifier_call (rw_endpoint_get_notifier (self->endpoint), emit_overrun,
                    loss, loss_free);
  if (!g_atomic_int_compare_and_exchange (&self->has_warned, FALSE, TRUE))
    return;
  GST_ELEMENT_WARNING (
      element, RESOURCE, NO_SPACE_LEFT,
      ("The journal is full: consumer %s has lost frames. Raise "
       "max-size-time, or let the input come at the pace of the clock (sync)",
       overrun->consumer_id),
      ("posted once; the messages resilient-webrtc-overrun count them"));
}

void
rw_overrun_reporter_report (RwOverrunReporter *self, const RwOverrun *overrun)
{
  if (overrun == NULL)
    return;
  GST_WARNING_OBJECT (rw_endpoint_get_element (self->endpoint),
                      "the journal is full: consumer %s has lost "
                      "%" G_GUINT64_FORMAT " more frames, %" G_GUINT64_FORMAT
                      " in all",
                      overrun->consumer_id, overrun->frames, overrun->total);
  if (overrun->frames > 0)
    report_loss (self, overrun);
  rw_endpoint_post (self->endpoint, rw_bus_message_new_overrun (
                                        overrun->consumer_id, overrun->frames,
                                        overrun->total, overrun->lost));
}

void
rw_overrun_reporter_report_all (RwOverrunReporter *self,
                                const GPtrArray *overruns)
{
  for (guint i = 0; overruns && i < overruns->len; i++)
    rw_overrun_reporter_report (self, g_ptr_array_index (overruns, i));
}

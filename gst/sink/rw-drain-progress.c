/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-drain-progress.h"

/* See the header. */

GST_DEBUG_CATEGORY_STATIC (rw_drain_progress_debug);
#define GST_CAT_DEFAULT rw_drain_progress_debug

/* The first message, and the later ones. */
#define FIRST_NS (1 * GST_SECOND)
#define NEXT_NS  (5 * GST_SECOND)

/* A longer limit is none. */
#define MAX_TOLD_NS (24 * 3600 * GST_SECOND)

void
rw_drain_progress_init (RwDrainProgress *self, GstElement *element,
                        RwTransmitter *transmitter)
{
  static gsize has_category = 0;

  if (g_once_init_enter (&has_category)) {
    GST_DEBUG_CATEGORY_INIT (rw_drain_progress_debug, "resilientwebrtcjournal",
                             0, "resilient WebRTC journal");
    g_once_init_leave (&has_category, 1);
  }
  *self = (RwDrainProgress){element, transmitter, FALSE};
}

static void
post (RwDrainProgress *self, GstProgressType type, const char *text)
{
  GST_INFO_OBJECT (self->element, "%s", text);
  gst_element_post_message (
      self->element, gst_message_new_progress (GST_OBJECT (self->element), type,
                                               "drain", text));
}

static void
tell_waiting (RwDrainProgress *self, GstClockTime waited, GstClockTime timeout)
{
  g_autofree char *names = rw_transmitter_describe_awaited (self->transmitter);
  g_autofree char *limit =
      timeout > MAX_TOLD_NS
          ? g_strdup ("no limit")
          : g_strdup_printf ("of %u s", (guint) (timeout / GST_SECOND));
  g_autofree char *text = g_strdup_printf (
      "Waiting for %s to receive the end of the stream: %u s, %s (eos-timeout)",
      names, (guint) (waited / GST_SECOND), limit);

  post (self,
        self->is_told ? GST_PROGRESS_TYPE_CONTINUE : GST_PROGRESS_TYPE_START,
        text);
  self->is_told = TRUE;
}

RwDrain
rw_drain_progress_wait (RwDrainProgress *self, GstClockTime timeout)
{
  GstClockTime waited = 0;
  RwDrain drain;

  do {
    GstClockTime slice =
        MIN (waited == 0 ? FIRST_NS : NEXT_NS, timeout - waited);

    drain = rw_transmitter_wait_drained (self->transmitter, slice);
    waited += slice;
    if (drain == RW_DRAIN_TIMED_OUT && waited < timeout)
      tell_waiting (self, waited, timeout);
  } while (drain == RW_DRAIN_TIMED_OUT && waited < timeout);
  return drain;
}

void
rw_drain_progress_end (RwDrainProgress *self, RwDrain drain)
{
  if (!self->is_told)
    return;
  self->is_told = FALSE;
  if (drain == RW_DRAIN_DONE)
    post (self, GST_PROGRESS_TYPE_COMPLETE, "Every consumer has everything");
  else if (drain == RW_DRAIN_TIMED_OUT)
    post (self, GST_PROGRESS_TYPE_ERROR,
          "The stream ends without consumers that did not return");
  else
    post (self, GST_PROGRESS_TYPE_CANCELED, "Stopped");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-mixer-start.h"

#include <gst/audio/audio.h>

/* See the header. */

#define RATE     48000
#define N_FRAMES 480
#define CAPS                                                                   \
  "audio/x-raw, format = " GST_AUDIO_NE (                                      \
      S16) ", layout = interleaved, "                                          \
           "rate = 48000, channels = 2, channel-mask = (bitmask) 3"

static GstBuffer *
new_silence (GstClockTime running_ns)
{
  gsize size = N_FRAMES * 2 * sizeof (gint16);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);

  gst_buffer_memset (buffer, 0, 0, size);
  GST_BUFFER_PTS (buffer) = running_ns;
  GST_BUFFER_DURATION (buffer) =
      gst_util_uint64_scale (N_FRAMES, GST_SECOND, RATE);
  return buffer;
}

static void
push_silence (GstPad *feed, GstClockTime running_ns)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (feed, gst_event_new_stream_start ("first"));
  gst_pad_push_event (feed, gst_event_new_caps (caps));
  gst_pad_push_event (feed, gst_event_new_segment (&segment));
  gst_pad_push (feed, new_silence (running_ns));
}

GstPad *
rw_mixer_start_at (GstElement *mixer, GstClockTime running_ns)
{
  g_autoptr (GstPad) feed =
      gst_object_ref_sink (gst_pad_new ("first", GST_PAD_SRC));
  GstPad *sink = gst_element_request_pad_simple (mixer, "sink_%u");

  gst_pad_set_active (feed, TRUE);
  gst_pad_link (feed, sink);
  push_silence (feed, running_ns);
  gst_pad_unlink (feed, sink);
  gst_pad_set_active (feed, FALSE);
  return sink;
}

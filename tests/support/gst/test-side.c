/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-side.h"

#include <gst/app/gstappsrc.h>
#include <string.h>

#include "gstresilientwebrtcroom.h"
#include "gstresilientwebrtcsink.h"
#include "gstresilientwebrtcsrc.h"

/* See the header. */

#define DEADLINE_US (30 * G_TIME_SPAN_SECOND)
#define PACKET_NS   (20 * GST_MSECOND)

/* An Opus packet of one frame of 20 ms, stereo; RFC 6716, 3.1. */
#define TOC 0xfc

static GstBusSyncReply
on_bus_message (GstBus *bus, GstMessage *message, gpointer data)
{
  TestSide *side = data;

  g_mutex_lock (&side->lock);
  g_ptr_array_add (side->messages, gst_message_ref (message));
  g_cond_broadcast (&side->changed);
  g_mutex_unlock (&side->lock);
  return GST_BUS_PASS;
}

static void
note_event_locked (TestSide *side, GstEvent *event)
{
  GstClockTime times[2];
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_GAP:
    gst_event_parse_gap (event, &times[0], &times[1]);
    g_array_append_vals (side->gaps, times, 1);
    break;
  case GST_EVENT_CAPS:
    gst_event_parse_caps (event, &caps);
    g_ptr_array_add (side->caps, gst_caps_ref (caps));
    break;
  case GST_EVENT_SEGMENT:
    g_ptr_array_add (side->segments, gst_event_ref (event));
    break;
  case GST_EVENT_EOS:
    side->eos = TRUE;
    break;
  default:
    break;
  }
}

static GstPadProbeReturn
on_pad_data (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  TestSide *side = data;
  GstClockTime now = gst_element_get_current_running_time (side->pipeline);

  g_mutex_lock (&side->lock);
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    g_ptr_array_add (side->buffers,
                     gst_buffer_ref (GST_PAD_PROBE_INFO_BUFFER (info)));
    g_array_append_val (side->arrivals, now);
  } else
    note_event_locked (side, GST_PAD_PROBE_INFO_EVENT (info));
  g_cond_broadcast (&side->changed);
  g_mutex_unlock (&side->lock);
  return GST_PAD_PROBE_OK;
}

static void
init_records (TestSide *side)
{
  g_mutex_init (&side->lock);
  g_cond_init (&side->changed);
  side->messages =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_message_unref);
  side->buffers =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
  side->arrivals = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  side->gaps = g_array_new (FALSE, FALSE, 2 * sizeof (GstClockTime));
  side->caps = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_caps_unref);
  side->segments =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_event_unref);
}

TestSide *
test_side_new (const char *format, ...)
{
  TestSide *side = g_new0 (TestSide, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autofree char *line = NULL;
  va_list args;

  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);
  init_records (side);
  side->pipeline = gst_parse_launch (line, &error);
  g_assert_no_error (error);
  side->element = gst_bin_get_by_name (GST_BIN (side->pipeline), "it");
  side->feed = gst_bin_get_by_name (GST_BIN (side->pipeline), "in");
  side->pad = gst_element_get_static_pad (side->element, "sink");
  if (side->pad == NULL)
    side->pad = gst_element_get_static_pad (side->element, "src");
  gst_pad_add_probe (side->pad,
                     GST_PAD_PROBE_TYPE_BUFFER |
                         GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
                     on_pad_data, side, NULL);
  bus = gst_pipeline_get_bus (GST_PIPELINE (side->pipeline));
  gst_bus_set_sync_handler (bus, on_bus_message, side, NULL);
  return side;
}

void
test_side_free (TestSide *side)
{
  g_autoptr (GstBus) bus = gst_pipeline_get_bus (GST_PIPELINE (side->pipeline));

  test_side_stop (side);
  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  gst_bus_set_flushing (bus, TRUE);
  gst_object_unref (side->pad);
  g_clear_object (&side->feed);
  gst_object_unref (side->element);
  gst_object_unref (side->pipeline);
  g_ptr_array_unref (side->messages);
  g_ptr_array_unref (side->buffers);
  g_array_unref (side->arrivals);
  g_array_unref (side->gaps);
  g_ptr_array_unref (side->caps);
  g_ptr_array_unref (side->segments);
  g_mutex_clear (&side->lock);
  g_cond_clear (&side->changed);
  g_free (side);
}

TestSide *
test_side_new_opus_sink (const char *properties)
{
  return test_side_new (
      "appsrc name=in format=time is-live=true max-bytes=0 "
      "caps=audio/x-opus,channel-mapping-family=0,channels=2,rate=48000 "
      "! resilientwebrtcsink name=it run-signalling-server=true "
      "signalling-server-host=127.0.0.1 signalling-server-port=0 "
      "stream-name=studio %s",
      properties);
}

TestSide *
test_side_new_opus_src (TestSide *sink, const char *properties)
{
  return test_side_new ("resilientwebrtcsrc name=it producer-name=studio "
                        "start-position=oldest "
                        "signaller-uri=ws://127.0.0.1:%u %s ! audio/x-opus "
                        "! fakesink name=out sync=false async=false",
                        test_side_get_port (sink), properties);
}

void
test_side_play (TestSide *side)
{
  g_assert_cmpint (gst_element_set_state (side->pipeline, GST_STATE_PLAYING),
                   !=, GST_STATE_CHANGE_FAILURE);
}

void
test_side_stop (TestSide *side)
{
  g_assert_cmpint (gst_element_set_state (side->pipeline, GST_STATE_NULL), ==,
                   GST_STATE_CHANGE_SUCCESS);
}

guint
test_side_get_port (TestSide *side)
{
  guint port;

  g_object_get (side->element, "signalling-server-port", &port, NULL);
  g_assert_cmpuint (port, >, 0);
  return port;
}

/* Of changing size, and none like another. */
GstBuffer *
test_side_make_packet (guint64 number)
{
  guint8 bytes[80] = {TOC};
  guint64 big_endian = GUINT64_TO_BE (number);
  gsize size = 9 + number % 60;
  GstBuffer *buffer;

  memcpy (bytes + 1, &big_endian, sizeof big_endian);
  for (gsize i = 9; i < size; i++)
    bytes[i] = number * 31 + i * 7;
  buffer = gst_buffer_new_memdup (bytes, size);
  GST_BUFFER_PTS (buffer) = number * PACKET_NS;
  GST_BUFFER_DURATION (buffer) = PACKET_NS;
  return buffer;
}

void
test_side_push (TestSide *side, guint64 first, guint n)
{
  for (guint64 number = first; number < first + n; number++)
    g_assert_cmpint (gst_app_src_push_buffer (GST_APP_SRC (side->feed),
                                              test_side_make_packet (number)),
                     ==, GST_FLOW_OK);
}

void
test_side_end (TestSide *side)
{
  if (side->feed)
    g_assert_cmpint (gst_app_src_end_of_stream (GST_APP_SRC (side->feed)), ==,
                     GST_FLOW_OK);
  else
    g_assert_true (
        gst_element_send_event (side->pipeline, gst_event_new_eos ()));
}

GstClockTimeDiff
test_side_measure_early (TestSide *side, guint n)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&side->lock);
  GstClockTimeDiff most = G_MININT64;

  g_assert_cmpuint (side->buffers->len, >=, n);
  for (guint i = 1; i <= n; i++) {
    GstBuffer *buffer =
        g_ptr_array_index (side->buffers, side->buffers->len - i);
    GstClockTime arrival =
        g_array_index (side->arrivals, GstClockTime, side->arrivals->len - i);

    most = MAX (most, GST_CLOCK_DIFF (arrival, GST_BUFFER_PTS (buffer)));
  }
  g_test_message ("early by %" G_GINT64_FORMAT " ms",
                  most / (GstClockTimeDiff) GST_MSECOND);
  return most;
}

guint64
test_side_get_number (GstBuffer *buffer)
{
  guint64 number = 0;

  g_assert_cmpuint (gst_buffer_extract (buffer, 1, &number, sizeof number), ==,
                    sizeof number);
  return GUINT64_FROM_BE (number);
}

void
test_side_wait (TestSide *side, TestSideCondition condition, gpointer data,
                const char *what)
{
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;

  g_mutex_lock (&side->lock);
  while (!condition (side, data))
    if (!g_cond_wait_until (&side->changed, &side->lock, deadline_us))
      g_error ("timed out: %s: %u buffers, %u gaps, eos %d", what,
               side->buffers->len, side->gaps->len, side->eos);
  g_mutex_unlock (&side->lock);
}

static gboolean
has_buffers (TestSide *side, gpointer data)
{
  return side->buffers->len >= GPOINTER_TO_UINT (data);
}

void
test_side_wait_buffers (TestSide *side, guint n)
{
  test_side_wait (side, has_buffers, GUINT_TO_POINTER (n), "buffers");
}

static gboolean
has_eos (TestSide *side, gpointer data)
{
  return side->eos;
}

void
test_side_wait_eos (TestSide *side)
{
  test_side_wait (side, has_eos, NULL, "EOS");
}

void
test_side_wait_eos_message (TestSide *side)
{
  test_side_wait_type (side, GST_MESSAGE_EOS, 1);
}

typedef struct {
  const char *name;
  const char *field;
  const char *value;
  GstMessageType type;
  guint nth;
  GstMessage *found;
} Wanted;

static gboolean
is_wanted (GstMessage *message, const Wanted *wanted)
{
  const GstStructure *structure = gst_message_get_structure (message);

  if (GST_MESSAGE_TYPE (message) != wanted->type)
    return FALSE;
  if (wanted->name == NULL)
    return TRUE;
  if (!gst_structure_has_name (structure, wanted->name))
    return FALSE;
  return wanted->field == NULL ||
         g_strcmp0 (gst_structure_get_string (structure, wanted->field),
                    wanted->value) == 0;
}

static gboolean
has_message (TestSide *side, gpointer data)
{
  Wanted *wanted = data;
  guint n = 0;

  for (guint i = 0; i < side->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (side->messages, i);

    if (!is_wanted (message, wanted) || ++n < wanted->nth)
      continue;
    wanted->found = message;
    return TRUE;
  }
  return FALSE;
}

const GstStructure *
test_side_wait_message (TestSide *side, const char *name, const char *field,
                        const char *value)
{
  Wanted wanted = {name, field, value, GST_MESSAGE_ELEMENT, 1, NULL};

  test_side_wait (side, has_message, &wanted, value ? value : name);
  return gst_message_get_structure (wanted.found);
}

void
test_side_wait_state (TestSide *side, const char *state)
{
  test_side_wait_message (side, "resilient-webrtc-state", "state", state);
}

GstMessage *
test_side_wait_type (TestSide *side, GstMessageType type, guint nth)
{
  Wanted wanted = {NULL, NULL, NULL, type, nth, NULL};

  test_side_wait (side, has_message, &wanted, gst_message_type_get_name (type));
  return wanted.found;
}

static guint
count_messages (TestSide *side, const Wanted *wanted)
{
  guint n = 0;

  g_mutex_lock (&side->lock);
  for (guint i = 0; i < side->messages->len; i++)
    n += is_wanted (g_ptr_array_index (side->messages, i), wanted);
  g_mutex_unlock (&side->lock);
  return n;
}

guint
test_side_count_type (TestSide *side, GstMessageType type)
{
  Wanted wanted = {.type = type};

  return count_messages (side, &wanted);
}

guint
test_side_count_messages (TestSide *side, const char *name)
{
  Wanted wanted = {.name = name, .type = GST_MESSAGE_ELEMENT};

  return count_messages (side, &wanted);
}

/* The errors of upstream when it is refused are not counted. */
guint
test_side_count_errors (TestSide *side)
{
  guint n = 0;

  g_mutex_lock (&side->lock);
  for (guint i = 0; i < side->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (side->messages, i);

    n += GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR &&
         (GST_MESSAGE_SRC (message) == GST_OBJECT (side->element) ||
          gst_object_has_as_ancestor (GST_MESSAGE_SRC (message),
                                      GST_OBJECT (side->element)));
  }
  g_mutex_unlock (&side->lock);
  return n;
}

void
test_side_assert_quiet (TestSide *side)
{
  g_mutex_lock (&side->lock);
  for (guint i = 0; i < side->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (side->messages, i);

    if (GST_MESSAGE_TYPE (message) &
        (GST_MESSAGE_ERROR | GST_MESSAGE_WARNING)) {
      g_autofree char *text =
          gst_structure_to_string (gst_message_get_structure (message));

      g_error ("unexpected: %s", text);
    }
  }
  g_mutex_unlock (&side->lock);
}

guint64
test_side_get_stat (TestSide *side, const char *name)
{
  g_autoptr (GstStructure) stats = NULL;
  const GValue *value;

  g_object_get (side->element, "stats", &stats, NULL);
  value = gst_structure_get_value (stats, name);
  g_assert_nonnull (value);
  return G_VALUE_HOLDS_UINT (value) ? g_value_get_uint (value)
                                    : g_value_get_uint64 (value);
}

/* Nothing tells of a number that changes, so it is asked for now and then. */
static void
wait_stat (TestSide *side, const char *name, guint64 least, guint64 most)
{
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;
  guint64 now;

  while ((now = test_side_get_stat (side, name)) < least || now > most) {
    if (g_get_monotonic_time () > deadline_us)
      g_error ("timed out: %s is %" G_GUINT64_FORMAT
               ", wanted %" G_GUINT64_FORMAT,
               name, now, least);
    g_mutex_lock (&side->lock);
    g_cond_wait_until (&side->changed, &side->lock,
                       g_get_monotonic_time () + 5000);
    g_mutex_unlock (&side->lock);
  }
}

void
test_side_wait_stat (TestSide *side, const char *name, guint64 value)
{
  wait_stat (side, name, value, value);
}

void
test_side_wait_stat_at_most (TestSide *side, const char *name, guint64 most)
{
  wait_stat (side, name, 0, most);
}

void
test_side_wait_stat_at_least (TestSide *side, const char *name, guint64 value)
{
  wait_stat (side, name, value, G_MAXUINT64);
}

void
test_side_assert_numbers (TestSide *src, guint64 first, guint64 end)
{
  g_mutex_lock (&src->lock);
  g_assert_cmpuint (src->buffers->len, ==, end - first);
  for (guint i = 0; i < src->buffers->len; i++) {
    GstBuffer *buffer = g_ptr_array_index (src->buffers, i);

    g_assert_cmpuint (test_side_get_number (buffer), ==, first + i);
  }
  g_mutex_unlock (&src->lock);
}

static char *
checksum (GstBuffer *buffer)
{
  GstMapInfo map;
  char *sum;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  sum = g_compute_checksum_for_data (G_CHECKSUM_SHA1, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  return sum;
}

void
test_side_assert_same (TestSide *sink, TestSide *src)
{
  guint skipped;

  g_mutex_lock (&sink->lock);
  g_mutex_lock (&src->lock);
  g_assert_cmpuint (src->buffers->len, >, 0);
  g_assert_cmpuint (src->buffers->len, <=, sink->buffers->len);
  skipped = sink->buffers->len - src->buffers->len;
  for (guint i = 0; i < src->buffers->len; i++) {
    g_autofree char *sent =
        checksum (g_ptr_array_index (sink->buffers, skipped + i));
    g_autofree char *received = checksum (g_ptr_array_index (src->buffers, i));

    g_assert_cmpstr (received, ==, sent);
  }
  g_mutex_unlock (&src->lock);
  g_mutex_unlock (&sink->lock);
}

void
test_side_init (int *argc, char ***argv)
{
  gst_init (argc, argv);
  g_test_init (argc, argv, NULL);
  g_assert_true (GST_ELEMENT_REGISTER (resilientwebrtcsink, NULL));
  g_assert_true (GST_ELEMENT_REGISTER (resilientwebrtcsrc, NULL));
  g_assert_true (GST_ELEMENT_REGISTER (resilientwebrtcroom, NULL));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-talker.h"

/* See the header. */

TestSide *
test_talker_new (guint port, const char *name, const char *properties)
{
  TestSide *side = test_side_new (
      "audiotestsrc is-live=true samplesperbuffer=960 "
      "! audio/x-raw,rate=48000,channels=1 "
      "! resilientwebrtcsink name=it signaller-uri=ws://127.0.0.1:%u "
      "stream-name=%s room=stage floor=request %s",
      port, name, properties);

  test_side_play (side);
  return side;
}

TestSide *
test_talker_new_listener (guint port, const char *producer)
{
  TestSide *side = test_side_new (
      "resilientwebrtcsrc name=it signaller-uri=ws://127.0.0.1:%u "
      "producer-name=%s start-position=oldest ! audio/x-opus "
      "! fakesink sync=false async=false",
      port, producer);

  test_side_play (side);
  return side;
}

void
test_talker_start_host (TestHost *host, guint grace_ms)
{
  RwServerConfig *config = rw_server_config_new ();

  config->floor_grace_ms = grace_ms;
  test_host_start (host, config);
}

void
test_talker_press (TestSide *side, gboolean pressed)
{
  g_object_set (side->element, "talk", pressed, NULL);
}

gboolean
test_talker_is_on_air (TestSide *side, gpointer wanted)
{
  gboolean on_air;

  g_object_get (side->element, "on-air", &on_air, NULL);
  return on_air == GPOINTER_TO_INT (wanted);
}

void
test_talker_wait_on_air (TestSide *side, gboolean on_air)
{
  test_side_wait (side, test_talker_is_on_air, GINT_TO_POINTER (on_air),
                  "on-air");
}

typedef struct {
  const char *name;
  const char *event;
  guint n;
} Wanted;

static guint
count_events_locked (TestSide *side, const char *name, const char *event)
{
  guint n = 0;

  for (guint i = 0; i < side->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (side->messages, i);

    n += gst_message_has_name (message, name) &&
         g_strcmp0 (gst_structure_get_string (
                        gst_message_get_structure (message), "event"),
                    event) == 0;
  }
  return n;
}

static gboolean
has_events (TestSide *side, gpointer data)
{
  Wanted *wanted = data;

  return count_events_locked (side, wanted->name, wanted->event) >= wanted->n;
}

void
test_talker_wait_events (TestSide *side, const char *name, const char *event,
                         guint n)
{
  Wanted wanted = {name, event, n};

  test_side_wait (side, has_events, &wanted, event);
}

guint
test_talker_count_events (TestSide *side, const char *event)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&side->lock);

  return count_events_locked (side, TEST_FLOOR, event);
}

guint
test_talker_count_input (TestSide *side)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&side->lock);

  return side->buffers->len;
}

/* Lets @n more buffers of the input pass. */
void
test_talker_pass_input (TestSide *side, guint n)
{
  test_side_wait_buffers (side, test_talker_count_input (side) + n);
}

guint64
test_talker_count_recorded (TestSide *side)
{
  return test_side_get_stat (side, "frames");
}

/* But for one frame that was on its way to the journal. */
void
test_talker_check_silent (TestSide *side, guint64 recorded)
{
  test_talker_pass_input (side, 25);
  g_assert_cmpuint (test_talker_count_recorded (side), <=, recorded + 1);
}

guint
test_talker_count_states (TestSide *side, const char *state)
{
  guint n = 0;

  g_mutex_lock (&side->lock);
  for (guint i = 0; i < side->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (side->messages, i);

    n += gst_message_has_name (message, "resilient-webrtc-state") &&
         g_strcmp0 (gst_structure_get_string (
                        gst_message_get_structure (message), "state"),
                    state) == 0;
  }
  g_mutex_unlock (&side->lock);
  return n;
}

/* The audio has no hole: each buffer begins where the one before ends. */
GstClockTime
test_talker_get_longest_hole (TestSide *side)
{
  GstClockTime longest = 0;

  g_mutex_lock (&side->lock);
  for (guint i = 1; i < side->buffers->len; i++) {
    GstBuffer *last = g_ptr_array_index (side->buffers, i - 1);
    GstBuffer *buffer = g_ptr_array_index (side->buffers, i);
    GstClockTime end = GST_BUFFER_PTS (last) + GST_BUFFER_DURATION (last);

    if (GST_BUFFER_PTS (buffer) > end)
      longest = MAX (longest, GST_BUFFER_PTS (buffer) - end);
  }
  g_mutex_unlock (&side->lock);
  return longest;
}

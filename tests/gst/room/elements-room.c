/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-host.h"
#include "test-process.h"
#include "test-side.h"

#include <string.h>

/* Elements that are members of a room: who is there, and what is published. */

#define ROOM    "resilient-webrtc-room"
#define MESSAGE "resilient-webrtc-room-message"

static TestSide *
sink_new (TestHost *host, const char *stream)
{
  TestSide *side = test_side_new (
      "appsrc name=in format=time is-live=true "
      "caps=audio/x-opus,channel-mapping-family=0,channels=2,rate=48000 "
      "! resilientwebrtcsink name=it signaller-uri=ws://127.0.0.1:%u "
      "stream-name=%s room=stage",
      host->port, stream);

  test_side_play (side);
  return side;
}

static TestSide *
src_new (TestHost *host, const char *properties)
{
  TestSide *side = test_side_new (
      "resilientwebrtcsrc name=it signaller-uri=ws://127.0.0.1:%u %s "
      "! audio/x-opus ! fakesink sync=false async=false",
      host->port, properties);

  test_side_play (side);
  return side;
}

static guint
count_members (TestSide *side)
{
  GValue members = G_VALUE_INIT;
  guint n;

  g_value_init (&members, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (side->element), "members", &members);
  n = gst_value_array_get_size (&members);
  g_value_unset (&members);
  return n;
}

static gboolean
has_members (TestSide *side, gpointer n)
{
  return count_members (side) == GPOINTER_TO_UINT (n);
}

static void
wait_members (TestSide *side, guint n)
{
  test_side_wait (side, has_members, GUINT_TO_POINTER (n), "members");
}

/* The first member whose @field is @value. */
static GstStructure *
dup_member (TestSide *side, const char *field, const char *value)
{
  GValue members = G_VALUE_INIT;
  GstStructure *found = NULL;

  g_value_init (&members, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (side->element), "members", &members);
  for (guint i = 0; i < gst_value_array_get_size (&members); i++) {
    const GValue *item = gst_value_array_get_value (&members, i);
    const GstStructure *member = gst_value_get_structure (item);

    if (found == NULL &&
        g_strcmp0 (gst_structure_get_string (member, field), value) == 0)
      found = gst_structure_copy (member);
  }
  g_value_unset (&members);
  return found;
}

static gboolean
get_bool (const GstStructure *structure, const char *field)
{
  gboolean value;

  g_assert_true (gst_structure_get_boolean (structure, field, &value));
  return value;
}

static void
on_members (GObject *object, GParamSpec *pspec, gpointer data)
{
  g_atomic_int_inc ((gint *) data);
}

static void
test_members_know_each_other (void)
{
  TestHost host;
  TestSide *one, *two, *src;
  g_autoptr (GstStructure) member = NULL;
  gint n_notified = 0;

  test_host_start (&host, rw_server_config_new ());
  one = sink_new (&host, "one");
  g_signal_connect (one->element, "notify::members", G_CALLBACK (on_members),
                    &n_notified);
  /* The last to join sees nobody join. */
  test_side_wait_message (one, ROOM, "event", "joined");
  two = sink_new (&host, "two");
  src = src_new (&host, "room=stage producer-name=one");
  wait_members (one, 3);
  wait_members (two, 3);
  wait_members (src, 3);
  member = dup_member (src, "stream", "two");
  g_assert_nonnull (member);
  g_assert_cmpstr (gst_structure_get_string (member, "name"), ==, "it");
  g_assert_false (get_bool (member, "self"));
  g_assert_false (get_bool (member, "on-air"));
  test_side_wait_message (src, ROOM, "event", "joined");
  test_side_wait_message (one, ROOM, "event", "member-joined");
  test_side_free (two);
  test_side_wait_message (src, ROOM, "event", "member-left");
  wait_members (src, 2);
  wait_members (one, 2);
  g_assert_cmpint (g_atomic_int_get (&n_notified), >=, 3);
  test_side_free (src);
  test_side_free (one);
  test_host_stop (&host);
}

static void
publish (TestSide *side, guint first, guint n)
{
  for (guint i = first; i < first + n; i++) {
    g_autofree char *data = g_strdup_printf ("{\"n\":%u}", i);
    gboolean ok = FALSE;

    g_signal_emit_by_name (side->element, "publish", data, &ok);
    g_assert_true (ok);
  }
}

static gboolean
has_messages (TestSide *side, gpointer n)
{
  guint found = 0;

  for (guint i = 0; i < side->messages->len; i++)
    found +=
        gst_message_has_name (g_ptr_array_index (side->messages, i), MESSAGE);
  return found >= GPOINTER_TO_UINT (n);
}

/* All that were published, once, in order. */
static void
check_published (TestSide *side, guint n)
{
  guint next = 0;

  test_side_wait (side, has_messages, GUINT_TO_POINTER (n), "messages");
  g_mutex_lock (&side->lock);
  for (guint i = 0; i < side->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (side->messages, i);
    g_autofree char *wanted = g_strdup_printf ("{\"n\":%u}", next);

    if (!gst_message_has_name (message, MESSAGE))
      continue;
    g_assert_cmpstr (
        gst_structure_get_string (gst_message_get_structure (message), "data"),
        ==, wanted);
    next++;
  }
  g_mutex_unlock (&side->lock);
  g_assert_cmpuint (next, ==, n);
}

static void
cut_signalling (TestSide *side, guint ms)
{
  g_signal_emit_by_name (side->element, "simulate-outage", 1, ms);
}

static void
test_messages_come_once_in_order_across_outages (void)
{
  TestHost host;
  TestSide *sink, *src;

  test_host_start (&host, rw_server_config_new ());
  sink = sink_new (&host, "one");
  src = src_new (&host, "room=stage producer-name=one");
  wait_members (src, 2);
  wait_members (sink, 2);
  publish (sink, 0, 10);
  test_side_wait (src, has_messages, GUINT_TO_POINTER (10), "messages");
  cut_signalling (src, 700);
  publish (sink, 10, 10);
  test_side_wait (src, has_messages, GUINT_TO_POINTER (20), "messages");
  cut_signalling (sink, 700);
  publish (sink, 20, 10);
  check_published (src, 30);
  check_published (sink, 30);
  test_side_free (src);
  test_side_free (sink);
  test_host_stop (&host);
}

static void
test_what_cannot_be_published_is_refused (void)
{
  TestHost host;
  TestSide *sink, *outside;
  gboolean ok = TRUE;

  test_host_start (&host, rw_server_config_new ());
  sink = sink_new (&host, "one");
  g_signal_emit_by_name (sink->element, "publish", "not json", &ok);
  g_assert_false (ok);
  g_signal_emit_by_name (sink->element, "publish", NULL, &ok);
  g_assert_false (ok);
  outside = src_new (&host, "");
  g_signal_emit_by_name (outside->element, "publish", "1", &ok);
  g_assert_false (ok);
  test_side_stop (sink);
  g_signal_emit_by_name (sink->element, "publish", "1", &ok);
  g_assert_false (ok);
  g_assert_cmpuint (count_members (sink), ==, 0);
  test_side_free (outside);
  test_side_free (sink);
  test_host_stop (&host);
}

static void
test_a_room_that_cannot_be_is_an_error (void)
{
  g_autofree char *name = g_strnfill (300, 'r');
  TestSide *side =
      test_side_new ("audiotestsrc is-live=true ! resilientwebrtcsink name=it "
                     "signaller-uri=ws://127.0.0.1:1 room=%s",
                     name);

  g_assert_cmpint (gst_element_set_state (side->pipeline, GST_STATE_PLAYING),
                   ==, GST_STATE_CHANGE_FAILURE);
  test_side_wait_type (side, GST_MESSAGE_ERROR, 1);
  test_side_free (side);
}

int
main (int argc, char *argv[])
{
  test_side_init (&argc, &argv);

#define ADD(name, func) g_test_add_func ("/gst/elements-room/" name, func)
  ADD ("members-know-each-other", test_members_know_each_other);
  ADD ("messages-come-once-in-order-across-outages",
       test_messages_come_once_in_order_across_outages);
  ADD ("what-cannot-be-published-is-refused",
       test_what_cannot_be_published_is_refused);
  ADD ("a-room-that-cannot-be-is-an-error",
       test_a_room_that_cannot_be_is_an_error);
#undef ADD

  return test_process_run_tests ();
}

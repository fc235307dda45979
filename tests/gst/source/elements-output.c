/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-ordinary.h"
#include "test-process.h"

#include <string.h>

#include "rw-frame-meta.h"

/* The output of the source: its numbers, its format, and its address. */

/* ---- The index of each buffer ---- */

static const GstStructure *
get_meta (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, RW_FRAME_META_NAME);

  g_assert_nonnull (meta);
  return gst_custom_meta_get_structure (meta);
}

static guint64
get_index (GstBuffer *buffer)
{
  guint64 index = 0;

  g_assert_true (gst_structure_get_uint64 (get_meta (buffer), "index", &index));
  return index;
}

static void
test_buffers_have_their_index (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (TestSide) src = NULL;
  const char *stream_id;

  test_side_play (sink);
  test_side_push (sink, 0, 20); /* these are repaired */
  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  test_side_wait_buffers (src, 20);
  test_side_push (sink, 20, 20);
  test_side_wait_buffers (src, 40);
  stream_id = gst_structure_get_string (
      test_side_wait_message (src, "resilient-webrtc-stream", NULL, NULL),
      "stream-id");
  for (guint i = 0; i < 40; i++) {
    GstBuffer *buffer = g_ptr_array_index (src->buffers, i);
    const GstStructure *meta = get_meta (buffer);
    const char *lane = gst_structure_get_string (meta, "lane");

    g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, i);
    g_assert_cmpuint (get_index (buffer), ==, i);
    g_assert_cmpstr (gst_structure_get_string (meta, "stream-id"), ==,
                     stream_id);
    g_assert_true (g_str_equal (lane, "repair") ||
                   (i >= 20 && g_str_equal (lane, "live")));
  }
}

static void
test_decoded_buffers_have_their_index (void)
{
  g_autoptr (TestSide) sink = test_ordinary_new_sink ();
  g_autoptr (TestSide) src = test_side_new (
      "resilientwebrtcsrc name=it signaller-uri=ws://127.0.0.1:%u "
      "! audio/x-raw ! fakesink async=false",
      test_side_get_port (sink));

  test_side_play (src);
  test_side_wait_buffers (src, 20);
  for (guint i = 1; i < 20; i++)
    g_assert_cmpuint (get_index (g_ptr_array_index (src->buffers, i)), >=,
                      get_index (g_ptr_array_index (src->buffers, i - 1)));
}

static void
test_ordinary_buffers_are_counted (void)
{
  g_autoptr (TestSide) src =
      test_ordinary_new_source ("producer-name=studio", "audio/x-opus");
  g_autoptr (TestOrdinary) peer = test_ordinary_new_producer (src);
  TestOrdinaryWant want = {src, peer, 20};

  test_wait_until (test_ordinary_has_come_out, &want, "audio");
  for (guint i = 0; i < 20; i++) {
    GstBuffer *buffer = g_ptr_array_index (src->buffers, i);

    g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, i);
    g_assert_cmpstr (gst_structure_get_string (get_meta (buffer), "lane"), ==,
                     "rtp");
  }
}

/* ---- Another downstream while playing ---- */

typedef struct {
  TestSide *side;
  const char *name; /* of the element to link to */
} Relink;

static GstPadProbeReturn
on_blocked (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Relink *relink = data;
  g_autoptr (GstElement) next =
      gst_bin_get_by_name (GST_BIN (relink->side->pipeline), relink->name);
  g_autoptr (GstPad) target = gst_element_get_static_pad (next, "sink");
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);

  g_assert_true (gst_pad_unlink (pad, peer));
  g_assert_cmpint (gst_pad_link (pad, target), ==, GST_PAD_LINK_OK);
  return GST_PAD_PROBE_REMOVE;
}

static gboolean
has_newest_caps (TestSide *side, gpointer name)
{
  return side->caps->len > 0 &&
         gst_structure_has_name (
             gst_caps_get_structure (
                 g_ptr_array_index (side->caps, side->caps->len - 1), 0),
             name);
}

static void
relink (TestSide *side, const char *name, const char *media_type)
{
  Relink *relink = g_new0 (Relink, 1);

  relink->side = side;
  relink->name = name;
  gst_pad_add_probe (side->pad, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, on_blocked,
                     relink, g_free);
  test_side_wait (side, has_newest_caps, (gpointer) media_type, media_type);
  test_side_wait_buffers (side, side->buffers->len + 10);
}

static void
test_relinked_source_decides_anew (void)
{
  g_autoptr (TestSide) sink = test_ordinary_new_sink ();
  g_autoptr (TestSide) src = test_side_new (
      "resilientwebrtcsrc name=it signaller-uri=ws://127.0.0.1:%u "
      "! capsfilter name=opus caps=audio/x-opus ! fakesink async=false "
      "audioconvert name=raw ! fakesink async=false",
      test_side_get_port (sink));

  test_side_play (src);
  test_side_wait_buffers (src, 10);
  g_assert_true (has_newest_caps (src, (gpointer) "audio/x-opus"));
  for (guint i = 0; i < 3; i++) {
    relink (src, "raw", "audio/x-raw");
    relink (src, "opus", "audio/x-opus");
  }
  test_side_assert_quiet (src);
}

/* ---- gstwebrtc:// ---- */

static void
test_uri_sets_properties (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) src = gst_element_make_from_uri (
      GST_URI_SRC,
      "gstwebrtcs://media.example.org:9443/?producer-name=studio%201"
      "&latency=90&delivery=live",
      NULL, &error);
  g_autofree char *signaller = NULL;
  g_autofree char *name = NULL;
  guint latency;
  int delivery;

  g_assert_no_error (error);
  g_object_get (src, "signaller-uri", &signaller, "producer-name", &name,
                "latency", &latency, "delivery", &delivery, NULL);
  g_assert_cmpstr (signaller, ==, "wss://media.example.org:9443");
  g_assert_cmpstr (name, ==, "studio 1");
  g_assert_cmpuint (latency, ==, 90);
  g_assert_cmpint (delivery, ==, 1);
  gst_object_ref_sink (src);
}

static void
test_wrong_uris_are_refused (void)
{
  static const char *const uris[] = {
      "gstwebrtc:",
      "gstwebrtc:///?producer-name=a",
      "gstwebrtc://host/?no-such-property=1",
      "gstwebrtc://host/?latency=much",
      "gstwebrtc://host/?stats=1",
  };
  g_autoptr (GstElement) src =
      gst_element_factory_make ("resilientwebrtcsrc", NULL);

  gst_object_ref_sink (src);
  for (guint i = 0; i < G_N_ELEMENTS (uris); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (
        gst_uri_handler_set_uri (GST_URI_HANDLER (src), uris[i], &error));
    g_assert_nonnull (error);
    g_test_message ("%s", error->message);
  }
}

static GstPadProbeReturn
on_played (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  g_atomic_int_inc ((gint *) data);
  return GST_PAD_PROBE_OK;
}

static gboolean
is_heard (gpointer data)
{
  return g_atomic_int_get ((gint *) data) >= 20;
}

static void
check_player (const char *player)
{
  g_autoptr (TestSide) sink = test_ordinary_new_sink ();
  g_autofree char *line = g_strdup_printf (
      "%s name=it uri=gstwebrtc://127.0.0.1:%u/?producer-name=studio", player,
      test_side_get_port (sink));
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstElement) audio =
      gst_element_factory_make ("fakesink", "audio-out");
  g_autoptr (GstPad) pad = NULL;
  gint n_buffers = 0;

  gst_object_ref_sink (audio);
  pad = gst_element_get_static_pad (audio, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_played, &n_buffers,
                     NULL);
  g_object_set (pipeline, "audio-sink", audio, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  test_wait_until (is_heard, &n_buffers, player);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static void
test_players_take_the_uri (void)
{
  check_player ("playbin");
  check_player ("playbin3");
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  g_test_add_func ("/gst/elements/buffers-have-their-index",
                   test_buffers_have_their_index);
  g_test_add_func ("/gst/elements/decoded-buffers-have-their-index",
                   test_decoded_buffers_have_their_index);
  g_test_add_func ("/gst/elements/ordinary-buffers-are-counted",
                   test_ordinary_buffers_are_counted);
  g_test_add_func ("/gst/elements/relinked-source-decides-anew",
                   test_relinked_source_decides_anew);
  g_test_add_func ("/gst/elements/uri-sets-properties",
                   test_uri_sets_properties);
  g_test_add_func ("/gst/elements/wrong-uris-are-refused",
                   test_wrong_uris_are_refused);
  g_test_add_func ("/gst/elements/players-take-the-uri",
                   test_players_take_the_uri);
  return test_process_run_tests ();
}

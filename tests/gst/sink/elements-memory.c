/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-channel-codec.h"
#include "test-ordinary.h"
#include "test-process.h"

#include <string.h>
#include <unistd.h>

/* Whom the sink remembers, whom it forgets, and when; with consumers that speak
 * our language by hand.
 *
 * RW_FULL=1 also waits for the minute that a consumer has to return in. */

typedef struct {
  TestOrdinary *peer;
  const char *consumer_id;
  guint seq;
  gulong handler;
  gint n_answers;
} Hello;

static void
on_message (GObject *channel, GBytes *message, gpointer data)
{
  g_atomic_int_inc (&((Hello *) data)->n_answers);
}

static void
send_hello (Hello *hello)
{
  RwMessage message = {
      .type = RW_MESSAGE_HELLO, .generation = 1, .seq = ++hello->seq};
  g_autofree guint8 *buffer = g_malloc (RW_CHANNEL_MAX_SIZE);
  g_autoptr (GBytes) bytes = NULL;
  gsize size;

  g_strlcpy (message.hello.consumer_id, hello->consumer_id,
             sizeof message.hello.consumer_id);
  size = rw_channel_encode (&message, buffer, RW_CHANNEL_MAX_SIZE);
  bytes = g_bytes_new (buffer, size);
  g_signal_emit_by_name (hello->peer->channel, "send-data", bytes);
}

/* The channel drops what it cannot deliver at once: said until it is heard. */
static gboolean
is_answered (gpointer data)
{
  Hello *hello = data;

  test_ordinary_take_messages (hello->peer);
  if (g_atomic_pointer_get (&hello->peer->channel) == NULL)
    return FALSE;
  if (hello->handler == 0)
    hello->handler = g_signal_connect (hello->peer->channel, "on-message-data",
                                       G_CALLBACK (on_message), hello);
  send_hello (hello);
  return g_atomic_int_get (&hello->n_answers) > 0;
}

static void
say_hello (TestOrdinary *peer, const char *consumer_id)
{
  Hello hello = {.peer = peer, .consumer_id = consumer_id};

  test_wait_until (is_answered, &hello, "an answer on the data channel");
  g_signal_handler_disconnect (peer->channel, hello.handler);
}

/* One that was here and vanished without a word; its session is over. */
static void
come_and_go (TestSide *sink, const char *consumer_id)
{
  g_autoptr (TestOrdinary) peer =
      test_ordinary_new_consumer_as (sink, consumer_id);

  say_hello (peer, consumer_id);
  g_signal_emit_by_name (peer->channel, "close");
  test_side_wait_message (sink, "resilient-webrtc-state", "reason",
                          "waiting for the consumer to return");
  test_side_wait_stat (sink, "sessions", 0);
  g_assert_cmpuint (test_side_get_stat (sink, "consumers"), ==, 1);
}

/* @more goes into the request. Candidates of another session may come first. */
static char *
ask_for_session (TestPeer *line, const char *producer, const char *more)
{
  test_peer_send_json (line, "{'type':'startSession','peerId':'%s'%s}",
                       producer, more);
  for (;;) {
    g_autofree char *text = test_peer_next (line);
    g_autofree char *type = test_peer_get (text, "type");

    if (g_str_equal (type, "sessionStarted"))
      return test_peer_get (text, "sessionId");
  }
}

#define REQUEST(id)                                                            \
  ",'resilient':{'consumerId':'" id "','streamId':null,'next':'0',"            \
  "'generation':'2','start':'live'}"

typedef struct {
  TestSide *sink;
  TestOrdinary *peer; /* or NULL */
} Leaving;

static gboolean
has_no_sessions (gpointer data)
{
  Leaving *leaving = data;

  if (leaving->peer)
    test_ordinary_take_messages (leaving->peer);
  return test_side_get_stat (leaving->sink, "sessions") == 0;
}

/* An attempt that comes to nothing says only that it came to nothing. */
static void
test_failed_attempt_forgets_nobody (void)
{
  g_autoptr (TestSide) sink = test_ordinary_new_sink ();
  g_autoptr (TestPeer) line = NULL;
  g_autofree char *welcome = NULL;
  g_autofree char *producer = NULL;
  static const char *const requests[] = {REQUEST ("b"), REQUEST ("stranger")};

  come_and_go (sink, "b");
  line = test_peer_new (test_side_get_port (sink));
  welcome = test_peer_expect_type (line, "welcome");
  producer = test_ordinary_find_producer (line);
  for (guint i = 0; i < G_N_ELEMENTS (requests); i++) {
    g_autofree char *session_id = ask_for_session (line, producer, requests[i]);

    test_side_wait_stat (sink, "sessions", 1);
    test_peer_send_json (line, "{'type':'endSession','sessionId':'%s'}",
                         session_id);
    test_wait_until (has_no_sessions, &(Leaving){sink, NULL}, "the end of it");
    test_side_wait_stat (sink, "consumers", 1);
  }
}

/* A peer that gives another identity on the channel is another consumer. */
static void
test_channel_says_who_it_is (void)
{
  g_autoptr (TestSide) sink = test_ordinary_new_sink ();
  g_autoptr (TestOrdinary) peer = test_ordinary_new_consumer_as (sink, "first");

  say_hello (peer, "second");
  test_side_wait_stat (sink, "consumers", 1);
  g_signal_emit_by_name (peer->channel, "close");
  test_side_wait_stat (sink, "sessions", 0);
  test_side_stop (sink);
  g_assert_cmpuint (test_side_count_errors (sink), ==, 0);
}

/* Two that were given one id by mistake, as by a copied configuration. */
static void
test_two_by_one_id_are_a_warning (void)
{
  g_autoptr (TestSide) sink = test_ordinary_new_sink ();
  g_autoptr (TestSide) one = test_side_new_opus_src (sink, "consumer-id=twin");
  g_autoptr (TestSide) two = test_side_new_opus_src (sink, "consumer-id=twin");
  GError *error = NULL;

  test_side_play (one);
  test_side_wait_buffers (one, 10);
  test_side_assert_quiet (sink);
  test_side_play (two);
  gst_message_parse_warning (test_side_wait_type (sink, GST_MESSAGE_WARNING, 1),
                             &error, NULL);
  g_test_message ("%s", error->message);
  g_assert_true (
      g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY));
  g_assert_nonnull (strstr (error->message, "\"twin\""));
  g_error_free (error);
}

/* A session that is not answered, or leads nowhere, has its time and no more.
 */
static void
test_sessions_that_never_open_give_way (void)
{
  g_autoptr (TestSide) sink = test_ordinary_new_sink ();
  g_autoptr (TestOrdinary) nowhere = test_ordinary_new_consumer (sink);
  g_autoptr (TestPeer) line = test_peer_new (test_side_get_port (sink));
  g_autofree char *welcome = test_peer_expect_type (line, "welcome");
  g_autofree char *producer = test_ordinary_find_producer (line);
  g_autofree char *silent =
      ask_for_session (line, producer, REQUEST ("silent"));

  nowhere->is_unreachable = TRUE;
  test_side_wait_stat (sink, "sessions", 2);
  test_wait_until (has_no_sessions, &(Leaving){sink, nowhere},
                   "the end of sessions that nobody opens");
  g_assert_nonnull (nowhere->session_id);
  g_assert_cmpint (g_atomic_int_get (&nowhere->n_buffers), ==, 0);
  test_side_wait_stat (sink, "consumers", 0);
}

/* Nobody waits for frames that the journal no longer holds for a consumer. */
static void
test_one_that_does_not_return_is_forgotten (void)
{
  g_autoptr (TestSide) sink = test_ordinary_new_sink ();
  gint64 end_us = g_get_monotonic_time () + 90 * G_TIME_SPAN_SECOND;

  if (g_getenv ("RW_FULL") == NULL) {
    g_test_skip ("takes a minute: RW_FULL=1");
    return;
  }
  g_object_set (sink->element, "max-size-time", 2 * GST_SECOND, NULL);
  come_and_go (sink, "b");
  while (test_side_get_stat (sink, "consumers") > 0 &&
         g_get_monotonic_time () < end_us)
    g_main_context_iteration (NULL, FALSE); /* longer than others may wait */
  test_side_wait_message (sink, "resilient-webrtc-state", "reason",
                          "did not return");
  g_assert_cmpuint (test_side_get_stat (sink, "consumers"), ==, 0);
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  g_test_add_func ("/gst/memory/failed-attempt-forgets-nobody",
                   test_failed_attempt_forgets_nobody);
  g_test_add_func ("/gst/memory/channel-says-who-it-is",
                   test_channel_says_who_it_is);
  g_test_add_func ("/gst/memory/two-by-one-id-are-a-warning",
                   test_two_by_one_id_are_a_warning);
  g_test_add_func ("/gst/memory/sessions-that-never-open-give-way",
                   test_sessions_that_never_open_give_way);
  g_test_add_func ("/gst/memory/one-that-does-not-return-is-forgotten",
                   test_one_that_does_not_return_is_forgotten);
  return test_process_run_tests ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-streams.h"

#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

#define DEADLINE_US (120 * G_USEC_PER_SEC)
#define ROUND_US    60000
#define PER_ROUND   3

/* In rounds: before anything happens to the server. */
#define ROUNDS_BEFORE 25

/* A hundred elements of one process may keep each other waiting: that is no
 * session lost. */
#define PATIENT "stall-timeout=5000 "

/* One of the server's metrics, such as "clients". */
/* 0 where no server answers. */
static guint
get_metric_at (guint port, const char *name)
{
  static const char request[] = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) line = g_socket_client_connect_to_host (
      client, "127.0.0.1", (guint16) port, NULL, NULL);
  g_autofree char *key = g_strdup_printf ("\nresilient_signalling_%s ", name);
  char text[32768] = "";
  gsize len = 0;
  const char *value;

  if (line == NULL)
    return 0;
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (line)),
                             request, strlen (request), NULL, NULL, NULL);
  g_input_stream_read_all (g_io_stream_get_input_stream (G_IO_STREAM (line)),
                           text, sizeof text - 1, &len, NULL, NULL);
  value = strstr (text, key);
  g_assert_nonnull (value);
  return (guint) strtoul (value + strlen (key), NULL, 10);
}

guint
test_streams_get_metric (TestStreams *self, const char *name)
{
  return get_metric_at (self->port, name) +
         (self->other_port != 0 ? get_metric_at (self->other_port, name) : 0);
}

/* Says what is due, and waits until the next is: in time with the clock, so
 * that a late round is made good and the streams are live. */
void
test_streams_play_round (TestStreams *self)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  GstClockID due;

  for (guint i = 0; i < self->n; i++)
    test_side_push (self->streams[i].sink, self->said, PER_ROUND);
  self->said += PER_ROUND;

  self->next_us += ROUND_US;
  due =
      gst_clock_new_single_shot_id (clock, (GstClockTime) self->next_us * 1000);
  gst_clock_id_wait (due, NULL);
  gst_clock_id_unref (due);
}

void
test_streams_play_rounds (TestStreams *self, guint n)
{
  for (guint i = 0; i < n; i++)
    test_streams_play_round (self);
}

/* Says on while it waits for @n of @what at the server. */
void
test_streams_play_until (TestStreams *self, const char *what, guint n)
{
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;

  while (test_streams_get_metric (self, what) != n) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
    test_streams_play_round (self);
  }
}

static TestSide *
new_sink (TestStreams *self, guint i)
{
  return test_side_new (
      "appsrc name=in format=time is-live=true max-bytes=0 "
      "caps=audio/x-opus,channel-mapping-family=0,channels=2,rate=48000 "
      "! resilientwebrtcsink name=it stream-name=stream-%u " PATIENT
      "signaller-uris=\"%s\"",
      i, self->uris);
}

static TestSide *
new_src (TestStreams *self, guint i, const char *consumer)
{
  return test_side_new (
      "resilientwebrtcsrc name=it producer-name=stream-%u " PATIENT
      "start-position=oldest "
      "consumer-id=%s signaller-uris=\"%s\" "
      "! audio/x-opus ! fakesink sync=false async=false",
      i, consumer, self->src_uris != NULL ? self->src_uris : self->uris);
}

static void
start_streams (TestStreams *self)
{
  self->streams = g_new0 (TestStream, self->n);
  for (guint i = 0; i < self->n; i++) {
    self->streams[i].sink = new_sink (self, i);
    test_side_play (self->streams[i].sink);
  }
  for (guint i = 0; i < self->n; i++) {
    self->streams[i].src = new_src (self, i, "first");
    test_side_play (self->streams[i].src);
  }
  for (guint i = 0; i < self->n; i++)
    test_side_wait_stat (self->streams[i].sink, "consumers", 1);
}

guint
test_streams_count_states (TestSide *side, const char *state)
{
  guint n = 0;

  g_mutex_lock (&side->lock);
  for (guint i = 0; i < side->messages->len; i++) {
    const GstStructure *s =
        gst_message_get_structure (side->messages->pdata[i]);

    if (s != NULL && gst_structure_has_name (s, "resilient-webrtc-state") &&
        g_strcmp0 (gst_structure_get_string (s, "state"), state) == 0)
      n++;
  }
  g_mutex_unlock (&side->lock);
  return n;
}

/* One that comes now gets what is said from now on. */
TestSide *
test_streams_begin_new_session (TestStreams *self, const char *consumer)
{
  TestSide *src = new_src (self, 0, consumer);
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;
  guint64 n = test_side_get_stat (self->streams[0].sink, "consumers") + 1;

  test_side_play (src);
  while (test_side_get_stat (self->streams[0].sink, "consumers") < n) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
    test_streams_play_round (self);
  }
  test_streams_play_rounds (self, 5);
  test_side_wait_buffers (src, PER_ROUND);
  return src;
}

static void
check_new_session (TestStreams *self)
{
  test_side_free (test_streams_begin_new_session (self, "new"));
}

/* Every packet once and in order, and nobody has lost a session. A doubt that
 * passed again may be the machine's. */
void
test_streams_check_media (TestStreams *self)
{
  guint doubts = 0;

  for (guint i = 0; i < self->n; i++)
    test_side_end (self->streams[i].sink);
  for (guint i = 0; i < self->n; i++) {
    TestSide *src = self->streams[i].src;

    test_side_wait_eos (src);
    test_side_assert_numbers (src, 0, (guint) self->said);
    g_assert_cmpuint (test_streams_count_states (src, "reconnecting"), ==, 0);
    g_assert_cmpuint (test_streams_count_states (src, "connected"), >=, 1);
    doubts += test_streams_count_states (src, "suspect");
  }
  g_test_message ("%u streams, %" G_GUINT64_FORMAT
                  " packets each, none lost, 0 reconnected, %u doubts",
                  self->n, self->said, doubts);
}

void
test_streams_begin (TestStreams *self)
{
  start_streams (self);
  self->next_us = g_get_monotonic_time ();
  test_streams_play_rounds (self, ROUNDS_BEFORE);
  g_assert_cmpuint (test_streams_get_metric (self, "producers"), ==, self->n);
}

void
test_streams_wait_until_all_are_back (TestStreams *self)
{
  gint64 from_us = g_get_monotonic_time ();

  test_streams_play_until (self, "connections", 2 * self->n);
  test_streams_play_until (self, "producers", self->n);
  test_streams_play_until (self, "seats_waiting", 0);
  g_test_message ("all %u registered again after %.1f s", 2 * self->n,
                  (double) (g_get_monotonic_time () - from_us) / 1e6);
}

void
test_streams_clear (TestStreams *self)
{
  for (guint i = 0; i < self->n; i++) {
    test_side_free (self->streams[i].src);
    test_side_free (self->streams[i].sink);
  }
  g_free (self->streams);
}

void
test_streams_finish (TestStreams *self)
{
  check_new_session (self);
  test_streams_check_media (self);
  test_streams_clear (self);
}

guint
test_streams_get_usual_n (void)
{
  const char *n = g_getenv ("RW_STREAMS");

  return n != NULL ? (guint) atoi (n) : 6;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-streams.h"

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

guint
rw_streams_find_port (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();

  return g_socket_listener_add_any_inet_port (listener, NULL, NULL);
}

/* One of the server's metrics, such as "clients". */
guint
rw_streams_get_metric (RwStreams *self, const char *name)
{
  static const char request[] = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) line = g_socket_client_connect_to_host (
      client, "127.0.0.1", (guint16) self->port, NULL, NULL);
  g_autofree char *key = g_strdup_printf ("\nresilient_signalling_%s ", name);
  char text[32768] = "";
  gsize len = 0;
  const char *value;

  g_assert_nonnull (line);
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (line)),
                             request, strlen (request), NULL, NULL, NULL);
  g_input_stream_read_all (g_io_stream_get_input_stream (G_IO_STREAM (line)),
                           text, sizeof text - 1, &len, NULL, NULL);
  value = strstr (text, key);
  g_assert_nonnull (value);
  return (guint) strtoul (value + strlen (key), NULL, 10);
}

/* Says what is due, and waits until the next is: in time with the clock, so
 * that a late round is made good and the streams are live. */
void
rw_streams_play_round (RwStreams *self)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  GstClockID due;

  for (guint i = 0; i < self->n; i++)
    rw_side_push (self->streams[i].sink, self->said, PER_ROUND);
  self->said += PER_ROUND;

  self->next_us += ROUND_US;
  due =
      gst_clock_new_single_shot_id (clock, (GstClockTime) self->next_us * 1000);
  gst_clock_id_wait (due, NULL);
  gst_clock_id_unref (due);
}

void
rw_streams_play_rounds (RwStreams *self, guint n)
{
  for (guint i = 0; i < n; i++)
    rw_streams_play_round (self);
}

/* Says on while it waits for @n of @what at the server. */
void
rw_streams_play_until (RwStreams *self, const char *what, guint n)
{
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;

  while (rw_streams_get_metric (self, what) != n) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
    rw_streams_play_round (self);
  }
}

static RwSide *
new_sink (RwStreams *self, guint i)
{
  return rw_side_new (
      "appsrc name=in format=time is-live=true max-bytes=0 "
      "caps=audio/x-opus,channel-mapping-family=0,channels=2,rate=48000 "
      "! resilientwebrtcsink name=it stream-name=stream-%u " PATIENT
      "signaller-uris=\"%s\"",
      i, self->uris);
}

static RwSide *
new_src (RwStreams *self, guint i, const char *consumer)
{
  return rw_side_new (
      "resilientwebrtcsrc name=it producer-name=stream-%u " PATIENT
      "consumer-id=%s signaller-uris=\"%s\" "
      "! audio/x-opus ! fakesink sync=false async=false",
      i, consumer, self->uris);
}

static void
start_streams (RwStreams *self)
{
  self->streams = g_new0 (RwStream, self->n);
  for (guint i = 0; i < self->n; i++) {
    self->streams[i].sink = new_sink (self, i);
    rw_side_play (self->streams[i].sink);
  }
  for (guint i = 0; i < self->n; i++) {
    self->streams[i].src = new_src (self, i, "first");
    rw_side_play (self->streams[i].src);
  }
  for (guint i = 0; i < self->n; i++)
    rw_side_wait_stat (self->streams[i].sink, "consumers", 1);
}

guint
rw_streams_count_states (RwSide *side, const char *state)
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
RwSide *
rw_streams_begin_new_session (RwStreams *self, const char *consumer)
{
  RwSide *src = new_src (self, 0, consumer);
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;
  guint64 n = rw_side_get_stat (self->streams[0].sink, "consumers") + 1;

  rw_side_play (src);
  while (rw_side_get_stat (self->streams[0].sink, "consumers") < n) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
    rw_streams_play_round (self);
  }
  rw_streams_play_rounds (self, 5);
  rw_side_wait_buffers (src, PER_ROUND);
  return src;
}

static void
check_new_session (RwStreams *self)
{
  rw_side_free (rw_streams_begin_new_session (self, "new"));
}

/* Every packet once and in order, and nobody has lost a session. A doubt that
 * passed again may be the machine's. */
void
rw_streams_check_media (RwStreams *self)
{
  guint doubts = 0;

  for (guint i = 0; i < self->n; i++)
    rw_side_end (self->streams[i].sink);
  for (guint i = 0; i < self->n; i++) {
    RwSide *src = self->streams[i].src;

    rw_side_wait_eos (src);
    rw_side_assert_numbers (src, 0, (guint) self->said);
    g_assert_cmpuint (rw_streams_count_states (src, "reconnecting"), ==, 0);
    g_assert_cmpuint (rw_streams_count_states (src, "connected"), >=, 1);
    doubts += rw_streams_count_states (src, "suspect");
  }
  g_test_message ("%u streams, %" G_GUINT64_FORMAT
                  " packets each, none lost, 0 reconnected, %u doubts",
                  self->n, self->said, doubts);
}

void
rw_streams_begin (RwStreams *self)
{
  start_streams (self);
  self->next_us = g_get_monotonic_time ();
  rw_streams_play_rounds (self, ROUNDS_BEFORE);
  g_assert_cmpuint (rw_streams_get_metric (self, "producers"), ==, self->n);
}

void
rw_streams_wait_until_all_are_back (RwStreams *self)
{
  gint64 from_us = g_get_monotonic_time ();

  rw_streams_play_until (self, "connections", 2 * self->n);
  rw_streams_play_until (self, "producers", self->n);
  rw_streams_play_until (self, "seats_waiting", 0);
  g_test_message ("all %u registered again after %.1f s", 2 * self->n,
                  (double) (g_get_monotonic_time () - from_us) / 1e6);
}

void
rw_streams_clear (RwStreams *self)
{
  for (guint i = 0; i < self->n; i++) {
    rw_side_free (self->streams[i].src);
    rw_side_free (self->streams[i].sink);
  }
  g_free (self->streams);
}

void
rw_streams_finish (RwStreams *self)
{
  check_new_session (self);
  rw_streams_check_media (self);
  rw_streams_clear (self);
}

guint
rw_streams_get_usual_n (void)
{
  const char *n = g_getenv ("RW_STREAMS");

  return n != NULL ? (guint) atoi (n) : 6;
}

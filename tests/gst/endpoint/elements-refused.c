/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-side.h"
#include "test-process.h"
#include "test-program.h"
#include "test-identity.h"
#include "test-host.h"

#include <string.h>

/* The messages on the bus for each reason why there is no signalling: the row
 * of docs/messages.md, from both elements. The rows of a test run at once, as
 * one of them takes ten seconds. */

#define MS G_GINT64_CONSTANT (1000)

/* ---- a server that answers everything with the same ---- */

typedef struct {
  GSocketListener *listener;
  GThread *thread;
  guint port;
  const char *answer; /* NULL: never */
  GCancellable *over;
  GMutex lock;
  GCond changed;
  guint n_asked;
  gint64 asked_us[2];
} Refuser;

static void
note_asked (Refuser *self)
{
  g_mutex_lock (&self->lock);
  if (self->n_asked < G_N_ELEMENTS (self->asked_us))
    self->asked_us[self->n_asked] = g_get_monotonic_time ();
  self->n_asked++;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

/* The head of a request, to its empty line. Whether it asks for a WebSocket: a
 * balancer of a test beside this one may still check a port that was another
 * server's. */
static gboolean
read_head (Refuser *self, GInputStream *input)
{
  g_autoptr (GString) head = g_string_new (NULL);
  char c;

  while (!g_str_has_suffix (head->str, "\r\n\r\n") && head->len < 8192 &&
         g_input_stream_read (input, &c, 1, self->over, NULL) == 1)
    g_string_append_c (head, c);
  return strstr (head->str, "\r\nSec-WebSocket-Key:") != NULL;
}

static void
serve (Refuser *self, GIOStream *connection)
{
  GInputStream *input = g_io_stream_get_input_stream (connection);
  char c;

  if (read_head (self, input))
    note_asked (self);
  if (self->answer != NULL)
    g_output_stream_write_all (g_io_stream_get_output_stream (connection),
                               self->answer, strlen (self->answer), NULL, NULL,
                               NULL);
  else /* until they have had enough, or we have */
    while (g_input_stream_read (input, &c, 1, self->over, NULL) == 1)
      ;
  g_io_stream_close (connection, NULL, NULL);
}

static gpointer
run (gpointer data)
{
  Refuser *self = data;
  GSocketConnection *connection;

  while ((connection = g_socket_listener_accept (self->listener, NULL,
                                                 self->over, NULL)) != NULL) {
    serve (self, G_IO_STREAM (connection));
    g_object_unref (connection);
  }
  return NULL;
}

static void
refuser_init (Refuser *self, const char *answer)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->over = g_cancellable_new ();
  self->answer = answer;
  self->listener = g_socket_listener_new ();
  self->port = g_socket_listener_add_any_inet_port (self->listener, NULL, NULL);
  g_assert_cmpuint (self->port, >, 0);
  self->thread = g_thread_new ("refuser", run, self);
}

static void
refuser_wait_asked (Refuser *self, guint n)
{
  gint64 deadline_us = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;

  g_mutex_lock (&self->lock);
  while (self->n_asked < n)
    g_assert_true (
        g_cond_wait_until (&self->changed, &self->lock, deadline_us));
  g_mutex_unlock (&self->lock);
}

static void
refuser_clear (Refuser *self)
{
  g_cancellable_cancel (self->over);
  g_thread_join (self->thread);
  g_socket_listener_close (self->listener);
  g_object_unref (self->listener);
  g_object_unref (self->over);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
}

/* ---- the table ---- */

#define HTTP(status)                                                           \
  "HTTP/1.1 " status "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
#define TOO_MANY "429 Too Many Requests\r\nRetry-After: 2"

typedef struct {
  const char *name;
  gboolean listens;
  const char *answer;
  gboolean is_final;  /* told at once, whatever "retries" says */
  const char *reason; /* of the source's "failed" */
  const char *says;   /* what the text has to tell */
} Row;

static const Row rows[] = {
    {"refused", FALSE, NULL, FALSE, "unreachable", "refused"},
    {"hangs up", TRUE, "", FALSE, "unreachable", "Cannot reach"},
    {"silent", TRUE, NULL, FALSE, "timed-out", "127.0.0.1"},
    {"401", TRUE, HTTP ("401 Unauthorized"), TRUE, "unauthorized",
     "auth-token"},
    {"403", TRUE, HTTP ("403 Forbidden"), TRUE, "unauthorized", "auth-token"},
    {"429", TRUE, HTTP (TOO_MANY), FALSE, "rate-limited", "too busy"},
    {"503", TRUE, HTTP ("503 Service Unavailable"), FALSE, "rate-limited",
     "too busy"},
    {"404", TRUE, HTTP ("404 Not Found"), FALSE, "protocol",
     "no signalling server"},
    {"200", TRUE, HTTP ("200 OK"), FALSE, "protocol", "no signalling server"},
};

#define N_ROWS G_N_ELEMENTS (rows)

typedef struct {
  Refuser refusers[2]; /* of the source, of the sink */
  TestSide *src;
  TestSide *sink;
} Case;

static TestSide *
new_src (const char *uri, const char *properties)
{
  return test_side_new ("resilientwebrtcsrc name=it producer-name=studio "
                        "signaller-uri=%s %s ! audio/x-opus "
                        "! fakesink sync=false async=false",
                        uri, properties);
}

static TestSide *
new_sink (const char *uri, const char *properties)
{
  return test_side_new ("audiotestsrc is-live=true samplesperbuffer=960 "
                        "! audio/x-raw,rate=48000,channels=1 "
                        "! resilientwebrtcsink name=it stream-name=studio "
                        "signaller-uri=%s %s",
                        uri, properties);
}

static char *
make_uri (const Row *row, Refuser *refuser)
{
  if (row->listens)
    refuser_init (refuser, row->answer);
  return g_strdup_printf ("ws://127.0.0.1:%u",
                          row->listens ? refuser->port
                                       : test_program_reserve_port ());
}

static void
case_init (Case *self, const Row *row, const char *properties)
{
  g_autofree char *src_uri = make_uri (row, &self->refusers[0]);
  g_autofree char *sink_uri = make_uri (row, &self->refusers[1]);

  self->src = new_src (src_uri, properties);
  self->sink = new_sink (sink_uri, properties);
  test_side_play (self->src);
  test_side_play (self->sink);
}

static void
case_clear (Case *self, const Row *row)
{
  test_side_free (self->src);
  test_side_free (self->sink);
  for (guint i = 0; i < 2 && row->listens; i++)
    refuser_clear (&self->refusers[i]);
}

static void
assert_text (GstMessage *message, int code, const char *says)
{
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  else
    gst_message_parse_warning (message, &error, NULL);
  g_test_message ("%s", error->message);
  g_assert_error (error, GST_RESOURCE_ERROR, code);
  if (strstr (error->message, says) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, says);
}

/* One state and one error, and nothing before it. */
static void
check_given_up (TestSide *side, const char *reason, const char *says)
{
  const GstStructure *failed = test_side_wait_message (
      side, "resilient-webrtc-state", "state", "failed");

  g_assert_cmpstr (gst_structure_get_string (failed, "reason"), ==, reason);
  g_assert_cmpstr (gst_structure_get_string (failed, "previous"), ==,
                   "connecting");
  g_assert_null (gst_structure_get_string (failed, "peer-id"));
  assert_text (test_side_wait_type (side, GST_MESSAGE_ERROR, 1),
               GST_RESOURCE_ERROR_FAILED, says);
  test_side_stop (side);
  g_assert_cmpuint (test_side_count_errors (side), ==, 1);
  g_assert_cmpuint (test_side_count_type (side, GST_MESSAGE_WARNING), ==, 0);
}

static void
test_given_up (void)
{
  Case cases[N_ROWS] = {0};

  for (guint i = 0; i < N_ROWS; i++)
    case_init (&cases[i], &rows[i], rows[i].is_final ? "" : "retries=0");
  for (guint i = 0; i < N_ROWS; i++) {
    g_test_message ("%s", rows[i].name);
    check_given_up (cases[i].src, rows[i].reason, rows[i].says);
    check_given_up (cases[i].sink, "no signalling", rows[i].says);
    for (guint j = 0; j < 2 && rows[i].listens; j++)
      g_assert_cmpuint (cases[i].refusers[j].n_asked, ==, 1);
    case_clear (&cases[i], &rows[i]);
  }
}

/* ---- not given up ---- */

/* One warning, with what happens next, however often it is tried. */
static void
check_retried (TestSide *side, const char *says)
{
  GstMessage *warning = test_side_wait_type (side, GST_MESSAGE_WARNING, 1);

  assert_text (warning, GST_RESOURCE_ERROR_OPEN_READ_WRITE, says);
  assert_text (warning, GST_RESOURCE_ERROR_OPEN_READ_WRITE, "trying again in ");
  test_side_wait_stat_at_least (side, "signalling-attempts", 3);
  g_assert_cmpuint (test_side_count_errors (side), ==, 0);
  g_assert_cmpuint (test_side_count_type (side, GST_MESSAGE_WARNING), ==, 1);
  g_assert_cmpuint (test_side_count_messages (side, "resilient-webrtc-state"),
                    ==, 1);
}

static gboolean
is_quick (const Row *row)
{
  return !row->is_final && strcmp (row->name, "silent") != 0 &&
         strcmp (row->name, "429") != 0;
}

static void
test_retried (void)
{
  Case cases[N_ROWS] = {0};

  for (guint i = 0; i < N_ROWS; i++)
    if (is_quick (&rows[i]))
      case_init (&cases[i], &rows[i], "retry-delay=100");
  for (guint i = 0; i < N_ROWS; i++) {
    if (!is_quick (&rows[i]))
      continue;
    g_test_message ("%s", rows[i].name);
    check_retried (cases[i].src, rows[i].says);
    check_retried (cases[i].sink, rows[i].says);
    case_clear (&cases[i], &rows[i]);
  }
}

/* Some jitter comes on top of it, lest all come at once. The application's
 * impatience changes nothing. */
static void
tell_to_hurry (TestSide *side)
{
  assert_text (test_side_wait_type (side, GST_MESSAGE_WARNING, 1),
               GST_RESOURCE_ERROR_OPEN_READ_WRITE, "trying again in 2.");
  g_signal_emit_by_name (side->element, "reconnect");
}

static void
check_obeyed (TestSide *side, Refuser *refuser)
{
  refuser_wait_asked (refuser, 2);
  g_assert_cmpint (refuser->asked_us[1] - refuser->asked_us[0], >=, 1950 * MS);
  g_assert_cmpuint (test_side_count_errors (side), ==, 0);
}

static void
test_retry_after_is_obeyed (void)
{
  static const Row row = {.listens = TRUE, .answer = HTTP (TOO_MANY)};
  Case it = {0};

  case_init (&it, &row, "retry-delay=100");
  tell_to_hurry (it.src);
  tell_to_hurry (it.sink);
  check_obeyed (it.src, &it.refusers[0]);
  check_obeyed (it.sink, &it.refusers[1]);
  case_clear (&it, &row);
}

static void
test_untrusted_server (void)
{
  g_autoptr (TestIdentity) id = test_identity_new ("IP:127.0.0.1", -9, -3);
  RwServerConfig *config;
  TestHost host;
  g_autofree char *uri = NULL;
  g_autofree char *ca = NULL;
  TestSide *sides[2];

  if (id == NULL)
    return;
  config = rw_server_config_new ();
  config->tls_certificate = g_strdup (id->cert);
  config->tls_key = g_strdup (id->key);
  test_host_start (&host, config);
  uri = g_strdup_printf ("wss://127.0.0.1:%u", host.port);
  ca = g_strdup_printf ("tls-ca-file=%s", id->ca);
  sides[0] = new_src (uri, ca);
  sides[1] = new_sink (uri, ca);
  for (guint i = 0; i < 2; i++) {
    test_side_play (sides[i]);
    check_given_up (sides[i], i == 0 ? "tls" : "no signalling", "expired");
    test_side_free (sides[i]);
  }
  test_host_stop (&host);
}

/* It waits, whatever "retries" says, and begins when a producer of that name
 * comes; as the name may be misspelt, the user is told once which there are. */
static void
test_no_such_producer (void)
{
  g_autofree char *uri = NULL;
  TestHost host;
  TestSide *src, *other, *sink;

  test_host_start (&host, rw_server_config_new ());
  uri = g_strdup_printf ("ws://127.0.0.1:%u", host.port);
  other = new_sink (uri, "stream-name=another");
  test_side_play (other);
  src = new_src (uri, "retries=0");
  test_side_play (src);
  assert_text (test_side_wait_type (src, GST_MESSAGE_WARNING, 1),
               GST_RESOURCE_ERROR_NOT_FOUND,
               "No producer is called \"studio\"; there are: \"another\"");
  g_assert_cmpuint (test_side_count_messages (src, "resilient-webrtc-state"),
                    ==, 1);
  g_assert_cmpuint (test_side_get_stat (other, "consumers"), ==, 0);
  sink = new_sink (uri, "");
  test_side_play (sink);
  test_side_wait_state (src, "connected");
  test_side_wait_buffers (src, 10);
  g_assert_cmpuint (test_side_count_type (src, GST_MESSAGE_WARNING), ==, 1);
  g_assert_cmpuint (test_side_count_errors (src), ==, 0);
  test_side_free (src);
  test_side_free (sink);
  test_side_free (other);
  test_host_stop (&host);
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
#define ADD(name, func) g_test_add_func ("/gst/refused/" name, func)
  ADD ("given-up", test_given_up);
  ADD ("retried", test_retried);
  ADD ("retry-after-is-obeyed", test_retry_after_is_obeyed);
  ADD ("untrusted-server", test_untrusted_server);
  ADD ("no-such-producer", test_no_such_producer);
#undef ADD
  return test_process_run_tests ();
}

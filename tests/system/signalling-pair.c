/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-failure.h"
#include "rw-server.h"
#include "test-program.h"
#include "test-relay.h"
#include "test-wait.h"
#include "rw-ws-signaller.h"

#include <glib/gstdio.h>
#include <jwt.h>
#include <stdlib.h>
#include <string.h>

/* Our clients and our server on one thread, over real sockets. */

typedef struct {
  RwWsSignaller *ws;
  RwSignaller *signaller;
  GString *log; /* what it heard, in words, each with a semicolon */
  const char *awaited;
} Client;

typedef struct {
  RwServer *server;
  TestRelay *relay; /* between the clients and the server */
  char *uri;
  RwClock *clock;
  Client producer;
  Client consumer;
  char *producer_id;
  char *session_id;
  char *key_file; /* NULL: an open server */
  char *fresh_token;
} Fixture;

static void
on_opened (RwSignaller *signaller, const char *peer_id, Client *c)
{
  g_string_append (c->log, "opened;");
}

static void
on_closed (RwSignaller *signaller, const GError *error, gboolean will_retry,
           gint64 delay_us, Client *c)
{
  g_string_append (c->log, will_retry ? "lost;" : "closed;");
}

static void
on_failed (RwSignaller *signaller, const GError *error, Client *c)
{
  g_string_append_printf (c->log, "failed %s;",
                          rw_failure_to_string (error->code));
}

static void
on_server_error (RwSignaller *signaller, const char *details, Client *c)
{
  g_string_append (c->log, "error;");
}

static char *
on_request_token (RwWsSignaller *ws, Fixture *f)
{
  return g_strdup (f->fresh_token);
}

static void
on_session_refused (RwSignaller *signaller, guint64 generation,
                    const char *details, Client *c)
{
  g_string_append_printf (c->log, "refused %s;", details);
}

static void
on_peer_status (RwSignaller *signaller, const char *peer_id, RwRoles roles,
                const char *name, gboolean is_resilient, const char *stream_id,
                Fixture *f)
{
  g_string_append_printf (f->consumer.log, "%s %s %s %s;",
                          roles & RW_ROLE_PRODUCER ? "here" : "gone", name,
                          is_resilient ? "resilient" : "ordinary", stream_id);
  g_free (f->producer_id);
  f->producer_id = g_strdup (peer_id);
}

static void
on_session_started (RwSignaller *signaller, const char *peer_id,
                    const char *session_id, guint64 generation, Fixture *f)
{
  g_string_append (f->consumer.log, "started;");
  g_free (f->session_id);
  f->session_id = g_strdup (session_id);
}

static void
on_session_requested (RwSignaller *signaller, const char *peer_id,
                      const char *session_id, const char *offer,
                      const RwSessionRequest *request, Fixture *f)
{
  g_string_append_printf (f->producer.log, "requested %s %s;",
                          offer != NULL ? offer : "-",
                          request != NULL ? request->consumer_id : "-");
}

static void
on_session_ended (RwSignaller *signaller, const char *session_id,
                  const char *error, Client *c)
{
  g_string_append_printf (c->log, "ended %s;", error != NULL ? error : "-");
}

static void
on_description (RwSignaller *signaller, const char *session_id, int type,
                const char *sdp, Client *c)
{
  g_string_append_printf (c->log, "%s %s;",
                          type == RW_SDP_TYPE_OFFER ? "offer" : "answer", sdp);
}

static void
on_candidate (RwSignaller *signaller, const char *session_id, guint mline,
              const char *candidate, Client *c)
{
  g_string_append_printf (c->log, "candidate %u %s;", mline, candidate);
}

static void
client_init (Fixture *f, Client *c)
{
  const char *uris[] = {f->uri, NULL};
  RwWsSignallerConfig config = RW_WS_SIGNALLER_CONFIG_DEFAULT;
  g_autoptr (GError) error = NULL;

  config.uris = uris;
  config.backoff.delay_us = 20000;
  config.backoff.delay_max_us = 100000;
  config.spread_us = 0;
  c->log = g_string_new (NULL);
  c->ws = rw_ws_signaller_new (f->clock, NULL, NULL, &config, &error);
  g_assert_no_error (error);
  c->signaller = RW_SIGNALLER (c->ws);
  g_signal_connect (c->ws, "opened", G_CALLBACK (on_opened), c);
  g_signal_connect (c->ws, "closed", G_CALLBACK (on_closed), c);
  g_signal_connect (c->ws, "failed", G_CALLBACK (on_failed), c);
  g_signal_connect (c->ws, "server-error", G_CALLBACK (on_server_error), c);
  g_signal_connect (c->ws, "request-token", G_CALLBACK (on_request_token), f);
  g_signal_connect (c->ws, "session-refused", G_CALLBACK (on_session_refused),
                    c);
  g_signal_connect (c->ws, "peer-status", G_CALLBACK (on_peer_status), f);
  g_signal_connect (c->ws, "session-started", G_CALLBACK (on_session_started),
                    f);
  g_signal_connect (c->ws, "session-requested",
                    G_CALLBACK (on_session_requested), f);
  g_signal_connect (c->ws, "session-ended", G_CALLBACK (on_session_ended), c);
  g_signal_connect (c->ws, "description", G_CALLBACK (on_description), c);
  g_signal_connect (c->ws, "candidate", G_CALLBACK (on_candidate), c);
}

static void
client_clear (Client *c)
{
  g_assert_finalize_object (c->ws);
  g_string_free (c->log, TRUE);
}

static void
start_server (Fixture *f, guint16 port)
{
  g_autoptr (RwServerConfig) config = rw_server_config_new ();
  g_autoptr (GError) error = NULL;

  g_free (config->host);
  config->host = g_strdup ("127.0.0.1");
  config->port = port;
  config->token_key_file = g_strdup (f->key_file);
  f->server = rw_server_new (config);
  rw_server_start (f->server, &error);
  g_assert_no_error (error);
}

static void
stop_server (Fixture *f)
{
  rw_server_stop (f->server);
  g_clear_object (&f->server);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->clock = rw_clock_new ();
  start_server (f, (guint16) test_program_reserve_port ());
  f->relay = test_relay_new (rw_server_get_port (f->server));
  f->uri =
      g_strdup_printf ("ws://127.0.0.1:%u", test_relay_get_port (f->relay));
  client_init (f, &f->producer);
  client_init (f, &f->consumer);
  rw_signaller_set_status (f->producer.signaller, RW_ROLE_PRODUCER, "studio",
                           "stream");
  rw_signaller_set_status (f->consumer.signaller, RW_ROLE_LISTENER, NULL, NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  client_clear (&f->producer);
  client_clear (&f->consumer);
  test_relay_free (f->relay);
  stop_server (f);
  g_object_unref (f->clock);
  g_free (f->uri);
  g_free (f->producer_id);
  g_free (f->session_id);
}

static gboolean
has_logged (gpointer data)
{
  Client *c = data;

  return strstr (c->log->str, c->awaited) != NULL;
}

/* Until @c has logged @text; it is then taken out of the log. */
static void
wait_for (Client *c, const char *text)
{
  char *found;

  c->awaited = text;
  test_wait_until (has_logged, c, text);
  found = strstr (c->log->str, text);
  g_string_erase (c->log, found - c->log->str, (gssize) strlen (text));
}

static void
have_a_session (Fixture *f)
{
  g_autoptr (RwSessionRequest) request = rw_session_request_new ("ears");

  rw_signaller_start_session (f->consumer.signaller, f->producer_id, NULL,
                              request);
  wait_for (&f->consumer, "started;");
  wait_for (&f->producer, "requested - ears;");
  rw_signaller_send_description (f->producer.signaller, f->session_id,
                                 RW_SDP_TYPE_OFFER, "v=0");
  rw_signaller_send_candidate (f->producer.signaller, f->session_id, 0,
                               "candidate:1");
  wait_for (&f->consumer, "offer v=0;candidate 0 candidate:1;");
  rw_signaller_send_description (f->consumer.signaller, f->session_id,
                                 RW_SDP_TYPE_ANSWER, "v=1");
  rw_signaller_send_candidate (f->consumer.signaller, f->session_id, 0, "");
  wait_for (&f->producer, "answer v=1;candidate 0 ;");
}

static void
test_producer_first (Fixture *f, gconstpointer data)
{
  rw_signaller_start (f->producer.signaller);
  wait_for (&f->producer, "opened;");
  rw_signaller_start (f->consumer.signaller);
  wait_for (&f->consumer, "opened;here studio resilient stream;");
  have_a_session (f);
  rw_signaller_end_session (f->consumer.signaller, f->session_id, "enough");
  wait_for (&f->producer, "ended enough;");
}

static void
test_consumer_first (Fixture *f, gconstpointer data)
{
  rw_signaller_start (f->consumer.signaller);
  wait_for (&f->consumer, "opened;");
  rw_signaller_start (f->producer.signaller);
  wait_for (&f->consumer, "here studio resilient stream;");
  have_a_session (f);
  rw_signaller_stop (f->producer.signaller);
  wait_for (&f->producer, "closed;");
  wait_for (&f->consumer, "gone ");
}

static void
test_unknown_peer_is_an_error_with_words (Fixture *f, gconstpointer data)
{
  rw_signaller_start (f->consumer.signaller);
  wait_for (&f->consumer, "opened;");
  rw_signaller_start_session (f->consumer.signaller, "nobody", NULL, NULL);
  wait_for (&f->consumer, "refused ");
}

static void
test_both_come_back_after_the_server (Fixture *f, gconstpointer data)
{
  guint16 port = rw_server_get_port (f->server);

  rw_signaller_start (f->producer.signaller);
  rw_signaller_start (f->consumer.signaller);
  wait_for (&f->consumer, "here studio resilient stream;");
  for (int i = 0; i < 3; i++) {
    have_a_session (f);
    stop_server (f);
    wait_for (&f->producer, "lost;");
    wait_for (&f->consumer, "lost;");
    start_server (f, port);
    wait_for (&f->producer, "opened;");
    wait_for (&f->consumer, "here studio resilient stream;");
  }
}

/* Both lines break at once, at a byte that is another each time. Messages under
 * way reach the other side, and nobody is told that anybody left. */
static void
test_session_outlives_its_lines (Fixture *f, gconstpointer data)
{
  RwWsSignallerCounts counts;

  rw_signaller_start (f->producer.signaller);
  rw_signaller_start (f->consumer.signaller);
  wait_for (&f->consumer, "here studio resilient stream;");
  have_a_session (f);
  for (guint i = 0; i < 30; i++) {
    g_autofree char *candidate = g_strdup_printf ("c%u", i);
    g_autofree char *heard = g_strdup_printf ("candidate 0 c%u;", i);

    test_relay_cut_after (f->relay, (gssize) (i * 29));
    rw_signaller_send_candidate (f->producer.signaller, f->session_id, 0,
                                 candidate);
    rw_signaller_send_candidate (f->consumer.signaller, f->session_id, 0,
                                 candidate);
    wait_for (&f->producer, heard);
    wait_for (&f->consumer, heard);
    g_assert_null (strstr (f->consumer.log->str, "gone"));
    g_assert_null (strstr (f->consumer.log->str, "ended"));
    g_assert_null (strstr (f->consumer.log->str, "candidate"));
    g_assert_null (strstr (f->producer.log->str, "candidate"));
  }
  rw_ws_signaller_get_counts (f->producer.ws, &counts);
  g_assert_cmpuint (counts.resumed, >, 0);
  g_assert_cmpuint (counts.resumed, ==, counts.opened - 1);
  rw_signaller_end_session (f->consumer.signaller, f->session_id, "enough");
  wait_for (&f->producer, "ended enough;");
}

/* The network swallows everything: the doubted connections are replaced, and
 * the clients resume while the server still has their old ones. */
static void
test_resumable_is_claimed_from_a_dead_line (Fixture *f, gconstpointer data)
{
  RwWsSignallerCounts counts;

  rw_signaller_start (f->producer.signaller);
  rw_signaller_start (f->consumer.signaller);
  wait_for (&f->consumer, "here studio resilient stream;");
  have_a_session (f);
  test_relay_forget_all (f->relay);
  rw_signaller_send_candidate (f->producer.signaller, f->session_id, 0, "c");
  rw_signaller_retry_now (f->producer.signaller);
  rw_signaller_retry_now (f->consumer.signaller);
  wait_for (&f->consumer, "candidate 0 c;");
  rw_ws_signaller_get_counts (f->consumer.ws, &counts);
  g_assert_cmpuint (counts.resumed, ==, 1);
  g_assert_null (strstr (f->consumer.log->str, "lost"));
  g_assert_null (strstr (f->consumer.log->str, "gone"));
}

/* ---- a server that wants tokens ---- */

static const char secret[] = "a secret of more than thirty-two bytes";

static void
set_up_with_key (Fixture *f, gconstpointer data)
{
  int fd = g_file_open_tmp ("rw-key-XXXXXX", &f->key_file, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (
      g_file_set_contents (f->key_file, secret, sizeof secret - 1, NULL));
  set_up (f, data);
}

static void
tear_down_with_key (Fixture *f, gconstpointer data)
{
  tear_down (f, data);
  g_remove (f->key_file);
  g_free (f->key_file);
  g_free (f->fresh_token);
}

static char *
make_token (const char *claims, gint64 lifetime_s)
{
  g_autofree char *json = g_strdup_printf (
      "{\"sub\":\"somebody\",\"exp\":%" G_GINT64_FORMAT "%s}",
      g_get_real_time () / G_USEC_PER_SEC + lifetime_s, claims);
  char *token, *encoded;
  jwt_t *jwt;

  g_assert_cmpint (jwt_new (&jwt), ==, 0);
  g_assert_cmpint (jwt_add_grants_json (jwt, json), ==, 0);
  g_assert_cmpint (jwt_set_alg (jwt, JWT_ALG_HS256,
                                (const unsigned char *) secret,
                                sizeof secret - 1),
                   ==, 0);
  encoded = jwt_encode_str (jwt);
  token = g_strdup (encoded);
  free (encoded);
  jwt_free (jwt);
  return token;
}

static void
test_without_a_token_it_gives_up (Fixture *f, gconstpointer data)
{
  rw_signaller_start (f->consumer.signaller);
  wait_for (&f->consumer, "failed unauthorized;");
}

static void
test_stale_token_is_renewed (Fixture *f, gconstpointer data)
{
  g_autofree char *stale = make_token ("", -3600);

  f->fresh_token = make_token ("", 3600);
  rw_ws_signaller_set_auth_token (f->producer.ws, stale);
  rw_ws_signaller_set_auth_token (f->consumer.ws, f->fresh_token);
  rw_signaller_start (f->consumer.signaller);
  rw_signaller_start (f->producer.signaller);
  wait_for (&f->consumer, "here studio resilient stream;");
  have_a_session (f);
}

static void
test_what_a_token_does_not_allow_is_told (Fixture *f, gconstpointer data)
{
  g_autofree char *consumer = make_token (",\"roles\":[\"consumer\"]", 3600);

  rw_ws_signaller_set_auth_token (f->producer.ws, consumer);
  rw_signaller_start (f->producer.signaller);
  wait_for (&f->producer, "error;");
}

#define ADD_WITH_KEY(name, func)                                               \
  g_test_add ("/system/signalling-pair/" name, Fixture, NULL, set_up_with_key, \
              func, tear_down_with_key)

#define ADD(name, func)                                                        \
  g_test_add ("/system/signalling-pair/" name, Fixture, NULL, set_up, func,    \
              tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("producer-first", test_producer_first);
  ADD ("consumer-first", test_consumer_first);
  ADD ("unknown-peer-is-an-error-with-words",
       test_unknown_peer_is_an_error_with_words);
  ADD ("session-outlives-its-lines", test_session_outlives_its_lines);
  ADD ("a-client-resumes-from-a-dead-connection",
       test_resumable_is_claimed_from_a_dead_line);
  ADD_WITH_KEY ("without-a-token-it-gives-up",
                test_without_a_token_it_gives_up);
  ADD_WITH_KEY ("stale-token-is-renewed", test_stale_token_is_renewed);
  ADD_WITH_KEY ("what-a-token-does-not-allow-is-told",
                test_what_a_token_does_not_allow_is_told);
  ADD ("both-come-back-after-the-server", test_both_come_back_after_the_server);
  return g_test_run ();
}

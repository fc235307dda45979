/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture.h"

#include <string.h>

static void
note (Fixture *f, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (f->log, g_strdup_vprintf (format, args));
  va_end (args);
}

static void
on_opened (RwSignaller *signaller, const char *peer_id, Fixture *f)
{
  f->n_opened++;
  note (f, "opened %s", peer_id);
}

static void
on_closed (RwSignaller *signaller, const GError *error, gboolean will_retry,
           gint64 delay_us, Fixture *f)
{
  f->n_closed++;
  f->delay_us = delay_us;
  g_clear_error (&f->error);
  f->error = error != NULL ? g_error_copy (error) : NULL;
  note (f, "closed %s", will_retry ? "retry" : "for good");
}

static void
on_failed (RwSignaller *signaller, const GError *error, Fixture *f)
{
  f->n_failed++;
  g_clear_error (&f->error);
  f->error = g_error_copy (error);
  note (f, "failed");
}

static void
on_server_error (RwSignaller *signaller, const char *details, Fixture *f)
{
  note (f, "server-error %s", details);
}

static void
on_peer_status (RwSignaller *signaller, const char *peer_id, RwRoles roles,
                const char *name, gboolean is_resilient, const char *stream_id,
                Fixture *f)
{
  note (f, "peer %s %u %s %s %s", peer_id, roles, name != NULL ? name : "-",
        is_resilient ? "resilient" : "ordinary",
        stream_id != NULL ? stream_id : "-");
}

static void
on_session_started (RwSignaller *signaller, const char *peer_id,
                    const char *session_id, guint64 generation, Fixture *f)
{
  note (f, "started %s %s %u", peer_id, session_id, (guint) generation);
}

static void
on_session_refused (RwSignaller *signaller, guint64 generation,
                    const char *details, Fixture *f)
{
  note (f, "refused %u %s", (guint) generation, details);
}

static void
on_session_requested (RwSignaller *signaller, const char *peer_id,
                      const char *session_id, const char *offer,
                      const RwSessionRequest *request, Fixture *f)
{
  note (f, "requested %s %s %s %s", peer_id, session_id,
        offer != NULL ? offer : "-",
        request != NULL ? request->consumer_id : "-");
}

static void
on_session_ended (RwSignaller *signaller, const char *session_id,
                  const char *error, Fixture *f)
{
  note (f, "ended %s %s", session_id, error != NULL ? error : "-");
}

static void
on_description (RwSignaller *signaller, const char *session_id, int type,
                const char *sdp, Fixture *f)
{
  note (f, "%s %s %s", type == RW_SDP_TYPE_OFFER ? "offer" : "answer",
        session_id, sdp);
}

static void
on_candidate (RwSignaller *signaller, const char *session_id, guint mline,
              const char *candidate, Fixture *f)
{
  note (f, "candidate %s %u %s", session_id, mline, candidate);
}

static char *
on_request_token (RwWsSignaller *signaller, Fixture *f)
{
  f->n_tokens++;
  return g_strdup (f->fresh_token);
}

RwWsSignallerConfig
fixture_quick_config (const char *const *uris)
{
  RwWsSignallerConfig config = RW_WS_SIGNALLER_CONFIG_DEFAULT;

  config.uris = uris;
  config.client_id = "me";
  config.backoff.delay_us = 20 * MS;
  config.backoff.delay_max_us = 100 * MS;
  config.spread_us = 0;
  return config;
}

void
fixture_make_signaller (Fixture *f, const RwWsSignallerConfig *config)
{
  g_autoptr (GError) error = NULL;

  f->ws = rw_ws_signaller_new (f->clock, NULL, NULL, config, &error);
  g_assert_no_error (error);
  f->signaller = RW_SIGNALLER (f->ws);
  g_signal_connect (f->ws, "opened", G_CALLBACK (on_opened), f);
  g_signal_connect (f->ws, "closed", G_CALLBACK (on_closed), f);
  g_signal_connect (f->ws, "failed", G_CALLBACK (on_failed), f);
  g_signal_connect (f->ws, "server-error", G_CALLBACK (on_server_error), f);
  g_signal_connect (f->ws, "peer-status", G_CALLBACK (on_peer_status), f);
  g_signal_connect (f->ws, "session-started", G_CALLBACK (on_session_started),
                    f);
  g_signal_connect (f->ws, "session-refused", G_CALLBACK (on_session_refused),
                    f);
  g_signal_connect (f->ws, "session-requested",
                    G_CALLBACK (on_session_requested), f);
  g_signal_connect (f->ws, "session-ended", G_CALLBACK (on_session_ended), f);
  g_signal_connect (f->ws, "description", G_CALLBACK (on_description), f);
  g_signal_connect (f->ws, "candidate", G_CALLBACK (on_candidate), f);
  g_signal_connect (f->ws, "request-token", G_CALLBACK (on_request_token), f);
}

/* A signaller of the server itself. */
void
fixture_make_plain_signaller (Fixture *f)
{
  g_autofree char *uri = test_server_get_uri (f->server);
  const char *uris[] = {uri, NULL};
  RwWsSignallerConfig config = fixture_quick_config (uris);

  fixture_make_signaller (f, &config);
}

/* A signaller of the server through the relay. */
void
fixture_make_relayed_signaller (Fixture *f, gint64 ping_us, gint64 pong_us)
{
  g_autofree char *uri = NULL;
  const char *uris[] = {NULL, NULL};
  RwWsSignallerConfig config;

  f->relay = test_relay_new (test_server_get_port (f->server));
  uri = g_strdup_printf ("ws://127.0.0.1:%u", test_relay_get_port (f->relay));
  uris[0] = uri;
  config = fixture_quick_config (uris);
  config.ping_interval_us = ping_us;
  config.pong_timeout_us = pong_us;
  config.probe_timeout_us = 50 * MS;
  fixture_make_signaller (f, &config);
}

void
fixture_set_up (Fixture *f, gconstpointer data)
{
  f->server = test_server_new ();
  f->clock = rw_clock_new ();
  f->log = g_ptr_array_new_with_free_func (g_free);
}

void
fixture_tear_down (Fixture *f, gconstpointer data)
{
  if (f->ws != NULL)
    g_assert_finalize_object (f->ws);
  g_clear_pointer (&f->relay, test_relay_free);
  g_clear_error (&f->error);
  g_object_unref (f->server);
  g_object_unref (f->clock);
  g_ptr_array_unref (f->log);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

guint
fixture_count_logged (Fixture *f, const char *text)
{
  guint n = 0;

  for (guint i = 0; i < f->log->len; i++)
    if (g_str_equal (f->log->pdata[i], text))
      n++;
  return n;
}

static gboolean
is_logged (gpointer data)
{
  Fixture *f = data;

  return fixture_count_logged (f, f->awaited) >= f->n_awaited;
}

void
fixture_wait_logged (Fixture *f, const char *text, guint n)
{
  f->awaited = text;
  f->n_awaited = n;
  test_wait (is_logged, f);
}

static gboolean
is_received (gpointer data)
{
  Fixture *f = data;

  return test_server_count (f->server, f->awaited) >= f->n_awaited;
}

void
fixture_wait_received (Fixture *f, const char *part, guint n)
{
  f->awaited = part;
  f->n_awaited = n;
  test_wait (is_received, f);
}

static gboolean
is_opened_so_often (gpointer data)
{
  Fixture *f = data;

  return f->n_opened >= f->n_awaited;
}

void
fixture_wait_opened (Fixture *f, guint n)
{
  f->n_awaited = n;
  test_wait (is_opened_so_often, f);
}

static gboolean
is_closed_so_often (gpointer data)
{
  Fixture *f = data;

  return f->n_closed >= f->n_awaited;
}

void
fixture_wait_closed (Fixture *f, guint n)
{
  f->n_awaited = n;
  test_wait (is_closed_so_often, f);
}

gboolean
fixture_is_failed (gpointer data)
{
  return ((Fixture *) data)->n_failed > 0;
}

const char *
fixture_get_received (Fixture *f, guint i)
{
  GPtrArray *received = test_server_get_received (f->server);

  g_assert_cmpuint (i, <, received->len);
  return received->pdata[i];
}

void
fixture_assert_contains (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    g_error ("no \"%s\" in: %s", part, text);
}

gboolean
fixture_is_server_empty (gpointer data)
{
  return test_server_get_n_open (data) == 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-ws-signaller.h"
#include "test-relay.h"
#include "test-server.h"

G_BEGIN_DECLS

#define MS G_GINT64_CONSTANT (1000)

/**
 * Fixture:
 *
 * A signaller, an ordinary server and, for some tests, a relay between the two,
 * all on the default main context.
 */
typedef struct {
  TestServer *server;
  TestRelay *relay;
  RwClock *clock;
  RwWsSignaller *ws;
  RwSignaller *signaller;
  GPtrArray *log; /* char *: what it has notified, as words */
  GError *error;
  gint64 delay_us;
  guint n_opened;
  guint n_closed;
  guint n_failed;
  guint n_tokens;
  const char *fresh_token;
  const char *awaited; /* in the log, or at the server */
  guint n_awaited;
} Fixture;

/** fixture_set_up: the server alone; the test makes the signaller. */
void fixture_set_up (Fixture *f, gconstpointer data);
void fixture_tear_down (Fixture *f, gconstpointer data);

/** fixture_quick_config: of @uris, with back-off that a test can wait for. */
RwWsSignallerConfig fixture_quick_config (const char *const *uris);
void fixture_make_signaller (Fixture *f, const RwWsSignallerConfig *config);

/** fixture_make_plain_signaller: of the server itself. */
void fixture_make_plain_signaller (Fixture *f);

/** fixture_make_relayed_signaller: of the server through the relay. */
void fixture_make_relayed_signaller (Fixture *f, gint64 ping_us,
                                     gint64 pong_us);

guint fixture_count_logged (Fixture *f, const char *text);

/* Until so many are there, at least: entries of the log that are @text,
 * messages at the server that contain @part, connections opened, closed. */
void fixture_wait_logged (Fixture *f, const char *text, guint n);
void fixture_wait_received (Fixture *f, const char *part, guint n);
void fixture_wait_opened (Fixture *f, guint n);
void fixture_wait_closed (Fixture *f, guint n);

/* Conditions for test_wait(): the first of a Fixture, the other of a server. */
gboolean fixture_is_failed (gpointer fixture);
gboolean fixture_is_server_empty (gpointer server);

/** fixture_get_received: the @i-th message at the server. */
const char *fixture_get_received (Fixture *f, guint i);
void fixture_assert_contains (const char *text, const char *part);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-failure.h"
#include "test-fake-clock.h"
#include "test-relay.h"
#include "test-server.h"
#include "rw-ws-signaller.h"

/* A network that drops everything without an error, and a signaller with
 * the settings that the elements use. The sockets are real, the clock is
 * turned by hand: what is measured is what the signaller itself allows. */

#define MS G_GINT64_CONSTANT (1000)

/* Half-open sockets are found within this while media is suspect, and within
 * that otherwise. */
#define SUSPECT_US (2000 * MS)
#define QUIET_US   (10000 * MS)

/* A turn of the clock. */
#define STEP_US (50 * MS)

typedef struct {
  TestServer *server;
  TestRelay *relay;
  TestFakeClock *clock;
  RwWsSignaller *ws;
  RwSignaller *signaller;
  guint n_opened;
  guint n_closed;
  GError *error;
} Fixture;

static void
on_opened (RwSignaller *signaller, const char *peer_id, Fixture *f)
{
  f->n_opened++;
}

static void
on_closed (RwSignaller *signaller, const GError *error, gboolean will_retry,
           gint64 delay_us, Fixture *f)
{
  f->n_closed++;
  g_clear_error (&f->error);
  f->error = error != NULL ? g_error_copy (error) : NULL;
}

static gboolean
is_opened (gpointer data)
{
  return ((Fixture *) data)->n_opened > 0;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *uri = NULL;
  const char *uris[] = {NULL, NULL};
  RwWsSignallerConfig config = RW_WS_SIGNALLER_CONFIG_DEFAULT;
  g_autoptr (GError) error = NULL;

  f->server = test_server_new ();
  if (data != NULL)
    test_server_keep_client (f->server);
  f->relay = test_relay_new (test_server_get_port (f->server));
  f->clock = test_fake_clock_new ();
  uri = g_strdup_printf ("ws://127.0.0.1:%u", test_relay_get_port (f->relay));
  uris[0] = uri;
  config.uris = uris;
  f->ws =
      rw_ws_signaller_new (RW_CLOCK (f->clock), NULL, NULL, &config, &error);
  g_assert_no_error (error);
  f->signaller = RW_SIGNALLER (f->ws);
  g_signal_connect (f->ws, "opened", G_CALLBACK (on_opened), f);
  g_signal_connect (f->ws, "closed", G_CALLBACK (on_closed), f);
  rw_signaller_set_status (f->signaller, RW_ROLE_LISTENER, NULL, NULL);
  rw_signaller_start (f->signaller);
  test_wait (is_opened, f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_assert_finalize_object (f->ws);
  test_relay_free (f->relay);
  g_object_unref (f->server);
  g_object_unref (f->clock);
  g_clear_error (&f->error);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* How long it takes until the connection is reported as closed; @doubts: media
 * is suspect, and the application reports so every 250 ms, as the elements do.
 */
static gint64
measure_silence (Fixture *f, gboolean doubts)
{
  RwClock *clock = RW_CLOCK (f->clock);
  gint64 start_us = rw_clock_get_now_us (clock);

  while (f->n_closed == 0) {
    gint64 passed_us = rw_clock_get_now_us (clock) - start_us;

    g_assert_cmpint (passed_us, <=, QUIET_US);
    if (doubts && passed_us % (250 * MS) == 0)
      rw_signaller_retry_now (f->signaller);
    test_fake_clock_advance (f->clock, STEP_US);
  }
  g_assert_error (f->error, RW_FAILURE_ERROR, RW_FAILURE_TIMED_OUT);
  return rw_clock_get_now_us (clock) - start_us;
}

static void
test_found_within_two_seconds_when_media_is_suspect (Fixture *f,
                                                     gconstpointer data)
{
  test_relay_set_frozen (f->relay, TRUE);
  g_assert_cmpint (measure_silence (f, TRUE), <=, SUSPECT_US);
}

static void
test_found_within_ten_seconds_when_nothing_is_doubted (Fixture *f,
                                                       gconstpointer data)
{
  test_relay_set_frozen (f->relay, TRUE);
  g_assert_cmpint (measure_silence (f, FALSE), <=, QUIET_US);
}

/* With an ordinary server, and with one that has resumption. */
#define ADD(name, func)                                                        \
  g_test_add ("/client/half-open/" name, Fixture, NULL, set_up, func,          \
              tear_down);                                                      \
  g_test_add ("/client/half-open/resumable/" name, Fixture, "resumable",       \
              set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("found-within-two-seconds-when-media-is-suspect",
       test_found_within_two_seconds_when_media_is_suspect);
  ADD ("found-within-ten-seconds-when-nothing-is-doubted",
       test_found_within_ten_seconds_when_nothing_is_doubted);
  return g_test_run ();
}

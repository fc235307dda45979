/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-side.h"

#include "test-process.h"
#include "test-coturn.h"
#include "test-host.h"
#include "test-program.h"
#include "test-wait.h"

/* Both elements behind walls that only a TURN server is seen across, which the
 * signalling server has told them of. */

static void
host_start (TestHost *host, TestCoturn *coturn)
{
  RwServerConfig *config = rw_server_config_new ();

  config->turn_uris = g_new0 (char *, 2);
  config->turn_uris[0] = g_strdup_printf ("turn:%s:%s?transport=udp",
                                          coturn->address, coturn->port);
  config->turn_secret_file = g_strdup (coturn->secret_file);
  test_host_start (host, config);
}

/* Every allocation is given back, so that none is left to expire. */
static gboolean
has_all_returned (gpointer coturn)
{
  return test_coturn_count_returned (coturn) >=
         test_coturn_count_allocations (coturn);
}

/* A pair that only the relay joins. */
typedef struct {
  TestCoturn coturn;
  TestHost host;
  TestSide *sink;
  TestSide *src;
} Pair;

static gboolean
pair_start (Pair *pair)
{
  if (!test_coturn_start (&pair->coturn))
    return FALSE;
  host_start (&pair->host, &pair->coturn);
  pair->sink = test_side_new (
      "audiotestsrc is-live=true samplesperbuffer=960 "
      "! audio/x-raw,rate=48000,channels=1 ! resilientwebrtcsink name=it "
      "stream-name=studio ice-transport-policy=relay "
      "signaller-uri=ws://127.0.0.1:%u",
      pair->host.port);
  test_side_play (pair->sink);
  pair->src = test_side_new ("resilientwebrtcsrc name=it producer-name=studio "
                             "ice-transport-policy=relay "
                             "signaller-uri=ws://127.0.0.1:%u ! audio/x-opus "
                             "! fakesink sync=false async=false",
                             pair->host.port);
  test_side_play (pair->src);
  test_side_wait_buffers (pair->src, 50);
  return TRUE;
}

static void
pair_stop (Pair *pair)
{
  g_clear_pointer (&pair->src, test_side_free);
  g_clear_pointer (&pair->sink, test_side_free);
  test_host_stop (&pair->host);
}

static void
test_relay_that_the_server_names_is_used_and_given_back (void)
{
  Pair pair = {0};

  if (!pair_start (&pair))
    return;
  pair_stop (&pair);
  g_assert_cmpuint (test_coturn_count_allocations (&pair.coturn), >=, 2);
  test_wait_until (has_all_returned, &pair.coturn, "all allocations back");
  test_coturn_stop (&pair.coturn);
}

/* libnice, whose warnings end a test, has none of allocations left over. */
static void
test_relay_that_is_gone_does_not_keep_the_stop (void)
{
  Pair pair = {0};
  gint64 start_us;

  if (!pair_start (&pair))
    return;
  test_program_kill (&pair.coturn.process);
  start_us = g_get_monotonic_time ();
  pair_stop (&pair);
  g_test_message ("stopped in %" G_GINT64_FORMAT " ms",
                  (g_get_monotonic_time () - start_us) / 1000);
  test_coturn_stop (&pair.coturn);
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  g_test_add_func (
      "/elements/turn/relay-that-the-server-names-is-used-and-given-back",
      test_relay_that_the_server_names_is_used_and_given_back);
  g_test_add_func ("/elements/turn/relay-that-is-gone-does-not-keep-the-stop",
                   test_relay_that_is_gone_does_not_keep_the_stop);
  return test_process_run_tests ();
}

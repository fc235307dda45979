/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-element-side.h"

#include "rw-process.h"
#include "test-coturn.h"
#include "test-host.h"

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

/* webrtcbin leaves its allocations to expire at the TURN server, of which
 * libnice warns. */
static gboolean
is_fatal (const char *domain, GLogLevelFlags level, const char *message,
          gpointer data)
{
  return g_strcmp0 (domain, "libnice") != 0;
}

static void
pass_over (const char *domain, GLogLevelFlags level, const char *message,
           gpointer data)
{
  g_test_message ("%s", message);
}

static void
test_audio_comes_over_the_relay_that_the_server_names (void)
{
  TestCoturn coturn = {0};
  TestHost host;
  g_autoptr (RwSide) sink = NULL;
  g_autoptr (RwSide) src = NULL;

  if (!test_coturn_start (&coturn))
    return;
  g_test_log_set_fatal_handler (is_fatal, NULL);
  g_log_set_handler ("libnice", G_LOG_LEVEL_WARNING | G_LOG_FLAG_FATAL,
                     pass_over, NULL);
  host_start (&host, &coturn);
  sink = rw_side_new (
      "audiotestsrc is-live=true samplesperbuffer=960 "
      "! audio/x-raw,rate=48000,channels=1 ! resilientwebrtcsink name=it "
      "stream-name=studio ice-transport-policy=relay "
      "signaller-uri=ws://127.0.0.1:%u",
      host.port);
  rw_side_play (sink);
  src = rw_side_new ("resilientwebrtcsrc name=it producer-name=studio "
                     "ice-transport-policy=relay "
                     "signaller-uri=ws://127.0.0.1:%u ! audio/x-opus "
                     "! fakesink sync=false async=false",
                     host.port);
  rw_side_play (src);
  rw_side_wait_buffers (src, 50);

  g_clear_pointer (&src, rw_side_free);
  g_clear_pointer (&sink, rw_side_free);
  test_host_stop (&host);
  test_coturn_stop (&coturn);
}

int
main (int argc, char **argv)
{
  rw_side_init (&argc, &argv);
  g_test_add_func (
      "/elements/turn/audio-comes-over-the-relay-that-the-server-names",
      test_audio_comes_over_the_relay_that_the_server_names);
  return rw_process_run_tests ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-options.h"

#include <glib/gstdio.h>
#include <string.h>

static char *
write_file (const char *text)
{
  g_autoptr (GError) error = NULL;
  char *path = NULL;
  int fd = g_file_open_tmp ("rw-options-XXXXXX", &path, &error);

  g_assert_no_error (error);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

static RwServerConfig *
load (const char *text, GError **error)
{
  g_autofree char *path = write_file (text);
  g_autoptr (RwServerConfig) config = rw_server_config_new ();
  gboolean good = rw_server_options_load (config, path, error);

  g_assert_true (good == (error == NULL || *error == NULL));
  g_unlink (path);
  return good ? g_steal_pointer (&config) : NULL;
}

static void
test_defaults_come_from_the_table (void)
{
  g_autoptr (RwServerConfig) config = rw_server_config_new ();

  g_assert_cmpstr (config->host, ==, "0.0.0.0");
  g_assert_cmpuint (config->port, ==, 8443);
  g_assert_cmpuint (config->grace_ms, ==, 30000);
  g_assert_null (config->origins);
  g_assert_null (config->tls_certificate);
}

static void
test_a_file_is_read_over_the_defaults (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RwServerConfig) config =
      load ("# a comment\n[server]\nport = 0\nhost=::1\n"
            "origins=https://a.example; https://b.example;\ngrace=5000\n",
            &error);
  g_autoptr (RwServerConfig) copy = NULL;

  g_assert_no_error (error);
  copy = rw_server_config_copy (config);
  g_assert_cmpuint (copy->port, ==, 0);
  g_assert_cmpstr (copy->host, ==, "::1");
  g_assert_cmpuint (g_strv_length (copy->origins), ==, 2);
  g_assert_cmpstr (copy->origins[1], ==, "https://b.example");
  g_assert_true (copy->origins != config->origins);
  g_assert_cmpuint (copy->grace_ms, ==, 5000);
  g_assert_cmpuint (copy->max_clients, ==, 10000);
}

static void
test_mistakes_are_named (void)
{
  static const struct {
    const char *text;
    const char *says;
  } mistakes[] = {
      {"port=1\n", "cannot read"},
      {"[other]\nport=1\n", "server"},
      {"[server]\nporrt=1\n", "\"porrt\""},
      {"[server]\nport=many\n", "\"many\""},
      {"[server]\nport=65536\n", "from 0 to 65535"},
      {"[server]\nping-interval=0\n", "ping-interval"},
      {"[server]\ngrace=-1\n", "grace"},
      {"[server]\nport=1\n#port=2\nport = 3\n", "\"port\" is given twice"},
      {"[server]\nturn-uris=turn:a;http://x\n", "\"http://x\" is not a URI"},
      {"[server]\nturn-uris=turn://a\n", "turn:turn.example.org"},
      {"[server]\nturn-uris=turn:\n", "turn-uris"},
      {"[server]\norigins=good.example\n", "\"good.example\" is not an origin"},
      {"[server]\norigins=https://good.example/\n", "without a path"},
      {"[server]\norigins=ftp://good.example\n", "origins"},
      {"[server]\norigins=https://a@good.example\n", "origins"},
      {"[server]\norigins=https://\n", "origins"},
      {"[server]\ntrusted-proxies=10.0.0.0/33\n", "10.0.0.0/8"},
      {"[server]\ntrusted-proxies=proxy.example\n", "trusted-proxies"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", mistakes[i].text);
    g_assert_null (load (mistakes[i].text, &error));
    g_assert_nonnull (strstr (error->message, mistakes[i].says));
  }
}

static void
test_lists_of_good_entries_are_taken (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RwServerConfig) config =
      load ("[server]\norigins=https://a.example:8080;http://[::1]:80\n"
            "turn-uris=turn:t.example:3478?transport=udp;turns:t.example;"
            "stun:[::1]\n",
            &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (config->origins), ==, 2);
  g_assert_cmpuint (g_strv_length (config->turn_uris), ==, 3);
}

static void
test_the_example_is_a_configuration (void)
{
  g_autofree char *example = rw_server_options_to_example ();
  g_autoptr (GString) all = g_string_new (example);
  g_autoptr (GError) error = NULL;
  g_autoptr (RwServerConfig) config = NULL;

  /* With every key switched on, it says the defaults. */
  g_string_replace (all, "\n#", "\n", 0);
  g_string_replace (all, "\n ", "\n# ", 0);
  config = load (all->str, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (config->port, ==, 8443);
  g_assert_null (config->origins);
}

/* A default below the prefix is another one in each build. */
static char *
describe_preset (const char *preset)
{
  const char *below = g_path_is_absolute (preset)
                          ? strstr (preset, "/gst-resilient-webrtc")
                          : NULL;

  return below != NULL ? g_strdup_printf ("`<datadir>%s`", below)
                       : g_strdup (preset);
}

static void
test_every_key_is_documented (void)
{
  g_autofree char *path = g_build_filename (g_test_get_dir (G_TEST_DIST), "..",
                                            "docs", "server.md", NULL);
  g_autofree char *docs = NULL;
  guint n_options;
  const RwServerOption *options = rw_server_options_get (&n_options);

  if (!g_file_get_contents (path, &docs, NULL, NULL)) {
    g_test_skip ("not run by meson");
    return;
  }
  for (guint i = 0; i < n_options; i++) {
    g_autofree char *preset =
        options[i].preset != NULL ? describe_preset (options[i].preset) : NULL;
    g_autofree char *row =
        preset != NULL
            ? g_strdup_printf ("| `%s` | %s |", options[i].key, preset)
            : g_strdup_printf ("| `%s` | |", options[i].key);

    if (strstr (docs, row) == NULL)
      g_error ("docs/server.md has no row \"%s\"", row);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/options/defaults-come-from-the-table",
                   test_defaults_come_from_the_table);
  g_test_add_func ("/options/a-file-is-read-over-the-defaults",
                   test_a_file_is_read_over_the_defaults);
  g_test_add_func ("/options/mistakes-are-named", test_mistakes_are_named);
  g_test_add_func ("/options/lists-of-good-entries-are-taken",
                   test_lists_of_good_entries_are_taken);
  g_test_add_func ("/options/the-example-is-a-configuration",
                   test_the_example_is_a_configuration);
  g_test_add_func ("/options/every-key-is-documented",
                   test_every_key_is_documented);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-options.h"

#define GROUP "server"

#define UINT(key, member, min, max, preset, argument, help)                    \
  {                                                                            \
    key, RW_SERVER_OPTION_UINT, G_STRUCT_OFFSET (RwServerConfig, member), min, \
        max, preset, argument, help                                            \
  }
#define STRING(key, member, preset, argument, help)                            \
  {                                                                            \
    key, RW_SERVER_OPTION_STRING, G_STRUCT_OFFSET (RwServerConfig, member), 0, \
        0, preset, argument, help                                              \
  }
#define STRV(key, member, argument, help)                                      \
  {                                                                            \
    key, RW_SERVER_OPTION_STRV, G_STRUCT_OFFSET (RwServerConfig, member), 0,   \
        0, NULL, argument, help                                                \
  }

static const RwServerOption options[] = {
    STRING ("host", host, "0.0.0.0", "ADDRESS",
            "Address to listen on; 0.0.0.0 is all of IPv4, :: all there is"),
    UINT ("port", port, 0, 65535, "8443", "PORT",
          "Port to listen on, 0 for any free one"),
    UINT ("max-clients", max_clients, 1, 1000000, "10000", "N",
          "WebSockets at once, and seats that wait for clients that are away"),
    UINT ("max-clients-per-address", max_clients_per_address, 0, 1000000, "0",
          "N",
          "WebSockets at once from one address, and seats that wait for "
          "clients lost there; 0 for no limit"),
    UINT ("max-message-bytes", max_message_bytes, 1024, 1048576, "1048576",
          "BYTES", "Length of a message"),
    UINT ("max-queue-bytes", max_queue_bytes, 65536, 1073741824, "4194304",
          "BYTES", "What may wait for one client"),
    UINT ("max-queues-bytes", max_queues_bytes, 16777216, 4294967295,
          "536870912", "BYTES",
          "What may wait for all clients together; beyond it, those with the "
          "longest queues are cut off"),
    /* A producer whose hundred consumers all return at once answers each with
     * an offer and some ten candidates. */
    UINT ("message-rate", message_rate, 0, 1000000, "500", "N",
          "Messages a second from one client, 0 for no limit"),
    UINT ("message-burst", message_burst, 1, 1000000, "2000", "N",
          "Messages from one client at once"),
    UINT ("ping-interval", ping_interval_s, 1, 3600, "5", "SECONDS",
          "Time between pings"),
    UINT ("ping-timeout", ping_timeout_s, 2, 7200, "15", "SECONDS",
          "Silence after which a client is gone"),
    UINT ("http-timeout", http_timeout_s, 1, 3600, "10", "SECONDS",
          "Time for an HTTP request to arrive"),
    UINT ("grace", grace_ms, 0, 3600000, "30000", "MS",
          "How long a lost client's seat is kept for it, 0 for not at all"),
    UINT ("max-rooms", max_rooms, 0, 1000000, "1000", "N", "Rooms at once"),
    UINT ("room-history", room_history, 0, 100000, "50", "N",
          "Messages that a room keeps for members that are away"),
    UINT ("room-history-age", room_history_age_s, 0, 86400, "300", "SECONDS",
          "How long a room keeps a message"),
    UINT ("max-history-bytes", max_history_bytes, 65536, 4294967295,
          "268435456", "BYTES", "What all rooms together may keep"),
    UINT ("floor-max-hold", floor_max_hold_s, 0, 86400, "60", "SECONDS",
          "How long somebody may hold a room's floor, 0 for ever"),
    UINT ("floor-grace", floor_grace_ms, 0, 3600000, "5000", "MS",
          "How long a holder that lost its connection keeps the floor, 0 for "
          "not at all"),
    STRV ("floor-strict-rooms", floor_strict_rooms, "LIST",
          "Rooms whose floor is lost with its holder's connection, with ';' "
          "between them; '*' stands for anything"),
    STRV ("origins", origins, "LIST",
          "Web pages that may connect, such as https://example.org, with ';' "
          "between them; all if not set"),
    STRING ("token-key-file", token_key_file, NULL, "FILE",
            "Key that tokens are checked with: a secret, or a public key in "
            "PEM; without it the server is open to everybody"),
    STRING ("token-algorithm", token_algorithm, "HS256", "NAME",
            "What tokens are signed with: HS256, RS256 or ES256"),
    STRV ("turn-uris", turn_uris, "LIST",
          "TURN servers that clients are told of, such as "
          "turn:turn.example.org:3478, with ';' between them"),
    STRING ("turn-secret-file", turn_secret_file, NULL, "FILE",
            "Secret that the TURN servers share (coturn's "
            "static-auth-secret)"),
    UINT ("turn-ttl", turn_ttl_s, 60, 604800, "86400", "SECONDS",
          "How long TURN credentials are good for"),
    STRING ("redis-uri", redis_uri, NULL, "URI",
            "Redis that several servers share their state through, such as "
            "redis://:password@host:6379/0; if not set, this one is alone"),
    STRING ("redis-prefix", redis_prefix, "resilient-signalling", "TEXT",
            "What the names of all keys in Redis begin with; servers with the "
            "same one belong together"),
    STRING ("tls-certificate", tls_certificate, NULL, "FILE",
            "Certificate (PEM, with its chain): the server then speaks wss"),
    STRING ("tls-key", tls_key, NULL, "FILE",
            "The certificate's key (PEM); if not set, it is in the same file"),
    STRING ("user", user, NULL, "NAME",
            "User to become when the port is open and the keys are read; only "
            "root can"),
    STRING ("log-format", log_format, "text", "FORMAT",
            "How the log is written: text, json (both to standard error) or "
            "journal"),
    STRING ("log-level", log_level, "message", "LEVEL",
            "What is logged: error, warning, message, info (also who comes and "
            "goes) or debug"),
};

const RwServerOption *
rw_server_options_get (guint *n_options)
{
  *n_options = G_N_ELEMENTS (options);
  return options;
}

static const RwServerOption *
find (const char *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (options); i++) {
    if (g_str_equal (options[i].key, key))
      return &options[i];
  }

  return NULL;
}

static gboolean
set_uint (const RwServerOption *option, guint *member, const char *value,
          GError **error)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (value, 10, option->min, option->max, &number,
                                   NULL)) {
    g_set_error (error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
                 "%s: \"%s\" is not a whole number from %u to %u", option->key,
                 value, option->min, option->max);
    return FALSE;
  }

  *member = (guint) number;
  return TRUE;
}

static void
set_strv (char ***member, const char *value)
{
  g_auto (GStrv) parts = g_strsplit (value, ";", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; parts[i] != NULL; i++) {
    if (*g_strstrip (parts[i]) != '\0')
      g_strv_builder_add (builder, parts[i]);
  }
  g_strfreev (*member);
  *member = g_strv_builder_end (builder);
  if ((*member)[0] == NULL)
    g_clear_pointer (member, g_strfreev);
}

/**
 * rw_server_options_set:
 * @value: as in the file; empty for "not set" where that is possible
 */
gboolean
rw_server_options_set (RwServerConfig *config, const char *key,
                       const char *value, GError **error)
{
  const RwServerOption *option = find (key);
  gpointer member;

  if (option == NULL) {
    g_set_error (error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_KEY_NOT_FOUND,
                 "there is no key \"%s\"", key);
    return FALSE;
  }

  member = G_STRUCT_MEMBER_P (config, option->offset);
  switch (option->type) {
  case RW_SERVER_OPTION_UINT:
    return set_uint (option, member, value, error);
  case RW_SERVER_OPTION_STRING:
    g_free (*(char **) member);
    *(char **) member = *value != '\0' ? g_strdup (value) : NULL;
    return TRUE;
  case RW_SERVER_OPTION_STRV:
  default:
    set_strv (member, value);
    return TRUE;
  }
}

/**
 * rw_server_options_load:
 *
 * Reads the group [server] of the key file at @path over what @config holds.
 * An unknown key is an error: more often than not it is a misspelt one.
 */
gboolean
rw_server_options_load (RwServerConfig *config, const char *path,
                        GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_auto (GStrv) keys = NULL;

  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, error) ||
      (keys = g_key_file_get_keys (file, GROUP, NULL, error)) == NULL) {
    g_prefix_error (error, "cannot read the configuration %s: ", path);
    return FALSE;
  }

  for (guint i = 0; keys[i] != NULL; i++) {
    g_autofree char *value = g_key_file_get_value (file, GROUP, keys[i], NULL);

    if (!rw_server_options_set (config, keys[i], value, error)) {
      g_prefix_error (error, "in the configuration %s: ", path);
      return FALSE;
    }
  }

  return TRUE;
}

/** rw_server_options_to_example: a commented file with all the defaults. */
char *
rw_server_options_to_example (void)
{
  GString *text = g_string_new (
      "# Configuration of resilient-signalling-server. Every key may also be\n"
      "# given on the command line, as --key=value, which then counts.\n\n"
      "[" GROUP "]\n");

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    g_string_append_printf (text, "\n# %s.\n#%s=%s\n", options[i].help,
                            options[i].key,
                            options[i].preset != NULL ? options[i].preset : "");

  return g_string_free (text, FALSE);
}

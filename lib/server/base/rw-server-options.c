/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-options.h"

#include <string.h>

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
#define STRV(key, member, argument, help, ...)                                 \
  {                                                                            \
    key, RW_SERVER_OPTION_STRV, G_STRUCT_OFFSET (RwServerConfig, member), 0,   \
        0, NULL, argument, help, ##__VA_ARGS__                                 \
  }

/* As a browser sends it: nothing after the host and its port. */
static gboolean
is_origin (const char *entry)
{
  g_autoptr (GUri) uri = g_uri_parse (entry, G_URI_FLAGS_NONE, NULL);

  return uri != NULL && g_uri_get_host (uri) != NULL &&
         *g_uri_get_host (uri) != '\0' && g_uri_get_userinfo (uri) == NULL &&
         *g_uri_get_path (uri) == '\0' && g_uri_get_query (uri) == NULL &&
         g_uri_get_fragment (uri) == NULL &&
         g_strv_contains ((const char *const[]){"http", "https", NULL},
                          g_uri_get_scheme (uri));
}

static gboolean
is_address_mask (const char *entry)
{
  g_autoptr (GInetAddressMask) mask =
      g_inet_address_mask_new_from_string (entry, NULL);

  return mask != NULL;
}

/* RFC 7064 and 7065. */
static gboolean
is_ice_uri (const char *entry)
{
  static const char *const schemes[] = {"turn:", "turns:", "stun:", "stuns:"};

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++) {
    if (g_str_has_prefix (entry, schemes[i]))
      return strchr ("/?:", entry[strlen (schemes[i])]) == NULL;
  }
  return FALSE;
}

static const RwServerOption options[] = {
    STRING ("host", host, "0.0.0.0", "ADDRESS",
            "Address to listen on; 0.0.0.0 means all IPv4 addresses, :: all "
            "addresses"),
    UINT ("port", port, 0, 65535, "8443", "PORT",
          "Port to listen on; 0 for any free port"),
    UINT ("max-clients", max_clients, 1, 1000000, "10000", "N",
          "Maximum of simultaneous WebSockets, and of disconnected clients "
          "that are kept for resumption"),
    UINT ("max-clients-per-address", max_clients_per_address, 0, 1000000, "0",
          "N", "The same for one address; 0 for no limit"),
    UINT ("max-message-bytes", max_message_bytes, 1024, 1048576, "1048576",
          "BYTES", "Maximum size of a message"),
    UINT ("max-queue-bytes", max_queue_bytes, 65536, 1073741824, "4194304",
          "BYTES", "Maximum of bytes queued for one client"),
    UINT ("max-queues-bytes", max_queues_bytes, 16777216, 4294967295,
          "536870912", "BYTES",
          "Maximum of bytes queued for all clients; beyond it, the clients "
          "with the longest queues are disconnected"),
    /* A producer whose hundred consumers all return at once answers each with
     * an offer and some ten candidates. */
    UINT ("message-rate", message_rate, 0, 1000000, "500", "N",
          "Messages a second that one client may send; 0 for no limit"),
    UINT ("message-burst", message_burst, 1, 1000000, "2000", "N",
          "Messages that one client may send in one burst"),
    UINT ("ping-interval", ping_interval_s, 1, 3600, "5", "SECONDS",
          "Interval between pings to a client"),
    UINT ("ping-timeout", ping_timeout_s, 2, 7200, "15", "SECONDS",
          "A client that is silent for so long is disconnected"),
    UINT ("http-timeout", http_timeout_s, 1, 3600, "10", "SECONDS",
          "Maximum time for an HTTP request to arrive"),
    UINT (
        "grace", grace_ms, 0, 3600000, "30000", "MS",
        "How long a disconnected client is kept for resumption; 0: not at all"),
    UINT ("max-rooms", max_rooms, 0, 1000000, "1000", "N",
          "Maximum of simultaneous rooms"),
    UINT ("room-history", room_history, 0, 100000, "50", "N",
          "Messages that a room keeps for disconnected members"),
    UINT ("room-history-age", room_history_age_s, 0, 86400, "300", "SECONDS",
          "How long a room keeps its messages"),
    UINT ("max-history-bytes", max_history_bytes, 65536, 4294967295,
          "268435456", "BYTES", "Maximum of bytes that all rooms keep"),
    UINT ("floor-max-hold", floor_max_hold_s, 0, 86400, "60", "SECONDS",
          "Longest hold of a room's floor; 0 for no limit"),
    UINT ("floor-grace", floor_grace_ms, 0, 3600000, "5000", "MS",
          "How long a disconnected holder keeps the floor; 0: not at all"),
    STRV ("floor-strict-rooms", floor_strict_rooms, "LIST",
          "Rooms whose floor is released when the holder's connection is lost; "
          "separated by ';', '*' matches any text"),
    STRV ("origins", origins, "LIST",
          "Origins of web pages that may connect, such as https://example.org, "
          "separated by ';'; all if not set",
          is_origin, "an origin such as https://example.org, without a path"),
    STRV ("trusted-proxies", trusted_proxies, "LIST",
          "Proxies in front of the server whose X-Forwarded-For is used, such "
          "as 10.0.0.0/8, separated by ';'",
          is_address_mask, "an address or a network such as 10.0.0.0/8"),
    STRING ("metrics-token-file", metrics_token_file, NULL, "FILE",
            "File with the bearer token that /metrics requires"),
    STRING ("token-key-file", token_key_file, NULL, "FILE",
            "Key that verifies tokens: a secret, or a public key in PEM; "
            "without it the server accepts any client"),
    STRING ("token-algorithm", token_algorithm, "HS256", "NAME",
            "Signature algorithm of tokens: HS256, RS256 or ES256"),
    STRV ("turn-uris", turn_uris, "LIST",
          "TURN servers that the server offers to clients, such as "
          "turn:turn.example.org:3478, separated by ';'",
          is_ice_uri, "a URI such as turn:turn.example.org:3478"),
    STRING ("turn-secret-file", turn_secret_file, NULL, "FILE",
            "Secret that the TURN servers share (coturn's "
            "static-auth-secret)"),
    UINT ("turn-ttl", turn_ttl_s, 60, 604800, "86400", "SECONDS",
          "How long TURN credentials are valid"),
    STRING (
        "redis-uri", redis_uri, NULL, "URI",
        "Redis that several servers share their state through, such as "
        "redis://:password@host:6379/0; if not set, the server shares nothing"),
    STRING (
        "redis-prefix", redis_prefix, "resilient-signalling", "TEXT",
        "Prefix of all keys in Redis; servers with the same prefix serve the "
        "same clients"),
    STRING ("tls-certificate", tls_certificate, NULL, "FILE",
            "Certificate (PEM, with its chain); enables TLS (wss)"),
    STRING ("tls-key", tls_key, NULL, "FILE",
            "Key of the certificate (PEM); default: in the same file"),
    STRING ("web-root", web_root, RW_WEB_ROOT, "DIR",
            "Folder of the web page that is served at /; empty for none"),
    STRING ("user", user, NULL, "NAME",
            "User to change to when the port is open and the keys are read; "
            "needs a start by root"),
    STRING ("log-format", log_format, "text", "FORMAT",
            "Log output: text, json (both to standard error) or journal"),
    STRING ("log-level", log_level, "message", "LEVEL",
            "Lowest level that is logged: error, warning, message, info (also "
            "connections) or debug"),
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

static gboolean
set_strv (const RwServerOption *option, char ***member, const char *value,
          GError **error)
{
  g_auto (GStrv) parts = g_strsplit (value, ";", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; parts[i] != NULL; i++) {
    if (*g_strstrip (parts[i]) == '\0')
      continue;
    if (option->check != NULL && !option->check (parts[i])) {
      g_set_error (error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
                   "%s: \"%s\" is not %s", option->key, parts[i],
                   option->wanted);
      return FALSE;
    }
    g_strv_builder_add (builder, parts[i]);
  }
  g_strfreev (*member);
  *member = g_strv_builder_end (builder);
  if ((*member)[0] == NULL)
    g_clear_pointer (member, g_strfreev);
  return TRUE;
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
                 "unknown key \"%s\"", key);
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
    return set_strv (option, member, value, error);
  }
}

/* GKeyFile keeps the last of several without a word. */
static gboolean
check_unique (const char *text, GError **error)
{
  g_autoptr (GHashTable) keys =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    char *end = strchr (g_strstrip (lines[i]), '=');

    if (end == NULL || *lines[i] == '#')
      continue;
    *end = '\0';
    if (!g_hash_table_add (keys, g_strdup (g_strstrip (lines[i])))) {
      g_set_error (error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
                   "the key \"%s\" is given twice", lines[i]);
      return FALSE;
    }
  }
  return TRUE;
}

/**
 * rw_server_options_load:
 *
 * Reads the group [server] of the key file at @path over what @config holds.
 * An unknown key is an error, as it may be misspelt; so is one that is given
 * twice.
 */
gboolean
rw_server_options_load (RwServerConfig *config, const char *path,
                        GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_auto (GStrv) keys = NULL;
  g_autofree char *text = NULL;
  gsize len;

  if (!g_file_get_contents (path, &text, &len, error) ||
      !g_key_file_load_from_data (file, text, len, G_KEY_FILE_NONE, error) ||
      !check_unique (text, error) ||
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
      "# Configuration of resilient-signalling-server. Every key is also an\n"
      "# option of the command line (--key=value), which overrides the "
      "file.\n\n"
      "[" GROUP "]\n");

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    g_string_append_printf (text, "\n# %s.\n#%s=%s\n", options[i].help,
                            options[i].key,
                            options[i].preset != NULL ? options[i].preset : "");

  return g_string_free (text, FALSE);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-auth.h"
#include "rw-server.h"
#include "test-peer.h"
#include "test-serve.h"

#include <glib/gstdio.h>
#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#define SECRET "0123456789abcdef0123456789abcdef"

typedef struct {
  char *dir;
  char *secret_file;
  char *private_file;
  char *public_file;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->dir = g_dir_make_tmp ("rw-auth-XXXXXX", NULL);
  f->secret_file = g_build_filename (f->dir, "secret", NULL);
  f->private_file = g_build_filename (f->dir, "private.pem", NULL);
  f->public_file = g_build_filename (f->dir, "public.pem", NULL);
  g_assert_true (g_file_set_contents (f->secret_file, SECRET "\n", -1, NULL));
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_unlink (f->secret_file);
  g_unlink (f->private_file);
  g_unlink (f->public_file);
  g_rmdir (f->dir);
  g_free (f->secret_file);
  g_free (f->private_file);
  g_free (f->public_file);
  g_free (f->dir);
}

static gint64
now_s (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

/* A token with the members of @claims, which expires @in_s from now unless they
 * say when. */
static char *
make_token (jwt_alg_t algorithm, const char *key, const char *claims,
            gint64 in_s)
{
  jwt_t *jwt;
  char *encoded;
  char *token;

  g_assert_cmpint (jwt_new (&jwt), ==, 0);
  g_assert_cmpint (jwt_add_grants_json (jwt, claims), ==, 0);
  if (strstr (claims, "\"exp\"") == NULL)
    g_assert_cmpint (jwt_add_grant_int (jwt, "exp", (long) (now_s () + in_s)),
                     ==, 0);
  g_assert_cmpint (jwt_set_alg (jwt, algorithm, (const unsigned char *) key,
                                key != NULL ? (int) strlen (key) : 0),
                   ==, 0);
  encoded = jwt_encode_str (jwt);
  token = g_strdup (encoded);
  free (encoded);
  jwt_free (jwt);
  return token;
}

static RwServerAuth *
new_auth (const char *key_file, const char *algorithm)
{
  g_autoptr (GError) error = NULL;
  RwServerAuth *auth = rw_server_auth_new (key_file, algorithm, &error);

  g_assert_no_error (error);
  return auth;
}

static void
expect_refused (RwServerAuth *auth, const char *token, const char *says)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RwGrants) grants =
      rw_server_auth_check (auth, token, g_get_real_time (), &error);

  g_assert_null (grants);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  if (strstr (error->message, says) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, says);
}

static RwGrants *
expect_accepted (RwServerAuth *auth, const char *token)
{
  g_autoptr (GError) error = NULL;
  RwGrants *grants =
      rw_server_auth_check (auth, token, g_get_real_time (), &error);

  g_assert_no_error (error);
  return grants;
}

static void
test_claims_become_grants (Fixture *f, gconstpointer unused)
{
  g_autoptr (RwServerAuth) auth = new_auth (f->secret_file, "HS256");
  g_autofree char *token =
      make_token (JWT_ALG_HS256, SECRET,
                  "{\"sub\":\"ann\",\"name\":\"studio\",\"rooms\":[\"r1\"],"
                  "\"roles\":[\"producer\"]}",
                  60);
  g_autofree char *plain =
      make_token (JWT_ALG_HS256, SECRET, "{\"sub\":\"bob\"}", 60);
  g_autoptr (RwGrants) ann = expect_accepted (auth, token);
  g_autoptr (RwGrants) bob = expect_accepted (auth, plain);

  g_assert_cmpstr (ann->user, ==, "ann");
  g_assert_cmpstr (ann->name, ==, "studio");
  g_assert_cmpint (ann->roles, ==, RW_ROLE_PRODUCER | RW_ROLE_LISTENER);
  g_assert_true (rw_grants_allow_room (ann, "r1"));
  g_assert_false (rw_grants_allow_room (ann, "r2"));
  g_assert_true (rw_grants_allow_room (bob, "r2"));
  g_assert_cmpint (bob->roles, ==,
                   RW_ROLE_PRODUCER | RW_ROLE_CONSUMER | RW_ROLE_LISTENER);
}

/* RFC 7519 allows fractions of a second. */
static void
test_dates_may_have_fractions (Fixture *f, gconstpointer unused)
{
  g_autoptr (RwServerAuth) auth = new_auth (f->secret_file, "HS256");
  g_autofree char *token =
      make_token (JWT_ALG_HS256, SECRET,
                  "{\"sub\":\"ann\",\"exp\":2000000000.5,\"nbf\":1e9}", 0);
  g_autofree char *endless =
      make_token (JWT_ALG_HS256, SECRET, "{\"sub\":\"ann\",\"exp\":1e300}", 0);
  g_autoptr (RwGrants) ever = expect_accepted (auth, endless);
  gint64 end_us = G_GINT64_CONSTANT (2000000030500000);
  g_autoptr (GError) error = NULL;
  g_autoptr (RwGrants) grants =
      rw_server_auth_check (auth, token, end_us - 1, &error);

  g_assert_no_error (error);
  g_assert_cmpint (grants->expires_us, ==, end_us);
  g_assert_cmpint (ever->expires_us, >, end_us);
  g_assert_null (rw_server_auth_check (auth, token, end_us, &error));
  g_assert_nonnull (strstr (error->message, "expired"));
}

static void
test_bad_tokens_are_refused (Fixture *f, gconstpointer unused)
{
  static const struct {
    const char *claims;
    gint64 in_s;
    const char *says;
  } bad[] = {
      {"{\"sub\":\"ann\"}", -31, "expired"},
      {"{}", 60, "sub"},
      {"{\"sub\":\"\"}", 60, "sub"},
      {"{\"sub\":5}", 60, "sub"},
      {"{\"sub\":\"ann\",\"name\":[\"studio\"]}", 60, "string"},
      {"{\"sub\":\"ann\",\"name\":null}", 60, "string"},
      {"{\"sub\":\"ann\",\"rooms\":\"r\"}", 60, ""},
      {"{\"sub\":\"ann\",\"rooms\":null}", 60, "list"},
      {"{\"sub\":\"ann\",\"rooms\":[1]}", 60, "list"},
      {"{\"sub\":\"ann\",\"roles\":{}}", 60, "list"},
      {"{\"sub\":\"ann\",\"nbf\":99999999999}", 60, "not valid yet"},
      {"{\"sub\":\"ann\",\"nbf\":99999999999.5}", 60, "not valid yet"},
      {"{\"sub\":\"ann\",\"exp\":1.5}", 60, "expired"},
      {"{\"sub\":\"ann\",\"exp\":-1e300}", 60, "expired"},
      {"{\"sub\":\"ann\",\"exp\":\"99999999999\"}", 60, "not a number"},
      {"{\"sub\":\"ann\",\"exp\":true}", 60, "not a number"},
      {"{\"sub\":\"ann\",\"nbf\":[]}", 60, "not a number"},
  };
  g_autoptr (RwServerAuth) auth = new_auth (f->secret_file, "HS256");
  g_autofree char *huge = g_strnfill (100000, 'x');

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree char *token =
        make_token (JWT_ALG_HS256, SECRET, bad[i].claims, bad[i].in_s);

    g_test_message ("%s", bad[i].claims);
    expect_refused (auth, token, bad[i].says);
  }
  expect_refused (auth, NULL, "needed");
  expect_refused (auth, "", "needed");
  expect_refused (auth, "a.b.c", "not valid");
  expect_refused (auth, "....", "not valid");
  expect_refused (auth, huge, "not valid");
}

static void
test_a_changed_token_is_refused (Fixture *f, gconstpointer unused)
{
  g_autoptr (RwServerAuth) auth = new_auth (f->secret_file, "HS256");
  g_autofree char *token =
      make_token (JWT_ALG_HS256, SECRET, "{\"sub\":\"ann\"}", 60);
  gsize len = strlen (token);
  gsize signature = (gsize) (strrchr (token, '.') - token);

  for (gsize i = 0; i < len; i++) {
    g_autofree char *changed = g_strdup (token);

    /* The last letter's lowest bits are no part of the signature. */
    if (i == len - 1 || changed[i] == '.')
      continue;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    expect_refused (auth, changed, "");
  }
  token[signature] = '\0';
  expect_refused (auth, token, "not valid");
}

static void
test_another_key_or_no_signature_is_refused (Fixture *f, gconstpointer unused)
{
  g_autoptr (RwServerAuth) auth = new_auth (f->secret_file, "HS256");
  g_autofree char *other =
      make_token (JWT_ALG_HS256, "another secret, another secret!!",
                  "{\"sub\":\"eve\"}", 60);
  g_autofree char *none =
      make_token (JWT_ALG_NONE, NULL, "{\"sub\":\"eve\"}", 60);
  g_autofree char *stronger =
      make_token (JWT_ALG_HS512, SECRET, "{\"sub\":\"eve\"}", 60);

  expect_refused (auth, other, "not valid");
  expect_refused (auth, none, "not valid");
  expect_refused (auth, stronger, "not valid");
}

static gboolean
run (const char *command)
{
  g_autofree char *noise = NULL;
  int status = 0;

  return g_spawn_command_line_sync (command, NULL, &noise, &status, NULL) &&
         status == 0;
}

static gboolean
make_key_pair (Fixture *f, const char *kind)
{
  g_autofree char *make =
      g_strdup_printf ("openssl genpkey %s -out %s", kind, f->private_file);
  g_autofree char *publish = g_strdup_printf (
      "openssl pkey -in %s -pubout -out %s", f->private_file, f->public_file);

  return run (make) && run (publish);
}

static void
test_public_keys (Fixture *f, gconstpointer unused)
{
  static const struct {
    const char *name;
    jwt_alg_t algorithm;
    const char *kind;
  } kinds[] = {
      {"RS256", JWT_ALG_RS256, "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"},
      {"ES256", JWT_ALG_ES256,
       "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autoptr (RwServerAuth) auth = NULL;
    g_autofree char *key = NULL;
    g_autofree char *public_key = NULL;
    g_autofree char *token = NULL;
    g_autofree char *forged = NULL;
    g_autoptr (RwGrants) grants = NULL;

    if (!make_key_pair (f, kinds[i].kind)) {
      g_test_skip ("openssl is not there");
      return;
    }
    g_file_get_contents (f->private_file, &key, NULL, NULL);
    g_file_get_contents (f->public_file, &public_key, NULL, NULL);
    auth = new_auth (f->public_file, kinds[i].name);
    token = make_token (kinds[i].algorithm, key, "{\"sub\":\"ann\"}", 60);
    grants = expect_accepted (auth, token);
    g_assert_cmpstr (grants->user, ==, "ann");

    /* The public key is public: it must not do as a secret. */
    forged = make_token (JWT_ALG_HS256, public_key, "{\"sub\":\"eve\"}", 60);
    expect_refused (auth, forged, "not valid");
  }
}

static void
expect_no_auth (const char *key_file, const char *algorithm, const char *says)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (rw_server_auth_new (key_file, algorithm, &error));
  g_assert_nonnull (strstr (error->message, says));
}

static void
test_unfit_keys_are_named (Fixture *f, gconstpointer unused)
{
  expect_no_auth ("/nonexistent/key", "HS256", "/nonexistent/key");
  expect_no_auth (f->secret_file, "none", "HS256, RS256 or ES256");
  expect_no_auth (f->secret_file, "RS256", "public key");
  g_assert_true (g_file_set_contents (f->secret_file, "short\n", -1, NULL));
  expect_no_auth (f->secret_file, "HS256", "openssl rand");
}

/* --- A server with a key --- */

static RwServer *
start_server (Fixture *f)
{
  g_autoptr (RwServerConfig) config = rw_server_config_new ();

  config->token_key_file = g_strdup (f->secret_file);
  return test_serve (config);
}

static void
test_only_bearers_are_let_in (Fixture *f, gconstpointer unused)
{
  g_autoptr (RwServer) server = start_server (f);
  guint port = rw_server_get_port (server);
  g_autofree char *token = make_token (
      JWT_ALG_HS256, SECRET, "{\"sub\":\"ann\",\"roles\":[\"consumer\"]}", 60);
  g_autofree char *header = g_strconcat ("Bearer ", token, NULL);
  g_autofree char *path = g_strconcat ("/?access_token=", token, NULL);
  g_autoptr (TestPeer) nobody = test_peer_try (port);
  g_autoptr (TestPeer) liar = test_peer_try_as (port, "/", "Bearer a.b.c");
  g_autoptr (TestPeer) program = test_peer_try_as (port, "/", header);
  g_autoptr (TestPeer) page = test_peer_try_as (port, path, NULL);

  g_assert_null (nobody->connection);
  g_assert_cmpuint (nobody->http_status, ==, 401);
  g_assert_cmpuint (liar->http_status, ==, 401);
  g_free (test_peer_expect_type (program, "welcome"));
  g_free (test_peer_expect_type (page, "welcome"));

  test_peer_send_json (program,
                       "{'type':'setPeerStatus','roles':['producer']}");
  test_peer_expect_error (program, "does not allow that role");
  rw_server_stop (server);
}

static void
test_an_expired_token_ends_the_connection (Fixture *f, gconstpointer unused)
{
  g_autoptr (RwServer) server = start_server (f);
  /* Within the leeway for clocks, for another second or two. */
  g_autofree char *token =
      make_token (JWT_ALG_HS256, SECRET, "{\"sub\":\"ann\"}", -28);
  g_autofree char *header = g_strconcat ("Bearer ", token, NULL);
  g_autoptr (TestPeer) peer =
      test_peer_try_as (rw_server_get_port (server), "/", header);

  g_free (test_peer_expect_type (peer, "welcome"));
  test_peer_expect_closed (peer, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION);
  rw_server_stop (server);
}

#define ADD(path, func)                                                        \
  g_test_add ("/auth/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("claims-become-grants", test_claims_become_grants);
  ADD ("dates-may-have-fractions", test_dates_may_have_fractions);
  ADD ("bad-tokens-are-refused", test_bad_tokens_are_refused);
  ADD ("a-changed-token-is-refused", test_a_changed_token_is_refused);
  ADD ("another-key-or-no-signature-is-refused",
       test_another_key_or_no_signature_is_refused);
  ADD ("public-keys", test_public_keys);
  ADD ("unfit-keys-are-named", test_unfit_keys_are_named);
  ADD ("only-bearers-are-let-in", test_only_bearers_are_let_in);
  ADD ("an-expired-token-ends-the-connection",
       test_an_expired_token_ends_the_connection);

  return g_test_run ();
}

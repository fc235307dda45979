/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-auth.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#define SECRET "0123456789abcdef0123456789abcdef"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static RwServerAuth *
new_auth (void)
{
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("rw-fuzz-XXXXXX", &path, NULL);
  RwServerAuth *auth;

  g_close (fd, NULL);
  g_file_set_contents (path, SECRET, -1, NULL);
  auth = rw_server_auth_new (path, "HS256", NULL);
  g_unlink (path);
  return auth;
}

/* As RFC 7515 has it. */
static char *
to_base64url (const guint8 *data, gsize len)
{
  char *text = g_base64_encode (data, len);

  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  *(strchr (text, '=') != NULL ? strchr (text, '=') : text + strlen (text)) =
      '\0';
  return text;
}

/* A token with these claims, whatever they are, whose signature is right. */
static char *
sign (const guint8 *claims, gsize len)
{
  static const char header[] = "{\"alg\":\"HS256\"}";
  g_autofree char *head =
      to_base64url ((const guint8 *) header, sizeof header - 1);
  g_autofree char *body = to_base64url (claims, len);
  g_autofree char *text = g_strconcat (head, ".", body, NULL);
  g_autofree char *signature = NULL;
  g_autoptr (GHmac) hmac = g_hmac_new (
      G_CHECKSUM_SHA256, (const guchar *) SECRET, sizeof SECRET - 1);
  guint8 digest[32];
  gsize digest_len = sizeof digest;

  g_hmac_update (hmac, (const guchar *) text, -1);
  g_hmac_get_digest (hmac, digest, &digest_len);
  signature = to_base64url (digest, digest_len);
  return g_strconcat (text, ".", signature, NULL);
}

/* A claim that is there limits, or the token is refused: none is passed over
 * because it is of another type. */
static void
check_limits (const char *claims, const RwGrants *grants)
{
  g_autoptr (JsonNode) node = json_from_string (claims, NULL);
  JsonObject *object;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return;

  object = json_node_get_object (node);
  g_assert (!json_object_has_member (object, "name") || grants->name != NULL);
  g_assert (!json_object_has_member (object, "rooms") || grants->rooms != NULL);
}

/* Nothing that anybody makes up may be let in: the secret is not in here. And
 * who has it may claim what they like: it is refused, or it has a user. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static RwServerAuth *auth;
  g_autofree char *token = g_strndup ((const char *) data, size);
  g_autofree char *own = sign (data, size);
  g_autoptr (RwGrants) grants = NULL;

  if (auth == NULL)
    auth = new_auth ();
  g_assert (rw_server_auth_check (auth, token, 0, NULL) == NULL);
  grants = rw_server_auth_check (auth, own, 0, NULL);
  if (grants != NULL) {
    g_assert (*grants->user != '\0');
    check_limits (token, grants);
  }
  return 0;
}

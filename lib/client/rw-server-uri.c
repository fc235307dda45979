/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-uri.h"

#include <libsoup/soup.h>

#include "rw-failure.h"

gboolean
rw_server_uri_check (const char *uri, GError **error)
{
  g_autoptr (GUri) parsed = NULL;
  const char *scheme, *host;

  parsed = uri != NULL ? g_uri_parse (uri, SOUP_HTTP_URI_FLAGS, NULL) : NULL;
  scheme = parsed != NULL ? g_uri_get_scheme (parsed) : NULL;
  host = parsed != NULL ? g_uri_get_host (parsed) : NULL;
  if (host != NULL && *host != '\0' &&
      (g_strcmp0 (scheme, "ws") == 0 || g_strcmp0 (scheme, "wss") == 0))
    return TRUE;
  g_set_error (error, RW_FAILURE_ERROR, RW_FAILURE_SETTINGS,
               "\"%s\" is not the address of a signalling server; use "
               "ws://HOST:PORT or wss://HOST:PORT",
               uri != NULL ? uri : "");
  return FALSE;
}

char *
rw_server_uri_dup_shown (const char *uri)
{
  g_autoptr (GUri) parsed =
      g_uri_parse (uri, G_URI_FLAGS_NON_DNS | G_URI_FLAGS_HAS_PASSWORD, NULL);
  GUriHideFlags hide = G_URI_HIDE_USERINFO | G_URI_HIDE_QUERY;

  return parsed != NULL ? g_uri_to_string_partial (parsed, hide)
                        : g_strdup ("(not a URI)");
}

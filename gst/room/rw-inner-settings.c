/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-inner-settings.h"

/* See the header. */

static gboolean
is_shared (GObject *inner, GParamSpec *pspec)
{
  static const char *const own[] = {
      "room",          "producer-name",          "start-position",
      "auth-token",    "run-signalling-server",  "signalling-server-host",
      "signaller-uri", "signalling-server-port", NULL};

  return (pspec->flags & G_PARAM_READWRITE) == G_PARAM_READWRITE &&
         !g_type_is_a (GST_TYPE_BIN, pspec->owner_type) &&
         !g_strv_contains (own, pspec->name) &&
         g_object_class_find_property (G_OBJECT_GET_CLASS (inner),
                                       pspec->name) != NULL;
}

static void
copy (GObject *outer, GObject *inner, GParamSpec *pspec)
{
  g_auto (GValue) value = G_VALUE_INIT;

  if (!is_shared (inner, pspec))
    return;
  g_object_get_property (outer, pspec->name, &value);
  g_object_set_property (inner, pspec->name, &value);
}

/* Only where the inner element begins: it may begin elsewhere than others. */
static void
copy_start (GObject *outer, GObject *inner)
{
  GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (outer),
                                                    "start-position");
  g_auto (GValue) value = G_VALUE_INIT;

  if (pspec == NULL)
    return;
  g_object_get_property (outer, pspec->name, &value);
  g_object_set_property (inner, pspec->name, &value);
}

void
rw_inner_settings_apply (RwEndpoint *endpoint, GObject *outer, GObject *inner)
{
  g_autofree char *token = rw_endpoint_dup_token (endpoint);
  g_autofree char *uri = rw_endpoint_dup_server_uri (endpoint);
  g_autofree GParamSpec **pspecs = NULL;
  guint n;

  pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (outer), &n);
  for (guint i = 0; i < n; i++)
    copy (outer, inner, pspecs[i]);
  copy_start (outer, inner);
  g_object_set (inner, "auth-token", token, "signaller-uri", uri, NULL);
}

/* The token reads as NULL. */
void
rw_inner_settings_follow (RwEndpoint *endpoint, GObject *outer, GObject *inner,
                          GParamSpec *pspec)
{
  g_autofree char *token = NULL;

  if (!g_str_equal (pspec->name, "auth-token")) {
    copy (outer, inner, pspec);
    return;
  }
  token = rw_endpoint_dup_token (endpoint);
  g_object_set (inner, "auth-token", token, NULL);
}

char *
rw_inner_settings_on_request_token (GstElement *inner, gpointer outer)
{
  char *token = NULL;

  g_signal_emit_by_name (outer, "request-token", &token);
  return token;
}

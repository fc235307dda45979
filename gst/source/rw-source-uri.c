/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-source-uri.h"

/* See the header. */

#define DEFAULT_PORT 8443
#define URI_KEY      "rw-source-uri" /* of the data of the source */

static const char *const protocols[] = {"gstwebrtc", "gstwebrtcs", NULL};

/* A name that elements of gst-plugins-rs have for it. */
static const char *
get_property_name (const char *key)
{
  return g_str_equal (key, "peer-id") ? "producer-name" : key;
}

static gboolean
check_query (GObject *source, GHashTable *query, GError **error)
{
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, query);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    const char *name = get_property_name (key);
    GParamSpec *pspec =
        g_object_class_find_property (G_OBJECT_GET_CLASS (source), name);
    g_auto (GValue) probe = G_VALUE_INIT;

    if (pspec == NULL || !(pspec->flags & G_PARAM_WRITABLE) || value == NULL) {
      g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_REFERENCE,
                   "The URI sets \"%s\", which is no property of "
                   "resilientwebrtcsrc that can be set",
                   (char *) key);
      return FALSE;
    }
    g_value_init (&probe, pspec->value_type);
    if (!gst_value_deserialize_with_pspec (&probe, value, pspec)) {
      g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_REFERENCE,
                   "The URI sets %s to \"%s\", which is no value of it",
                   (char *) key, (char *) value);
      return FALSE;
    }
  }
  return TRUE;
}

static char *
make_signaller_uri (const GstUri *uri)
{
  const char *host = gst_uri_get_host (uri);
  guint port = gst_uri_get_port (uri);

  return g_strdup_printf (
      strchr (host, ':') ? "%s://[%s]:%u" : "%s://%s:%u",
      g_str_equal (gst_uri_get_scheme (uri), "gstwebrtcs") ? "wss" : "ws", host,
      port == GST_URI_NO_PORT ? DEFAULT_PORT : port);
}

static void
set_from_query (GObject *source, GHashTable *query)
{
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, query);
  while (g_hash_table_iter_next (&iter, &key, &value))
    gst_util_set_object_arg (source, get_property_name (key), value);
}

/* FALSE and a GST_URI_ERROR where @uri cannot be used, with nothing set. */
static gboolean
apply (GObject *source, const char *uri, GError **error)
{
  g_autoptr (GstUri) parsed = gst_uri_from_string (uri);
  g_autoptr (GHashTable) query = NULL;
  g_autofree char *signaller_uri = NULL;

  if (parsed == NULL || gst_uri_get_host (parsed) == NULL ||
      *gst_uri_get_host (parsed) == '\0' ||
      !g_strv_contains (protocols, gst_uri_get_scheme (parsed))) {
    g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI,
                 "\"%s\" is not gstwebrtc://HOST:PORT/?producer-name=NAME",
                 uri);
    return FALSE;
  }
  query = gst_uri_get_query_table (parsed);
  if (query && !check_query (source, query, error))
    return FALSE;
  signaller_uri = make_signaller_uri (parsed);
  g_object_set (source, "signaller-uri", signaller_uri, NULL);
  if (query)
    set_from_query (source, query);
  return TRUE;
}

static GstURIType
get_uri_type (GType type)
{
  return GST_URI_SRC;
}

static const char *const *
get_uri_protocols (GType type)
{
  return protocols;
}

static gpointer
copy_uri (gpointer uri, gpointer data)
{
  return g_strdup (uri);
}

static char *
get_uri (GstURIHandler *handler)
{
  return g_object_dup_data (G_OBJECT (handler), URI_KEY, copy_uri, NULL);
}

static gboolean
set_uri (GstURIHandler *handler, const char *uri, GError **error)
{
  GObject *source = G_OBJECT (handler);

  if (!apply (source, uri, error))
    return FALSE;
  g_object_set_data_full (source, URI_KEY, g_strdup (uri), g_free);
  return TRUE;
}

void
rw_source_uri_init_handler (gpointer iface, gpointer data)
{
  GstURIHandlerInterface *handler = iface;

  handler->get_type = get_uri_type;
  handler->get_protocols = get_uri_protocols;
  handler->get_uri = get_uri;
  handler->set_uri = set_uri;
}

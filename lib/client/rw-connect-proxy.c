/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-connect-proxy.h"

/* Written by hand, as GIO has no public type for its HTTP proxy that could be
 * registered under a second name, and libsoup no setting that makes it CONNECT
 * for ws://; everything is passed on to GIO's proxy. */

struct _RwConnectProxy {
  GObject parent_instance;
  GProxy *http; /* GIO's own */
};

static void rw_connect_proxy_iface_init (GProxyInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (
    RwConnectProxy, rw_connect_proxy, G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (G_TYPE_PROXY, rw_connect_proxy_iface_init))

static GIOStream *
rw_connect_proxy_connect (GProxy *proxy, GIOStream *connection,
                          GProxyAddress *address, GCancellable *cancellable,
                          GError **error)
{
  return g_proxy_connect (RW_CONNECT_PROXY (proxy)->http, connection, address,
                          cancellable, error);
}

static void
on_http_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  GError *error = NULL;
  GIOStream *stream = g_proxy_connect_finish (G_PROXY (source), result, &error);

  if (stream != NULL)
    g_task_return_pointer (task, stream, g_object_unref);
  else
    g_task_return_error (task, error);
}

static void
rw_connect_proxy_connect_async (GProxy *proxy, GIOStream *connection,
                                GProxyAddress *address,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = g_task_new (proxy, cancellable, callback, data);

  g_task_set_source_tag (task, rw_connect_proxy_connect_async);
  g_proxy_connect_async (RW_CONNECT_PROXY (proxy)->http, connection, address,
                         cancellable, on_http_connected, task);
}

static GIOStream *
rw_connect_proxy_connect_finish (GProxy *proxy, GAsyncResult *result,
                                 GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
rw_connect_proxy_supports_hostname (GProxy *proxy)
{
  return g_proxy_supports_hostname (RW_CONNECT_PROXY (proxy)->http);
}

static void
rw_connect_proxy_iface_init (GProxyInterface *iface)
{
  iface->connect = rw_connect_proxy_connect;
  iface->connect_async = rw_connect_proxy_connect_async;
  iface->connect_finish = rw_connect_proxy_connect_finish;
  iface->supports_hostname = rw_connect_proxy_supports_hostname;
}

static void
rw_connect_proxy_finalize (GObject *object)
{
  g_clear_object (&RW_CONNECT_PROXY (object)->http);
  G_OBJECT_CLASS (rw_connect_proxy_parent_class)->finalize (object);
}

static void
rw_connect_proxy_class_init (RwConnectProxyClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = rw_connect_proxy_finalize;
}

static void
rw_connect_proxy_init (RwConnectProxy *self)
{
  self->http = g_proxy_get_default_for_protocol ("http");
}

gboolean
rw_connect_proxy_register (void)
{
  static gsize result = 0;

  if (g_once_init_enter (&result)) {
    /* GIO registers its proxies when first asked for one. */
    g_autoptr (GProxy) http = g_proxy_get_default_for_protocol ("http");

    if (http != NULL)
      g_io_extension_point_implement (G_PROXY_EXTENSION_POINT_NAME,
                                      RW_TYPE_CONNECT_PROXY,
                                      RW_CONNECT_PROXY_PROTOCOL, 0);
    g_once_init_leave (&result, http != NULL ? 1 : 2);
  }
  return result == 1;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-proxy-resolver.h"

#include <string.h>

#include "rw-connect-proxy.h"

struct _RwProxyResolver {
  GObject parent_instance;
};

static void rw_proxy_resolver_iface_init (GProxyResolverInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (
    RwProxyResolver, rw_proxy_resolver, G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (G_TYPE_PROXY_RESOLVER, rw_proxy_resolver_iface_init))

/* Takes @proxies. */
static char **
translate (char **proxies)
{
  for (guint i = 0; proxies != NULL && proxies[i] != NULL; i++) {
    char *proxy = proxies[i];

    if (g_ascii_strncasecmp (proxy, "http:", 5) != 0 ||
        !rw_connect_proxy_register ())
      continue;
    proxies[i] =
        g_strconcat (RW_CONNECT_PROXY_PROTOCOL, proxy + strlen ("http"), NULL);
    g_free (proxy);
  }
  return proxies;
}

static gboolean
rw_proxy_resolver_is_supported (GProxyResolver *resolver)
{
  return TRUE;
}

static char **
rw_proxy_resolver_lookup (GProxyResolver *resolver, const char *uri,
                          GCancellable *cancellable, GError **error)
{
  return translate (g_proxy_resolver_lookup (g_proxy_resolver_get_default (),
                                             uri, cancellable, error));
}

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  GError *error = NULL;
  char **proxies = g_proxy_resolver_lookup_finish (G_PROXY_RESOLVER (source),
                                                   result, &error);

  if (proxies == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, translate (proxies),
                           (GDestroyNotify) g_strfreev);
}

static void
rw_proxy_resolver_lookup_async (GProxyResolver *resolver, const char *uri,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer data)
{
  GTask *task = g_task_new (resolver, cancellable, callback, data);

  g_task_set_source_tag (task, rw_proxy_resolver_lookup_async);
  g_proxy_resolver_lookup_async (g_proxy_resolver_get_default (), uri,
                                 cancellable, on_looked_up, task);
}

static char **
rw_proxy_resolver_lookup_finish (GProxyResolver *resolver, GAsyncResult *result,
                                 GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
rw_proxy_resolver_iface_init (GProxyResolverInterface *iface)
{
  iface->is_supported = rw_proxy_resolver_is_supported;
  iface->lookup = rw_proxy_resolver_lookup;
  iface->lookup_async = rw_proxy_resolver_lookup_async;
  iface->lookup_finish = rw_proxy_resolver_lookup_finish;
}

static void
rw_proxy_resolver_class_init (RwProxyResolverClass *klass)
{
}

static void
rw_proxy_resolver_init (RwProxyResolver *self)
{
}

GProxyResolver *
rw_proxy_resolver_new (void)
{
  return g_object_new (RW_TYPE_PROXY_RESOLVER, NULL);
}

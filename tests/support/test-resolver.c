/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-resolver.h"

/* See the header. */

#define TYPE_RESOLVER (resolver_get_type ())

typedef GSimpleProxyResolver Resolver;
typedef GSimpleProxyResolverClass ResolverClass;

static GType resolver_get_type (void);
static void resolver_iface_init (GProxyResolverInterface *iface);

G_DEFINE_TYPE_WITH_CODE (Resolver, resolver, G_TYPE_SIMPLE_PROXY_RESOLVER,
                         G_IMPLEMENT_INTERFACE (G_TYPE_PROXY_RESOLVER,
                                                resolver_iface_init))

/* Nobody asks a simple one, as a rule. */
static gboolean
resolver_is_supported (GProxyResolver *resolver)
{
  return TRUE;
}

/* The rest is the parent's. */
static void
resolver_iface_init (GProxyResolverInterface *iface)
{
  iface->is_supported = resolver_is_supported;
}

static void
resolver_class_init (ResolverClass *klass)
{
}

static void
resolver_init (Resolver *self)
{
}

void
test_resolver_install (void)
{
  g_setenv ("GIO_USE_PROXY_RESOLVER", "test-resolver", TRUE);
  /* GIO's extension points are there from now on. */
  g_tls_backend_get_default ();
  g_io_extension_point_implement (G_PROXY_RESOLVER_EXTENSION_POINT_NAME,
                                  TYPE_RESOLVER, "test-resolver", 0);
}

void
test_resolver_set (const char *uri, const char *const *ignored)
{
  GSimpleProxyResolver *resolver =
      G_SIMPLE_PROXY_RESOLVER (g_proxy_resolver_get_default ());

  g_simple_proxy_resolver_set_default_proxy (resolver, uri);
  g_simple_proxy_resolver_set_ignore_hosts (resolver, (char **) ignored);
}

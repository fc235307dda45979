/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-trusted-proxies.h"

#include <string.h>

struct _RwTrustedProxies {
  GPtrArray *masks; /* GInetAddressMask */
};

/**
 * rw_trusted_proxies_new:
 * @masks: (nullable): addresses or networks, such as 10.0.0.0/8
 */
RwTrustedProxies *
rw_trusted_proxies_new (char *const *masks, GError **error)
{
  g_autoptr (RwTrustedProxies) self = g_new0 (RwTrustedProxies, 1);

  self->masks = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; masks != NULL && masks[i] != NULL; i++) {
    GInetAddressMask *mask =
        g_inet_address_mask_new_from_string (masks[i], error);

    if (mask == NULL)
      return NULL;
    g_ptr_array_add (self->masks, mask);
  }

  return g_steal_pointer (&self);
}

/** rw_trusted_proxies_free: NULL is fine. */
void
rw_trusted_proxies_free (RwTrustedProxies *self)
{
  if (self == NULL)
    return;

  g_ptr_array_unref (self->masks);
  g_free (self);
}

/* A socket of IPv6 has IPv4 addresses as ::ffff:a.b.c.d. */
static GInetAddress *
new_address (const char *text)
{
  static const guint8 mapped[12] = {[10] = 0xff, [11] = 0xff};
  GInetAddress *address = g_inet_address_new_from_string (text);
  GInetAddress *plain;
  const guint8 *bytes;

  if (address == NULL ||
      g_inet_address_get_family (address) != G_SOCKET_FAMILY_IPV6)
    return address;
  bytes = g_inet_address_to_bytes (address);
  if (memcmp (bytes, mapped, sizeof mapped) != 0)
    return address;

  plain = g_inet_address_new_from_bytes (bytes + sizeof mapped,
                                         G_SOCKET_FAMILY_IPV4);
  g_object_unref (address);
  return plain;
}

/* Some add the port: 192.0.2.1:4711, [2001:db8::1]:4711. */
static GInetAddress *
parse_entry (const char *entry)
{
  g_autofree char *text = g_strstrip (g_strdup (entry));
  char *end;

  if (*text == '[' && (end = strchr (text, ']')) != NULL) {
    *end = '\0';
    return new_address (text + 1);
  }
  end = strchr (text, ':');
  if (end != NULL && strchr (end + 1, ':') == NULL)
    *end = '\0';
  return new_address (text);
}

static gboolean
is_trusted (RwTrustedProxies *self, GInetAddress *address)
{
  for (guint i = 0; i < self->masks->len; i++)
    if (g_inet_address_mask_matches (g_ptr_array_index (self->masks, i),
                                     address))
      return TRUE;
  return FALSE;
}

/**
 * rw_trusted_proxies_find_client:
 * @peer: (nullable): the address at the other end of the connection; NULL if
 *   that has gone meanwhile
 * @forwarded_for: (nullable): X-Forwarded-For, to which each proxy has added
 *   at the end whom it forwards
 *
 * Returns: the last address that is no trusted proxy's: what stands before it
 *   may be anybody's invention. Without such, that of the first proxy.
 *   "unknown" without @peer.
 */
char *
rw_trusted_proxies_find_client (RwTrustedProxies *self, const char *peer,
                                const char *forwarded_for)
{
  g_auto (GStrv) entries =
      g_strsplit (forwarded_for != NULL ? forwarded_for : "", ",", -1);
  g_autoptr (GInetAddress) address = NULL;

  if (peer == NULL)
    return g_strdup ("unknown");
  address = new_address (peer);
  if (address == NULL)
    return g_strdup (peer);

  for (guint i = g_strv_length (entries); i > 0; i--) {
    g_autoptr (GInetAddress) next = NULL;

    if (!is_trusted (self, address))
      break;
    next = parse_entry (entries[i - 1]);
    if (next == NULL)
      break;
    g_set_object (&address, next);
  }

  return g_inet_address_to_string (address);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-local-address.h"

#include <ifaddrs.h>
#include <netdb.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static gboolean
is_usable (const struct ifaddrs *entry)
{
  return entry->ifa_addr != NULL && (entry->ifa_flags & IFF_UP) &&
         !(entry->ifa_flags & IFF_LOOPBACK) &&
         (entry->ifa_addr->sa_family == AF_INET ||
          entry->ifa_addr->sa_family == AF_INET6);
}

gboolean
rw_local_address_is_loopback_only (void)
{
  gboolean found = FALSE;
  struct ifaddrs *list;

  if (getifaddrs (&list) != 0)
    return FALSE;
  for (const struct ifaddrs *entry = list; entry && !found;
       entry = entry->ifa_next)
    found = is_usable (entry);
  freeifaddrs (list);
  return !found;
}

static gboolean
is_of_interface (const struct ifaddrs *entry, const char *name)
{
  return entry->ifa_addr != NULL && (entry->ifa_flags & IFF_UP) &&
         strcmp (entry->ifa_name, name) == 0 &&
         (entry->ifa_addr->sa_family == AF_INET ||
          entry->ifa_addr->sa_family == AF_INET6);
}

static void
add_address (const struct sockaddr *address, GStrvBuilder *addresses)
{
  socklen_t size = address->sa_family == AF_INET ? sizeof (struct sockaddr_in)
                                                 : sizeof (struct sockaddr_in6);
  char text[NI_MAXHOST];

  if (getnameinfo (address, size, text, sizeof text, NULL, 0, NI_NUMERICHOST) !=
      0)
    return;
  text[strcspn (text, "%")] = '\0';
  g_strv_builder_add (addresses, text);
}

void
rw_local_address_add_of_interface (const char *name, GStrvBuilder *addresses)
{
  struct ifaddrs *list;

  if (getifaddrs (&list) != 0)
    return;
  for (const struct ifaddrs *entry = list; entry; entry = entry->ifa_next)
    if (is_of_interface (entry, name))
      add_address (entry->ifa_addr, addresses);
  freeifaddrs (list);
}

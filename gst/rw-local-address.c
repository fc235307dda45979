/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-local-address.h"

#include <ifaddrs.h>
#include <net/if.h>
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

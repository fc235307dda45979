/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-network-watch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Not a GNetworkMonitor: that one watches routes only, so that it misses a link
 * that stops running and a second address, and it is one for the process, on
 * the context of whichever thread asks first.
 *
 * Owns one netlink socket and the set of known facts: a fact is a link that
 * runs, an address that can be used, or a route, as the bytes that name it. A
 * fact that is known already is no change when it is reported again.
 */

/* A router may have more; then all are forgotten, and reported again. */
#define MAX_FACTS 4096

enum { SIGNAL_CHANGED, N_SIGNALS };

static guint signals[N_SIGNALS];

struct _RwNetworkWatch {
  GObject parent_instance;
  int fd;
  GSource *source;
  GHashTable *facts; /* set of GBytes */
};

typedef enum {
  CHANGE_NONE = 0,
  CHANGE_GAINED = 1 << 0,
  CHANGE_LOST = 1 << 1,
} RwChange;

G_DEFINE_FINAL_TYPE (RwNetworkWatch, rw_network_watch, G_TYPE_OBJECT)

static void
append_attribute (GByteArray *key, const struct rtattr *attribute)
{
  g_byte_array_append (key, (const guint8 *) attribute, attribute->rta_len);
}

/* The attributes that name a fact; the others are its circumstances. */
static void
append_attributes (GByteArray *key, const struct rtattr *attribute, int len,
                   guint32 wanted)
{
  for (; RTA_OK (attribute, len); attribute = RTA_NEXT (attribute, len))
    if (attribute->rta_type < 32 && (wanted & (1u << attribute->rta_type)))
      append_attribute (key, attribute);
}

static gboolean
read_link (const struct nlmsghdr *header, GByteArray *key)
{
  const struct ifinfomsg *info = NLMSG_DATA (header);

  g_byte_array_append (key, (const guint8 *) &info->ifi_index,
                       sizeof info->ifi_index);
  /* A link that does not run carries nothing. */
  return header->nlmsg_type == RTM_NEWLINK &&
         (info->ifi_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
}

static gboolean
read_address (const struct nlmsghdr *header, GByteArray *key)
{
  const struct ifaddrmsg *info = NLMSG_DATA (header);

  g_byte_array_append (key, (const guint8 *) &info->ifa_index,
                       sizeof info->ifa_index);
  g_byte_array_append (key, &info->ifa_prefixlen, 1);
  append_attributes (key, IFA_RTA (info), (int) IFA_PAYLOAD (header),
                     1u << IFA_ADDRESS | 1u << IFA_LOCAL);
  /* A tentative address cannot be used before it is known to be unique. */
  return header->nlmsg_type == RTM_NEWADDR &&
         !(info->ifa_flags & IFA_F_TENTATIVE);
}

static gboolean
read_route (const struct nlmsghdr *header, GByteArray *key)
{
  const struct rtmsg *info = NLMSG_DATA (header);

  g_byte_array_append (key, &info->rtm_dst_len, 1);
  g_byte_array_append (key, &info->rtm_table, 1);
  append_attributes (key, RTM_RTA (info), (int) RTM_PAYLOAD (header),
                     1u << RTA_DST | 1u << RTA_OIF | 1u << RTA_GATEWAY);
  return header->nlmsg_type == RTM_NEWROUTE;
}

/* TRUE if the message has the length that its type needs. */
static gboolean
read_fact (const struct nlmsghdr *header, GByteArray *key, gboolean *is_there)
{
  guint16 kind = header->nlmsg_type & ~1u; /* the new and the gone of a thing */
  gsize payload = NLMSG_PAYLOAD (header, 0);

  g_byte_array_append (key, (const guint8 *) &kind, sizeof kind);
  switch (header->nlmsg_type) {
  case RTM_NEWLINK:
  case RTM_DELLINK:
    if (payload < sizeof (struct ifinfomsg))
      return FALSE;
    *is_there = read_link (header, key);
    return TRUE;
  case RTM_NEWADDR:
  case RTM_DELADDR:
    if (payload < sizeof (struct ifaddrmsg))
      return FALSE;
    *is_there = read_address (header, key);
    return TRUE;
  case RTM_NEWROUTE:
  case RTM_DELROUTE:
    if (payload < sizeof (struct rtmsg))
      return FALSE;
    *is_there = read_route (header, key);
    return TRUE;
  default:
    return FALSE;
  }
}

static RwChange
rw_network_watch_note (RwNetworkWatch *self, const struct nlmsghdr *header)
{
  GByteArray *key = g_byte_array_new ();
  g_autoptr (GBytes) fact = NULL;
  gboolean is_there = FALSE;
  gboolean understood = read_fact (header, key, &is_there);

  fact = g_byte_array_free_to_bytes (key);
  if (!understood)
    return CHANGE_NONE;
  if (!is_there) {
    gboolean known = g_hash_table_remove (self->facts, fact);
    gboolean gone = header->nlmsg_type == RTM_DELLINK ||
                    header->nlmsg_type == RTM_DELADDR ||
                    header->nlmsg_type == RTM_DELROUTE;

    /* A fact that went may be older than this object; what is not ready yet is
     * no change. */
    return known || gone ? CHANGE_LOST : CHANGE_NONE;
  }
  if (g_hash_table_size (self->facts) >= MAX_FACTS)
    g_hash_table_remove_all (self->facts);
  return g_hash_table_add (self->facts, g_steal_pointer (&fact)) ? CHANGE_GAINED
                                                                 : CHANGE_NONE;
}

static RwChange
rw_network_watch_parse (RwNetworkWatch *self, const void *data, gssize len)
{
  RwChange change = CHANGE_NONE;
  guint left = (guint) len;

  for (const struct nlmsghdr *header = data; NLMSG_OK (header, left);
       header = NLMSG_NEXT (header, left))
    change |= rw_network_watch_note (self, header);
  return change;
}

static gboolean
on_socket_readable (int fd, GIOCondition condition, gpointer data)
{
  RwNetworkWatch *self = data;
  RwChange change = CHANGE_NONE;
  gssize len;

  do {
    /* Aligned for the headers in it; the kernel's messages fit in a page. */
    guint64 buffer[2048];
    struct sockaddr_nl sender = {0};
    socklen_t sender_len = sizeof sender;

    len = recvfrom (fd, buffer, sizeof buffer, MSG_DONTWAIT,
                    (struct sockaddr *) &sender, &sender_len);
    /* Other processes may write to the socket: only the kernel is 0. */
    if (len > 0 && sender.nl_pid == 0)
      change |= rw_network_watch_parse (self, buffer, len);
    else if (len < 0 && errno == ENOBUFS)
      change |= CHANGE_GAINED; /* messages were lost: report a gain */
  } while (len > 0 || (len < 0 && (errno == EINTR || errno == ENOBUFS)));

  if (change != CHANGE_NONE) {
    g_debug ("network changed:%s%s", change & CHANGE_GAINED ? " gained" : "",
             change & CHANGE_LOST ? " lost" : "");
    g_object_ref (self);
    g_signal_emit (self, signals[SIGNAL_CHANGED], 0,
                   (change & CHANGE_GAINED) != 0);
    g_object_unref (self);
  }
  return G_SOURCE_CONTINUE;
}

static int
open_socket (void)
{
  struct sockaddr_nl address = {
      .nl_family = AF_NETLINK,
      .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
                   RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
  };
  int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                   NETLINK_ROUTE);

  if (fd >= 0 &&
      bind (fd, (const struct sockaddr *) &address, sizeof address) != 0) {
    int cause = errno;

    close (fd);
    errno = cause;
    return -1;
  }
  return fd;
}

static void
rw_network_watch_dispose (GObject *object)
{
  RwNetworkWatch *self = RW_NETWORK_WATCH (object);

  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  G_OBJECT_CLASS (rw_network_watch_parent_class)->dispose (object);
}

static void
rw_network_watch_finalize (GObject *object)
{
  g_hash_table_unref (RW_NETWORK_WATCH (object)->facts);
  G_OBJECT_CLASS (rw_network_watch_parent_class)->finalize (object);
}

static void
rw_network_watch_class_init (RwNetworkWatchClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = rw_network_watch_dispose;
  G_OBJECT_CLASS (klass)->finalize = rw_network_watch_finalize;
  signals[SIGNAL_CHANGED] =
      g_signal_new ("changed", RW_TYPE_NETWORK_WATCH, G_SIGNAL_RUN_LAST, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
}

static void
rw_network_watch_init (RwNetworkWatch *self)
{
  self->fd = -1;
  self->facts = g_hash_table_new_full (g_bytes_hash, g_bytes_equal,
                                       (GDestroyNotify) g_bytes_unref, NULL);
}

RwNetworkWatch *
rw_network_watch_new (GMainContext *context)
{
  RwNetworkWatch *self = g_object_new (RW_TYPE_NETWORK_WATCH, NULL);

  self->fd = open_socket ();
  if (self->fd < 0) {
    g_info ("cannot watch the network (%s); changes are detected late",
            g_strerror (errno));
    return self;
  }
  self->source = g_unix_fd_source_new (self->fd, G_IO_IN);
  g_source_set_static_name (self->source, "rw-network-watch");
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_socket_readable), self,
                         NULL);
  g_source_attach (self->source, context);
  return self;
}

gboolean
rw_network_watch_is_active (RwNetworkWatch *self)
{
  g_return_val_if_fail (RW_IS_NETWORK_WATCH (self), FALSE);

  return self->fd >= 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-cluster-store.h"

G_BEGIN_DECLS

/**
 * RwClusterLease:
 *
 * Makes this server one of those that share the Redis: it renews its lease
 * there, and removes servers whose lease has expired. Of the thread of its
 * store.
 */
typedef struct _RwClusterLease RwClusterLease;

/**
 * RwClusterLeaseFuncs:
 * @online: the first lease since Redis is there. @may_be_lost: Redis may have
 *   lost what this server has written, or other servers may have removed it;
 *   may also be called while it is there
 * @renewed: the lease has been renewed
 * @lost: @server is not there any more
 * @expired: @client, which was a member of @room_id, has not come back in time
 */
typedef struct {
  void (*online) (gboolean may_be_lost, gpointer user_data);
  void (*renewed) (gpointer user_data);
  void (*lost) (const char *server, gpointer user_data);
  void (*expired) (const char *client, const char *room_id, gpointer user_data);
} RwClusterLeaseFuncs;

RwClusterLease *rw_cluster_lease_new (RwClusterStore *store, const char *me,
                                      const char *version, gint64 grace_us,
                                      const RwClusterLeaseFuncs *funcs,
                                      gpointer user_data);
void rw_cluster_lease_free (RwClusterLease *self);

gboolean rw_cluster_lease_go_down (RwClusterLease *self);
void rw_cluster_lease_renew (RwClusterLease *self);

gboolean rw_cluster_lease_is_online (RwClusterLease *self);
guint rw_cluster_lease_get_n_servers (RwClusterLease *self);
gint64 rw_cluster_lease_get_degraded_us (RwClusterLease *self);

G_END_DECLS

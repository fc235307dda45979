/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-cluster-scripts.h"
#include "rw-command.h"
#include "rw-redis.h"

G_BEGIN_DECLS

/**
 * RwClusterStore:
 *
 * Redis as the cluster uses it: one connection for commands and one that waits
 * for entries of streams. Both are up, with the scripts loaded, or neither is.
 * A *call* is a script that is sent again, in order, until it is answered; each
 * has a number, by which a script recognises one that it has done. Of the
 * thread that runs its context.
 */
typedef struct _RwClusterStore RwClusterStore;

#define RW_STORE_N_BUCKETS 8

/** RwClusterStoreFuncs: as those of RwRedis; @answered: after each answer. */
typedef struct {
  void (*up) (gpointer user_data);
  void (*down) (const GError *error, gpointer user_data);
  void (*answered) (gpointer user_data);
} RwClusterStoreFuncs;

RwClusterStore *rw_cluster_store_new (GUri *uri, const char *prefix,
                                      const char *me, GMainContext *context,
                                      const RwClusterStoreFuncs *funcs,
                                      gpointer user_data);
void rw_cluster_store_free (RwClusterStore *self);

gboolean rw_cluster_store_is_up (RwClusterStore *self);
char *rw_cluster_store_dup_key (RwClusterStore *self, const char *kind,
                                const char *name);
guint64 rw_cluster_store_get_n_commands (RwClusterStore *self);
gsize rw_cluster_store_get_pending_bytes (RwClusterStore *self);

gint64 rw_cluster_store_bucket_us (guint bucket);
gint64 rw_cluster_store_get_latency (RwClusterStore *self, guint64 *buckets);

gboolean rw_cluster_store_send (RwClusterStore *self, const RwCommand *command,
                                RwRedisReplyFunc func, gpointer user_data);
gboolean rw_cluster_store_read (RwClusterStore *self, const RwCommand *command,
                                RwRedisReplyFunc func, gpointer user_data);
gboolean rw_cluster_store_run (RwClusterStore *self, RwScript script,
                               const RwCommand *args, RwRedisReplyFunc func,
                               gpointer user_data);
guint64 rw_cluster_store_call (RwClusterStore *self, RwScript script,
                               RwCommand *args, RwRedisReplyFunc func,
                               gpointer user_data);
void rw_cluster_store_open (RwClusterStore *self);
void rw_cluster_store_drop (RwClusterStore *self, const GError *error);

G_END_DECLS

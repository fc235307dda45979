/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-cluster-store.h"
#include "rw-clients-remote.h"

G_BEGIN_DECLS

/**
 * RwClusterRegistry:
 *
 * The records of this server's clients in Redis, by which they are found when
 * they come to another server, and the names that they have reserved. Only the
 * present state is written; what changed while Redis was away is written when
 * it is back. A record that has a later generation elsewhere is left alone. The
 * resumption state of a client that another server has claimed, and of all
 * clients when the server stops, is stored there. Of the thread of its store.
 */
typedef struct _RwClusterRegistry RwClusterRegistry;

RwClusterRegistry *rw_cluster_registry_new (RwClusterStore *store,
                                            RwClients *clients,
                                            gint64 grace_us);
void rw_cluster_registry_free (RwClusterRegistry *self);

void rw_cluster_registry_note_changed (RwClusterRegistry *self, const char *id);
void rw_cluster_registry_note_all (RwClusterRegistry *self);
void rw_cluster_registry_flush (RwClusterRegistry *self);
gboolean rw_cluster_registry_reserve (RwClusterRegistry *self, const char *id,
                                      const char *name);

void rw_cluster_registry_claimed (RwClusterRegistry *self, const char *id,
                                  guint64 attempt, guint64 generation);
void rw_cluster_registry_moved (RwClusterRegistry *self, const char *id,
                                guint64 generation);
void rw_cluster_registry_move_all (RwClusterRegistry *self);

char *rw_cluster_hash (const char *secret);

G_END_DECLS

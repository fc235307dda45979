/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-cluster-store.h"
#include "rw-clients-remote.h"

G_BEGIN_DECLS

/**
 * RwClusterClaims:
 *
 * Clients that want to resume here, and were homed elsewhere. A claim makes
 * this server their home. It is made again until their record has the state
 * that a living former home has stored; if that home has died they are
 * restored from the record. While Redis is away they wait. Of the thread of
 * its store.
 */
typedef struct _RwClusterClaims RwClusterClaims;

RwClusterClaims *rw_cluster_claims_new (RwClusterStore *store,
                                        RwClients *clients, gint64 grace_us);
void rw_cluster_claims_free (RwClusterClaims *self);

void rw_cluster_claims_add (RwClusterClaims *self, guint64 connection,
                            const char *id, const char *secret,
                            guint64 attempt);
void rw_cluster_claims_cancel (RwClusterClaims *self, const char *id,
                               guint64 attempt);
void rw_cluster_claims_hold (RwClusterClaims *self);
void rw_cluster_claims_retry (RwClusterClaims *self, const char *id);
void rw_cluster_claims_retry_all (RwClusterClaims *self);

G_END_DECLS

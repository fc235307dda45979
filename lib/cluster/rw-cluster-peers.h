/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clients-remote.h"
#include "rw-cluster-reader.h"

G_BEGIN_DECLS

/**
 * RwClusterPeers:
 *
 * The clients of other servers, as this server's hub has them: those that the
 * registry lists, and what the stream of their changes adds. Messages of
 * sessions go to the mailbox of the home that the registry has for their
 * recipient; when the recipient moves to this server, they do so until all that
 * were sent before have arrived. Of the thread of its store.
 */
typedef struct _RwClusterPeers RwClusterPeers;

RwClusterPeers *rw_cluster_peers_new (RwClusterStore *store,
                                      RwClusterReader *reader,
                                      RwClients *clients, const char *me);
void rw_cluster_peers_free (RwClusterPeers *self);

gboolean rw_cluster_peers_are_listed (RwClusterPeers *self);
void rw_cluster_peers_list (RwClusterPeers *self, gboolean may_be_lost);
void rw_cluster_peers_take (RwClusterPeers *self, const redisReply *change);
void rw_cluster_peers_tick (RwClusterPeers *self);

void rw_cluster_peers_forward (RwClusterPeers *self, const char *to,
                               RwSignalMessage *message);
gboolean rw_cluster_peers_is_followed (RwClusterPeers *self, const char *id);
void rw_cluster_peers_receive (RwClusterPeers *self, const char *server,
                               const redisReply *fields);
guint64 rw_cluster_peers_get_n_messages (RwClusterPeers *self,
                                         gboolean received);

G_END_DECLS

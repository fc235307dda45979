/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-cluster-store.h"
#include "rw-redis-reply.h"

G_BEGIN_DECLS

/**
 * RwClusterReader:
 *
 * Reads any number of streams at once, each from where it stands, on the
 * store's second connection. Of the thread of its store.
 */
typedef struct _RwClusterReader RwClusterReader;

/** RwClusterReaderFunc: the next entry of the stream @key */
typedef void (*RwClusterReaderFunc) (const char *key, const char *id,
                                     const redisReply *fields,
                                     gpointer user_data);

/** rw_cluster_reader_new: @mailbox: of this server, written to so that a read
 * that waits ends. */
RwClusterReader *rw_cluster_reader_new (RwClusterStore *store,
                                        const char *mailbox,
                                        RwClusterReaderFunc func,
                                        gpointer user_data);
void rw_cluster_reader_free (RwClusterReader *self);

void rw_cluster_reader_add (RwClusterReader *self, const char *key,
                            const char *from);
void rw_cluster_reader_remove (RwClusterReader *self, const char *key);
void rw_cluster_reader_trim (RwClusterReader *self, const char *key);
void rw_cluster_reader_go_on (RwClusterReader *self);

G_END_DECLS

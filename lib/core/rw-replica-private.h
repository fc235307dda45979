/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-entry.h"
#include "rw-replica.h"

G_BEGIN_DECLS

/* What the files of a replica share. */

typedef struct {
  guint32 number;
  guint64 last;   /* entry that was applied */
  gint64 down_us; /* 0: it is there */
} RwReplicaNode;

/* An entry of our own. */
typedef struct {
  GBytes *bytes;
  guint64 opens;     /* a connection, or 0 */
  gint64 applied_us; /* 0: not yet */
} RwReplicaMade;

struct _RwReplica {
  RwReplicaConfig config;
  char **strict_rooms; /* those of the config */
  RwSeats *seats;
  GTree *nodes; /* of guint32, RwReplicaNode: in the order of their numbers */
  GTree *connections; /* of guint64, in order, so node by node */
  RwReplicaPosition position;
  gint64 time_us;
  const RwEntry *entry; /* while it is applied */
  guint64 n_names;      /* that it led to */
  gboolean declared_down;
  guint32 last_connection;
  guint32 last_unknown; /* connection whose outputs another's state swallowed */
  guint64 last_made;
  GPtrArray *made;    /* RwReplicaMade, one number after another */
  guint64 first_made; /* the number of the first in there */
  guint n_old;        /* that need not be kept any more */
  gsize pending_bytes;
};

RwReplicaNode *rw_replica_add_node (RwReplica *self, guint32 number);
RwReplicaNode *rw_replica_find_node (RwReplica *self, guint32 number);
void rw_replica_add_connection (RwReplica *self, guint64 connection);
gboolean rw_replica_is_open (RwReplica *self, guint64 connection);
guint32 rw_replica_node_of (guint64 connection);
void rw_replica_note_applied (RwReplica *self, guint64 n);
void rw_replica_made_free (gpointer data);

G_END_DECLS

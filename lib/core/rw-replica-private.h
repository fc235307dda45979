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

typedef struct _RwReplicaAlone RwReplicaAlone;

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
  RwReplicaAlone *alone; /* NULL: it is not */
  GQueue output;         /* RwSeatsOutput, before those of the seats */
  GArray *told;          /* (nullable): while it is alone and until it is
                            settled: entries of ours, by number and in order,
                            whose outputs our clients have had already */
  guint64 settled;       /* the last entry of what came of being alone */
  GHashTable *unsettled; /* (nullable): peers of ours that get nothing until
                            their CLIENT has come: before it the others number
                            anew what these have heard under other numbers */
};

RwReplicaNode *rw_replica_add_node (RwReplica *self, guint32 number);
RwReplicaNode *rw_replica_find_node (RwReplica *self, guint32 number);
void rw_replica_add_connection (RwReplica *self, guint64 connection);
gboolean rw_replica_is_open (RwReplica *self, guint64 connection);
gboolean rw_replica_pop_of (RwReplica *self, RwSeats *seats,
                            RwSeatsOutput *output);
void rw_replica_note_applied (RwReplica *self, guint64 n);
void rw_replica_made_free (gpointer data);

/* What entries have in them. */
RwBrainMessage *rw_replica_parse (RwReplica *self, GVariant *text);
void rw_replica_apply_fail (RwSeats *seats, const RwEntry *entry);

/* Inputs of this node become entries. */
void rw_replica_make (RwReplica *self, RwEntryKind kind, guint64 connection,
                      GVariant *body);
gint64 rw_replica_get_log_time_us (RwReplica *self);

/* Alone: see rw-replica-alone.h. */
void rw_replica_alone_take (RwReplica *self, RwEntryKind kind,
                            guint64 connection, GVariant *body);
RwSeats *rw_replica_alone_get_seats (RwReplica *self);
gint64 rw_replica_alone_get_wake_us (RwReplica *self);
void rw_replica_alone_wake (RwReplica *self);
gsize rw_replica_alone_get_bytes (RwReplica *self);
void rw_replica_alone_free (RwReplicaAlone *alone);

/* Together again. */
void rw_replica_filter (RwReplica *self, const RwEntry *entry);
void rw_replica_forget_told (RwReplica *self);
void rw_replica_apply_gone (RwReplica *self, const RwEntry *entry);
void rw_replica_apply_client (RwReplica *self, const RwEntry *entry);
void rw_replica_apply_said (RwReplica *self, const RwEntry *entry);
void rw_replica_apply_session (RwReplica *self, const RwEntry *entry);
void rw_replica_apply_session_end (RwReplica *self, const RwEntry *entry);

G_END_DECLS

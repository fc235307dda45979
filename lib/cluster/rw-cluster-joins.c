/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-cluster-joins.h"

typedef struct {
  guint64 number; /* of the call */
  gboolean is_answered;
} Join;

struct _RwClusterJoins {
  GHashTable *joins; /* member -> Join */
};

/** rw_cluster_joins_add: a join of the member @id is written as @number. */
void
rw_cluster_joins_add (RwClusterJoins *self, const char *id, guint64 number)
{
  Join *join = g_new0 (Join, 1);

  join->number = number;
  g_hash_table_replace (self->joins, g_strdup (id), join);
}

/** rw_cluster_joins_note_answer: Redis has that join. */
void
rw_cluster_joins_note_answer (RwClusterJoins *self, const char *id,
                              guint64 number)
{
  Join *join = g_hash_table_lookup (self->joins, id);

  if (join != NULL && join->number == number)
    join->is_answered = TRUE;
}

static gboolean
is_answered (gpointer id, gpointer join, gpointer unused)
{
  return ((const Join *) join)->is_answered;
}

/** rw_cluster_joins_note_record: it has all that were answered before. */
void
rw_cluster_joins_note_record (RwClusterJoins *self)
{
  g_hash_table_foreach_remove (self->joins, is_answered, NULL);
}

/** rw_cluster_joins_is_due: the answer is to come. */
gboolean
rw_cluster_joins_is_due (RwClusterJoins *self, const char *id)
{
  const Join *join = g_hash_table_lookup (self->joins, id);

  return join != NULL && !join->is_answered;
}

/** rw_cluster_joins_take: the entry of that join has been read. FALSE if a
 * later one of the member is to come. */
gboolean
rw_cluster_joins_take (RwClusterJoins *self, const char *id, guint64 number)
{
  const Join *join = g_hash_table_lookup (self->joins, id);

  if (join != NULL && number < join->number)
    return FALSE;
  g_hash_table_remove (self->joins, id);
  return TRUE;
}

RwClusterJoins *
rw_cluster_joins_new (void)
{
  RwClusterJoins *self = g_new0 (RwClusterJoins, 1);

  self->joins = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

/** rw_cluster_joins_free: NULL is fine. */
void
rw_cluster_joins_free (RwClusterJoins *self)
{
  if (self == NULL)
    return;

  g_hash_table_unref (self->joins);
  g_free (self);
}

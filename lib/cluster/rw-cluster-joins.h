/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwClusterJoins:
 *
 * The last join of each member of a room by a server: until its entry has been
 * read, or a record of the room that has it. The member may have left and
 * joined again before that. Of one thread.
 */
typedef struct _RwClusterJoins RwClusterJoins;

RwClusterJoins *rw_cluster_joins_new (void);
void rw_cluster_joins_free (RwClusterJoins *self);

void rw_cluster_joins_add (RwClusterJoins *self, const char *id,
                           guint64 number);
void rw_cluster_joins_note_answer (RwClusterJoins *self, const char *id,
                                   guint64 number);
void rw_cluster_joins_note_record (RwClusterJoins *self);
gboolean rw_cluster_joins_is_due (RwClusterJoins *self, const char *id);
gboolean rw_cluster_joins_take (RwClusterJoins *self, const char *id,
                                guint64 number);

G_END_DECLS

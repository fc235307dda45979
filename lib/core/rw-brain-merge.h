/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-brain.h"

G_BEGIN_DECLS

/* Brains of several nodes that were apart for a while: see rw-seats-merge.h. */

/** RwBrainSessionFunc: all are ids. */
typedef void (*RwBrainSessionFunc) (const char *id, const char *producer,
                                    const char *consumer, gpointer user_data);

GVariant *rw_brain_save_client (RwBrain *self, const char *id);
gboolean rw_brain_is_client (GVariant *state, const char *id);
gboolean rw_brain_merge_client (RwBrain *self, const char *id, GVariant *state,
                                GError **error);
gboolean rw_brain_merge_status (RwBrain *self, const char *id, GVariant *state,
                                GError **error);
gboolean rw_brain_has_same_status (RwBrain *self, RwBrain *other,
                                   const char *id);
void rw_brain_merge_session (RwBrain *self, const char *id,
                             const char *producer_id, const char *consumer_id,
                             gboolean are_there);
void rw_brain_merge_session_end (RwBrain *self, const char *id);

void rw_brain_foreach_session (RwBrain *self, RwBrainSessionFunc func,
                               gpointer user_data);
gboolean rw_brain_has_session (RwBrain *self, const char *id);
const char *rw_brain_get_other (RwBrain *self, const char *id,
                                const char *client_id);
gboolean rw_brain_has_ended (RwBrain *self, const char *id,
                             const char *client_id);

G_END_DECLS

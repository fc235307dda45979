/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-brain-message.h"

G_BEGIN_DECLS

/**
 * RwBrain:
 *
 * The signalling server without its sockets: who is there, in which roles,
 * and who is in a session with whom. It takes messages of clients and queues
 * (client, message) pairs for others; it knows no socket, clock or JSON. A
 * client is named by its peer id. Of one thread; memory is bounded by the
 * limits and the number of clients its owner lets in.
 */
typedef struct _RwBrain RwBrain;

/** RwIdFunc: makes an id that has never been and cannot be guessed. */
typedef char *(*RwIdFunc) (gpointer user_data);

/** RwBrainCounts: how much there is at the moment. */
typedef struct {
  guint clients;
  guint producers;
  guint sessions;
} RwBrainCounts;

#define RW_BRAIN_MAX_SESSIONS_PER_CLIENT 1024

RwBrain *rw_brain_new (RwIdFunc new_id, gpointer user_data);
void rw_brain_free (RwBrain *self);

void rw_brain_add_client (RwBrain *self, const char *id);
void rw_brain_remove_client (RwBrain *self, const char *id, const char *reason);
void rw_brain_set_connected (RwBrain *self, const char *id, gboolean connected);
void rw_brain_handle (RwBrain *self, const char *id,
                      const RwBrainMessage *message);
gsize rw_brain_get_meta_bytes (RwBrain *self, const char *but);
void rw_brain_fail (RwBrain *self, const char *id, const char *code,
                    const char *details, guint64 retry_after_ms);

void rw_brain_refuse (RwBrain *self, const char *id,
                      const RwBrainMessage *message, guint64 retry_after_ms);

gboolean rw_brain_has_client (RwBrain *self, const char *id);
RwRoles rw_brain_get_session_role (RwBrain *self, const char *id,
                                   const char *other_id);
RwBrainMessage *rw_brain_pop (RwBrain *self, char **id);
void rw_brain_get_counts (RwBrain *self, RwBrainCounts *counts);

GVariant *rw_brain_save (RwBrain *self);
RwBrain *rw_brain_load (RwIdFunc new_id, gpointer user_data, GVariant *state,
                        GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwBrain, rw_brain_free)

G_END_DECLS

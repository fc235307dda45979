/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-hub.h"

G_BEGIN_DECLS

/* The hub of one server among several. A *local* client is homed here; a
 * *remote* one has another home, which handles all that it sends. A message for
 * a remote client comes out of rw_hub_pop() as for any other. Of RwHub's
 * thread.
 */

gboolean rw_hub_get_record (RwHub *self, const char *id, RwHubRecord *record);
typedef void (*RwHubRecordFunc) (const RwHubRecord *record, gpointer user_data);
void rw_hub_foreach_client (RwHub *self, RwHubRecordFunc func,
                            gpointer user_data);

void rw_hub_put_remote (RwHub *self, const RwHubRecord *record);
void rw_hub_set_home (RwHub *self, const char *id, const char *home,
                      guint64 generation);
void rw_hub_remove_remote (RwHub *self, const char *id, const char *reason);
void rw_hub_yield_name (RwHub *self, const char *id, const char *name);
void rw_hub_refuse_name (RwHub *self, const char *id, const char *name,
                         const char *holder);
void rw_hub_lose_name (RwHub *self, const char *id, const char *holder);
void rw_hub_receive (RwHub *self, const char *to, const char *from,
                     const char *from_home, RwSignalMessage *message);
gboolean rw_hub_receive_own (RwHub *self, const char *to, const char *from,
                             RwSignalMessage *message);

/**
 * RwHubSessionFunc:
 * @number: grows with each session that begins here
 */
typedef void (*RwHubSessionFunc) (const char *id, const char *producer,
                                  const char *consumer, guint64 number,
                                  gpointer user_data);
void rw_hub_foreach_session_of (RwHub *self, const char *client_id,
                                RwHubSessionFunc func, gpointer user_data);
guint64 rw_hub_get_last_session (RwHub *self);
void rw_hub_add_session (RwHub *self, const char *id, const char *producer,
                         const char *consumer, const char *home);

void rw_hub_note_changed_id (RwHub *self, const char *id);
void rw_hub_track_changes (RwHub *self);
char *rw_hub_pop_changed (RwHub *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-brain.h"

/* What the brain is made of, for those files that are its own. */

G_BEGIN_DECLS

/* Both sides may end a session at once, and candidates cross an endSession on
 * the wire. Each client's last few ended sessions are remembered, so that such
 * latecomers are passed over and only true mistakes are errors. */
#define RW_BRAIN_ENDED_KEPT 16

typedef struct {
  char *id;
  RwSignalVersion version;
  gboolean resilient;
  char *secret; /* nullable: the "clientId" that it opted in with */
  gboolean has_spoken;
  gboolean connected;
  RwRoles roles;
  GRefString *meta;
  char *name;
  GQueue sessions;
  GList as_listener;
  GList as_producer;
  GList as_consumer;
  char *ended[RW_BRAIN_ENDED_KEPT];
  guint n_ended;
} RwBrainClient;

typedef struct {
  char *id;
  RwBrainClient *producer;
  RwBrainClient *consumer;
  GList of_producer;
  GList of_consumer;
} RwBrainSession;

struct _RwBrain {
  RwIdFunc new_id;
  gpointer user_data;
  GHashTable *clients;
  GHashTable *sessions;
  GHashTable *names;
  GQueue listeners;
  GQueue producers;
  GQueue consumers;
  GQueue output;
};

void rw_brain_client_free (gpointer data);
void rw_brain_session_free (gpointer data);

RwBrainClient *rw_brain_new_client (RwBrain *self, const char *id);
void rw_brain_announce (RwBrain *self, const RwBrainClient *client);
void rw_brain_set_roles (RwBrain *self, RwBrainClient *client, RwRoles roles);
gboolean rw_brain_claim_name (RwBrain *self, RwBrainClient *client,
                              const char *name, RwRoles roles);
void rw_brain_set_name (RwBrain *self, RwBrainClient *client, const char *name);

RwBrainSession *rw_brain_start_session (RwBrain *self, char *id,
                                        RwBrainClient *producer,
                                        RwBrainClient *consumer);
void rw_brain_send_end (RwBrain *self, RwBrainClient *to, const char *id,
                        const char *reason);
void rw_brain_end_session (RwBrain *self, RwBrainSession *session,
                           const RwBrainClient *by, const char *reason);
void rw_brain_end_sessions_of (RwBrain *self, RwBrainClient *client,
                               RwRoles lost, const RwBrainClient *by,
                               const char *reason);
void rw_brain_remember_ended (RwBrainClient *client, const char *session_id);
gboolean rw_brain_ended_lately (const RwBrainClient *client,
                                const char *session_id);

GVariant *rw_brain_client_save (const RwBrainClient *client);
RwBrainClient *rw_brain_client_load (GVariant *state, GError **error);

G_END_DECLS

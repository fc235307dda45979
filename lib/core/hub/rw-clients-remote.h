/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clients-uplink.h"
#include "rw-clients.h"
#include "rw-hub-remote.h"

G_BEGIN_DECLS

/* Operations of other servers on the clients of this one: they answer the
 * requests of RwClientsUplink, take clients over and hand them over. Of
 * RwClients' thread. */

/**
 * RwClientsRecord:
 * @secret: of its token
 * @grants: (nullable)
 *
 * The state of a client that another server needs for it to resume there.
 * Borrowed.
 */
typedef struct {
  const char *secret;
  guint64 attempt;
  const RwGrants *grants;
} RwClientsRecord;

/**
 * RwClientsRestore:
 * @sessions: (element-type utf8): of each its id, producer, consumer and the
 *   home of the other client
 *
 * A client whose home has died, as its record has it. Borrowed.
 */
typedef struct {
  RwHubRecord client;
  guint64 attempt;
  const RwGrants *grants;
  const GPtrArray *sessions;
} RwClientsRestore;

void rw_clients_attach (RwClients *self, const RwClientsUplink *uplink);
void rw_clients_set_degraded (RwClients *self, gboolean degraded,
                              gint64 now_us);

gboolean rw_clients_get_record (RwClients *self, const char *id,
                                RwClientsRecord *record);
void rw_clients_answer_name (RwClients *self, const char *id,
                             gboolean is_reserved, const char *holder,
                             gint64 now_us);
void rw_clients_refuse_resume (RwClients *self, guint64 connection,
                               gint64 now_us);
void rw_clients_restore (RwClients *self, guint64 connection,
                         const RwClientsRestore *what, gint64 now_us);

GVariant *rw_clients_export (RwClients *self, const char *id, guint64 attempt,
                             const char *home, guint64 generation,
                             gint64 now_us);
void rw_clients_import (RwClients *self, guint64 connection, GVariant *state,
                        const char *from, guint64 generation, gint64 now_us);
void rw_clients_evict (RwClients *self, const char *id, const char *why,
                       gint64 now_us);
void rw_clients_deliver (RwClients *self, const char *id,
                         RwSignalMessage *message, gint64 now_us);
void rw_clients_flush (RwClients *self, gint64 now_us);

G_END_DECLS

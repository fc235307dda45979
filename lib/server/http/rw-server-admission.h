/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "rw-grants.h"
#include "rw-server-config.h"
#include "rw-server-metrics.h"

G_BEGIN_DECLS

/**
 * RwServerAdmission:
 *
 * Decides which clients are admitted: by number, address, origin and token.
 * Server's thread.
 */
typedef struct _RwServerAdmission RwServerAdmission;

/** The delay that a client is asked for when the server is full. */
#define RW_SERVER_RETRY_AFTER_S 5

RwServerAdmission *rw_server_admission_new (const RwServerConfig *config,
                                            RwServerMetrics *metrics);
void rw_server_admission_free (RwServerAdmission *self);

gboolean rw_server_admission_load_keys (RwServerAdmission *self,
                                        GError **error);

void rw_server_admission_enter (RwServerAdmission *self, const char *address);
void rw_server_admission_leave (RwServerAdmission *self, const char *address);
void rw_server_admission_clear (RwServerAdmission *self);
guint rw_server_admission_get_max_open (RwServerAdmission *self);
gboolean rw_server_admission_is_full (RwServerAdmission *self);

gboolean rw_server_admission_let_in (RwServerAdmission *self,
                                     SoupServerMessage *msg);
gboolean rw_server_admission_authenticate (RwServerAdmission *self,
                                           SoupServerMessage *msg,
                                           GHashTable *query);
gboolean rw_server_admission_authenticate_metrics (RwServerAdmission *self,
                                                   SoupServerMessage *msg,
                                                   GHashTable *query);
char *rw_server_admission_dup_address (RwServerAdmission *self,
                                       SoupServerMessage *msg);
const RwGrants *rw_server_admission_get_grants (SoupServerMessage *msg);
RwGrants *rw_server_admission_steal_grants (SoupServerMessage *msg);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerAdmission, rw_server_admission_free)

G_END_DECLS

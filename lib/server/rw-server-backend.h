/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-seats.h"
#include "rw-server-config.h"
#include "rw-server-metrics.h"

G_BEGIN_DECLS

/* Where the seats are: in this process alone, or in step with other nodes. */

/**
 * RwServerBackendFuncs: what a backend tells; never from within its calls
 * @output: there may be some
 * @rejoined: connections that it does not know any more are to be closed
 * @changed: its status has
 */
typedef struct {
  void (*output) (gpointer user_data);
  void (*rejoined) (gpointer user_data);
  void (*changed) (gpointer user_data);
} RwServerBackendFuncs;

/**
 * RwServerBackend:
 * @connect: takes the grants, which are nullable
 * @handle: @text is what @message was parsed from
 * @get_seats: (transfer none): to read, until the next turn of the loop
 * @get_now_us: by the clock that the seats go by
 * @knows: (nullable): whether the seats have such a connection, or will; NULL:
 *   always
 * @get_mark: (nullable): how much has been said here; NULL where the seats take
 *   it in at once
 * @has_reached: (nullable): whether the seats have taken that in
 * @get_store: (nullable): NULL: there is none
 *
 * Server's thread. rw-server-state.h says what each call is for.
 */
typedef struct _RwServerBackend RwServerBackend;
struct _RwServerBackend {
  void (*free) (RwServerBackend *self);
  guint64 (*new_connection) (RwServerBackend *self);
  void (*connect) (RwServerBackend *self, guint64 connection, RwGrants *grants);
  void (*disconnect) (RwServerBackend *self, guint64 connection,
                      gboolean goodbye);
  void (*handle) (RwServerBackend *self, guint64 connection,
                  const RwBrainMessage *message, const char *text, gsize len);
  void (*fail) (RwServerBackend *self, guint64 connection, const char *code,
                const char *what, guint retry_after_ms);
  void (*set_quality) (RwServerBackend *self, const char *room_id,
                       const char *peer_id, RwQuality quality);
  gboolean (*pop) (RwServerBackend *self, RwSeatsOutput *output);
  RwSeats *(*get_seats) (RwServerBackend *self);
  gint64 (*get_now_us) (RwServerBackend *self);
  gboolean (*knows) (RwServerBackend *self, guint64 connection);
  guint64 (*get_mark) (RwServerBackend *self);
  gboolean (*has_reached) (RwServerBackend *self, guint64 mark);
  void (*get_store) (RwServerBackend *self, RwServerStore *store);
};

RwServerBackend *rw_server_alone_new (const RwSeatsConfig *config,
                                      GMainContext *context,
                                      const RwServerBackendFuncs *funcs,
                                      gpointer user_data);
RwServerBackend *rw_server_shared_new (const RwServerConfig *config,
                                       const RwSeatsConfig *seats,
                                       GMainContext *context,
                                       const RwServerBackendFuncs *funcs,
                                       gpointer user_data, GError **error);

G_END_DECLS

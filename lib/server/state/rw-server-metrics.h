/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-hub.h"
#include "rw-clients.h"
#include "rw-server-socket.h"

G_BEGIN_DECLS

#define RW_SERVER_STORE_MAX_BUCKETS 16

/**
 * RwServerStore:
 * @given: whether there is one
 * @ready: whether the server has ever joined the other servers
 * @degraded: it is away
 * @server: (nullable): how this one is called among them; borrowed
 * @commands: sent to it
 * @messages_sent: of sessions, to clients of other servers
 * @pending_bytes: of what waits for it, or for other servers
 * @latency_buckets: commands by the time until they were answered, as many as
 *   @n_buckets and one for the rest; not cumulative
 *
 * The store that a server shares with others.
 */
typedef struct {
  gboolean given;
  gboolean ready;
  gboolean degraded;
  gboolean up;
  const char *server;
  guint servers;
  guint64 commands;
  guint64 messages_sent;
  guint64 messages_received;
  gint64 degraded_us;
  gsize pending_bytes;
  guint n_buckets;
  gint64 bucket_us[RW_SERVER_STORE_MAX_BUCKETS];
  guint64 latency_buckets[RW_SERVER_STORE_MAX_BUCKETS + 1];
  gint64 latency_sum_us;
} RwServerStore;

/**
 * RwServerMetrics:
 *
 * The counts of a server. The counts of the parts are filled in
 * when somebody asks.
 */
typedef struct {
  guint connections;
  gsize queued_bytes;
  guint64 ends[RW_SERVER_N_ENDS];
  RwHubCounts hub;
  RwClientsCounts clients;
  RwRoomsCounts rooms;
  RwServerStore store;
  guint64 accepted;
  guint64 refused_full;
  guint64 refused_address;
  guint64 refused_origin;
  guint64 refused_auth;
  guint64 not_waited_for;
  guint64 messages_in;
  guint64 messages_out;
  guint64 messages_bad;
} RwServerMetrics;

char *rw_server_metrics_to_text (const RwServerMetrics *self);

G_END_DECLS

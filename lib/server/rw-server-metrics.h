/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-brain.h"
#include "rw-seats.h"

G_BEGIN_DECLS

/**
 * RwServerMetrics:
 *
 * What a server counts of itself. The counts of the parts are filled in
 * when somebody asks.
 */
typedef struct {
  guint connections;
  RwBrainCounts brain;
  RwSeatsCounts seats;
  RwRoomsCounts rooms;
  guint64 accepted;
  guint64 refused_full;
  guint64 refused_address;
  guint64 refused_origin;
  guint64 refused_auth;
  guint64 messages_in;
  guint64 messages_out;
  guint64 messages_bad;
} RwServerMetrics;

char *rw_server_metrics_to_text (const RwServerMetrics *self);

G_END_DECLS

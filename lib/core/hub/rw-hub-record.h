/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-signal-message.h"

G_BEGIN_DECLS

/**
 * RwHubRecord:
 * @home: (nullable): the server that it is homed at; NULL for this one, "" for
 *   none at the moment
 * @generation: grows whenever its home changes
 * @secret: (nullable): of a local client
 *
 * The facts about a client that other servers need. Borrowed.
 */
typedef struct {
  const char *id;
  const char *home;
  guint64 generation;
  RwRoles roles;
  GRefString *meta;
  const char *name;
  const char *secret;
  gboolean connected;
  gboolean resilient;
  guint n_sessions;
} RwHubRecord;

G_END_DECLS

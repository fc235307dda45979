/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-state-tracker.h"

G_BEGIN_DECLS

/** RwReconnectEventType: what an RwReconnect has decided. */
typedef enum {
  RW_RECONNECT_EVENT_ATTEMPT, /* begin @generation */
  RW_RECONNECT_EVENT_ABANDON, /* tear @generation down */
  RW_RECONNECT_EVENT_STATE_CHANGED,
  RW_RECONNECT_EVENT_RETRYING,
} RwReconnectEventType;

typedef struct {
  RwReconnectEventType type;
  guint64 generation;
  RwStateInfo info;
} RwReconnectEvent;

/** RwReconnectEvents: a queue of them, oldest first. Caller-owned, pure. */
typedef struct {
  GQueue queue;
} RwReconnectEvents;

void rw_reconnect_events_init (RwReconnectEvents *self);
void rw_reconnect_events_clear (RwReconnectEvents *self);

/** rw_reconnect_events_push: @info is copied; NULL for a generation's event. */
void rw_reconnect_events_push (RwReconnectEvents *self,
                               RwReconnectEventType type, guint64 generation,
                               const RwStateInfo *info);

/** rw_reconnect_events_push_abandon: an attempt whose own event is still in the
 * queue is only taken out of it. */
void rw_reconnect_events_push_abandon (RwReconnectEvents *self,
                                       guint64 generation);

gboolean rw_reconnect_events_pop (RwReconnectEvents *self,
                                  RwReconnectEvent *event);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwFloor:
 *
 * The right to talk in a room: at most one member has it at a time; the others
 * wait in a queue, by priority and then by the time of the request. Pure: names
 * and times come as arguments, events are queued until they are popped. Of one
 * thread.
 */
typedef struct _RwFloor RwFloor;

/**
 * RwFloorConfig:
 * @max_hold_us: after which the floor is taken back, 0 for never
 * @grace_us: how long a holder that lost its connection keeps the floor, 0 for
 *   not at all
 * @max_queue: how many may wait
 */
typedef struct {
  gint64 max_hold_us;
  gint64 grace_us;
  guint max_queue;
} RwFloorConfig;

/**
 * RwFloorEventType:
 * @RW_FLOOR_GRANTED: @id has the floor, for @remaining_us (0: no limit)
 * @RW_FLOOR_QUEUED: @id waits, at @position from 1
 * @RW_FLOOR_DENIED: @id gets nothing; it does not wait
 * @RW_FLOOR_RELEASED: @id had the floor; @reason is "released", "time",
 *   "lost" or "left"
 */
typedef enum {
  RW_FLOOR_GRANTED,
  RW_FLOOR_QUEUED,
  RW_FLOOR_DENIED,
  RW_FLOOR_RELEASED,
} RwFloorEventType;

/**
 * RwFloorEvent:
 * @again: granted: @id has had it already
 * @waited_us: granted: how long it was in the queue
 */
typedef struct {
  RwFloorEventType type;
  char *id;
  guint position;
  gboolean again;
  gint64 remaining_us;
  gint64 waited_us;
  const char *reason;
} RwFloorEvent;

RwFloor *rw_floor_new (const RwFloorConfig *config);
void rw_floor_free (RwFloor *self);

void rw_floor_request (RwFloor *self, const char *id, guint priority,
                       gboolean may_wait, gint64 now_us);
void rw_floor_release (RwFloor *self, const char *id, gint64 now_us);
void rw_floor_set_away (RwFloor *self, const char *id, gboolean away,
                        gint64 now_us);
void rw_floor_remove (RwFloor *self, const char *id, gint64 now_us);

gint64 rw_floor_get_wake_us (const RwFloor *self);
void rw_floor_wake (RwFloor *self, gint64 now_us);

const char *rw_floor_get_holder (const RwFloor *self);
gboolean rw_floor_pop (RwFloor *self, RwFloorEvent *event);
void rw_floor_event_clear (RwFloorEvent *event);

GVariant *rw_floor_save (const RwFloor *self);
RwFloor *rw_floor_load (const RwFloorConfig *config, GVariant *state,
                        GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwFloor, rw_floor_free)

G_END_DECLS

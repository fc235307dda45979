/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-signal-message.h"

G_BEGIN_DECLS

/**
 * RwHubRoomHistory:
 *
 * The last messages of a room: their sequence numbers have no holes and end
 * with the room's last one. Pure: time comes as an argument. Of one thread, and
 * of one RwHubRoom.
 */
typedef struct _RwHubRoomHistory RwHubRoomHistory;

/** RwHubRoomHistoryLimits: the size of a history; @max_age_us: of a message */
typedef struct {
  guint max_messages;
  gsize max_bytes;
  gint64 max_age_us;
} RwHubRoomHistoryLimits;

RwHubRoomHistory *rw_hub_room_history_new (void);
void rw_hub_room_history_free (RwHubRoomHistory *self);

/** rw_hub_room_history_get_last: the room's last sequence number; 0: none yet.
 */
guint64 rw_hub_room_history_get_last (const RwHubRoomHistory *self);

/** rw_hub_room_history_get_first: the first that is kept; after the last: none.
 */
guint64 rw_hub_room_history_get_first (const RwHubRoomHistory *self);
gsize rw_hub_room_history_get_bytes (const RwHubRoomHistory *self);

/** rw_hub_room_history_get_missed_us: since when a member that has all up to
 * @sequence has missed something, as far as the history shows; else @now_us. */
gint64 rw_hub_room_history_get_missed_us (const RwHubRoomHistory *self,
                                          guint64 sequence, gint64 now_us);

/** rw_hub_room_history_add: @message has the next sequence number. */
void rw_hub_room_history_add (RwHubRoomHistory *self, RwSignalMessage *message,
                              gint64 now_us);

/** rw_hub_room_history_exceeds: whether the oldest message is to go. */
gboolean rw_hub_room_history_exceeds (const RwHubRoomHistory *self,
                                      const RwHubRoomHistoryLimits *limits,
                                      gint64 now_us);

/** rw_hub_room_history_pop: (transfer full) (nullable): the oldest message */
RwSignalMessage *rw_hub_room_history_pop (RwHubRoomHistory *self);

/** rw_hub_room_history_cut: only @first to @last stay, and @last is the last.
 */
void rw_hub_room_history_cut (RwHubRoomHistory *self, guint64 first,
                              guint64 last);

/** RwHubRoomHistoryFunc: FALSE to stop */
typedef gboolean (*RwHubRoomHistoryFunc) (RwSignalMessage *message,
                                          gpointer user_data);

/** rw_hub_room_history_foreach: from @sequence, which is kept or the next, on.
 */
void rw_hub_room_history_foreach (const RwHubRoomHistory *self,
                                  guint64 sequence, RwHubRoomHistoryFunc func,
                                  gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwHubRoomHistory, rw_hub_room_history_free)

G_END_DECLS

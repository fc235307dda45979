/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-hub-room.h"

G_BEGIN_DECLS

/**
 * RwHubRoomFeed:
 *
 * Sends the messages of rooms to their members: each once, in order, as fast as
 * the member takes them. A member that is not at the end of its room is away,
 * or is behind (the next messages are due with the clock), or has more unread
 * than it may have (the next are due when it has acknowledged some). The feed
 * keeps the histories within their limits.
 *
 * Pure: time comes as an argument. Of one thread.
 */
typedef struct _RwHubRoomFeed RwHubRoomFeed;

/**
 * RwHubRoomFeedConfig:
 * @limits: of each history
 * @max_total_bytes: of all histories together, 0 for no limit
 * @may_send: (nullable): whether a member has space for one more message of a
 *   room; it is then sent. After a refusal rw_hub_room_feed_go_on() is called
 *   when it has
 */
typedef struct {
  RwHubRoomHistoryLimits limits;
  gsize max_total_bytes;
  gboolean (*may_send) (const char *id, const RwSignalMessage *message,
                        gpointer user_data);
  gpointer user_data;
} RwHubRoomFeedConfig;

RwHubRoomFeed *rw_hub_room_feed_new (const RwHubRoomFeedConfig *config);
void rw_hub_room_feed_free (RwHubRoomFeed *self);

/** rw_hub_room_feed_add: the next message of @room. */
void rw_hub_room_feed_add (RwHubRoomFeed *self, RwHubRoom *room,
                           RwSignalMessage *message, gint64 now_us);

/** rw_hub_room_feed_cut: as rw_hub_room_history_cut(). */
void rw_hub_room_feed_cut (RwHubRoomFeed *self, RwHubRoom *room, guint64 first,
                           guint64 last);

/** rw_hub_room_feed_is_over_total: whether the largest history is to be
 * shortened, with rw_hub_room_feed_drop_oldest(). */
gboolean rw_hub_room_feed_is_over_total (const RwHubRoomFeed *self);
void rw_hub_room_feed_drop_oldest (RwHubRoomFeed *self, RwHubRoom *room);

/** rw_hub_room_feed_forget: @room is about to be freed. */
void rw_hub_room_feed_forget (RwHubRoomFeed *self, RwHubRoom *room);

/** rw_hub_room_feed_forget_member: it is about to be freed, or is away. */
void rw_hub_room_feed_forget_member (RwHubRoomFeed *self,
                                     RwHubRoomMember *member);

/** rw_hub_room_feed_return: @member was away: it is sent how long that was, and
 * what it missed. */
void rw_hub_room_feed_return (RwHubRoomFeed *self, RwHubRoomMember *member,
                              gint64 now_us);

/** rw_hub_room_feed_go_on: @member has space for more messages. */
void rw_hub_room_feed_go_on (RwHubRoomFeed *self, RwHubRoomMember *member,
                             gint64 now_us);

/** rw_hub_room_feed_note_gap: messages of @room are lost. */
void rw_hub_room_feed_note_gap (RwHubRoomFeed *self, RwHubRoom *room,
                                gint64 now_us);

gint64 rw_hub_room_feed_get_wake_us (const RwHubRoomFeed *self);
void rw_hub_room_feed_wake (RwHubRoomFeed *self, gint64 now_us);

/** rw_hub_room_feed_get_caught_up: messages that were sent after their time;
 * @lost: (out): messages that were not kept long enough */
guint64 rw_hub_room_feed_get_caught_up (const RwHubRoomFeed *self,
                                        guint64 *lost);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwHubRoomFeed, rw_hub_room_feed_free)

G_END_DECLS

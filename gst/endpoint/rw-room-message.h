/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * The structures that an element in a room posts on the bus. Pure builders, as
 * in rw-bus-message.h; see docs/messages.md for every field.
 */

#define RW_BUS_MESSAGE_ROOM  "resilient-webrtc-room"
#define RW_BUS_MESSAGE_DATA  "resilient-webrtc-room-message"
#define RW_BUS_MESSAGE_FLOOR "resilient-webrtc-floor"
#define RW_BUS_MESSAGE_LEVEL "resilient-webrtc-level"

/* An event of a room. Strings may be NULL, except @room and @event. */
typedef struct {
  const char *room;
  const char *event; /* "joined", "member-joined", "member-left", "returned" */
  const char *peer_id;
  const char *name;
  guint members;
  guint64 missed;
  guint64 lost;
  guint64 outage_ns;
} RwRoomReport;

GstStructure *rw_room_message_new_room (const RwRoomReport *report);

/* An event of the floor. Strings may be NULL, except @room and @event. */
typedef struct {
  const char *room;
  const char *event; /* "granted", "queued", "denied", "taken", "released" */
  const char *peer_id;
  const char *name;
  guint position;
  guint64 remaining_ns;
  const char *reason;
} RwFloorReport;

GstStructure *rw_room_message_new_floor (const RwFloorReport *report);

/* How loud a member is, in dB of full scale. Strings may be NULL. */
typedef struct {
  const char *room;
  const char *name;
  const char *stream;
  gboolean is_self;
  gdouble peak_db;
  gdouble rms_db;
} RwLevelReport;

GstStructure *rw_room_message_new_level (const RwLevelReport *report);

/* A member has published @data, JSON. */
GstStructure *rw_room_message_new_data (const char *room, guint64 sequence,
                                        const char *peer_id, const char *name,
                                        const char *data);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-sink-settings.h"

G_BEGIN_DECLS

/*
 * RwRoomSettings: the properties that resilientwebrtcroom has beside those of
 * GstResilientWebrtcBin: all of the sink's, which the sender in it keeps, and
 * its own. A plain struct; its owner locks.
 */

/* Property ids of GstResilientWebrtcRoom; below are those of the sink. */
enum {
  RW_ROOM_PROP_MEMBER = RW_SINK_N_PROPS,
  RW_ROOM_PROP_LATENCY,
  RW_ROOM_PROP_DUCKING,
  RW_ROOM_PROP_LEVEL_INTERVAL,
  RW_ROOM_PROP_MEMBERS,
  RW_ROOM_N_PROPS
};

typedef struct {
  char *member;      /* never NULL */
  char *stream_name; /* NULL: one of its own */
  char *own_name;    /* for one of its own: what no other element has */
  guint latency_ms;
} RwRoomSettings;

void rw_room_settings_install (GObjectClass *klass);

void rw_room_settings_init (RwRoomSettings *self);
void rw_room_settings_clear (RwRoomSettings *self);

/* Whether the sender in the element has the property. */
gboolean rw_room_settings_is_of_sender (guint id);

/* FALSE where @id is none that is kept here. */
gboolean rw_room_settings_set (RwRoomSettings *self, guint id,
                               const GValue *value);
gboolean rw_room_settings_get (const RwRoomSettings *self, guint id,
                               GValue *value);

/* (transfer full): the name under which this member is produced. */
char *rw_room_settings_dup_stream (const RwRoomSettings *self);

G_END_DECLS

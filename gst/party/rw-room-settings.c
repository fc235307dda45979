/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-room-settings.h"

/* See the header. */

/* Wireless networks hold a packet back for so long. */
#define DEFAULT_LATENCY_MS 60

#define DEFAULT_DUCKING_DB 12.0
#define MAX_DUCKING_DB     60.0

static void
declare_own_properties (GParamSpec **specs)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  specs[RW_SINK_PROP_STREAM_NAME] = g_param_spec_string (
      "stream-name", "Stream name",
      "Name by which consumers find what this member sends; its name and a "
      "random number by default",
      NULL, flags | GST_PARAM_MUTABLE_READY);
  specs[RW_ROOM_PROP_MEMBER] = g_param_spec_string (
      "member", "Member",
      "Name of this member in the room; the host's name by default", NULL,
      flags | GST_PARAM_MUTABLE_READY);
  specs[RW_ROOM_PROP_LATENCY] = g_param_spec_uint (
      "latency", "Latency",
      "Longest time in ms that the mix waits for a member's frame; what comes "
      "later is left out",
      0, 10000, DEFAULT_LATENCY_MS, flags | GST_PARAM_MUTABLE_PLAYING);
  specs[RW_ROOM_PROP_DUCKING] = g_param_spec_double (
      "ducking", "Ducking",
      "By how many dB a member is lowered while one with a higher priority "
      "talks",
      0.0, MAX_DUCKING_DB, DEFAULT_DUCKING_DB,
      flags | GST_PARAM_MUTABLE_PLAYING);
  specs[RW_ROOM_PROP_LEVEL_INTERVAL] = g_param_spec_uint (
      "level-interval", "Level interval",
      "Time in ms between two messages about a member's level (0 = none)", 0,
      60000, 0, flags | GST_PARAM_MUTABLE_PLAYING);
  specs[RW_ROOM_PROP_MEMBERS] = gst_param_spec_array (
      "members", "Members", "Members of the room, and which of them are on air",
      g_param_spec_boxed ("member", "Member", "See docs/properties.md",
                          GST_TYPE_STRUCTURE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS),
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

void
rw_room_settings_install (GObjectClass *klass)
{
  GParamSpec *specs[RW_ROOM_N_PROPS] = {NULL};

  rw_sink_declare_properties (specs);
  g_clear_pointer (&specs[RW_SINK_PROP_STREAM_NAME], g_param_spec_sink);
  declare_own_properties (specs);
  for (guint id = 1; id < RW_ROOM_N_PROPS; id++)
    g_object_class_install_property (klass, id, specs[id]);
}

void
rw_room_settings_init (RwRoomSettings *self)
{
  g_autofree char *uuid = g_uuid_string_random ();

  *self = (RwRoomSettings){
      .member = g_strdup (g_get_host_name ()),
      .own_name = g_strndup (uuid, 8),
      .latency_ms = DEFAULT_LATENCY_MS,
  };
}

void
rw_room_settings_clear (RwRoomSettings *self)
{
  g_free (self->member);
  g_free (self->stream_name);
  g_free (self->own_name);
}

gboolean
rw_room_settings_is_of_sender (guint id)
{
  return id < RW_SINK_N_PROPS && id != RW_SINK_PROP_STREAM_NAME;
}

/* An empty name stands for none. */
static char *
dup_name (const GValue *value)
{
  const char *name = g_value_get_string (value);

  return name != NULL && *name != '\0' ? g_strdup (name) : NULL;
}

gboolean
rw_room_settings_set (RwRoomSettings *self, guint id, const GValue *value)
{
  switch (id) {
  case RW_SINK_PROP_STREAM_NAME:
    g_free (self->stream_name);
    self->stream_name = dup_name (value);
    return TRUE;
  case RW_ROOM_PROP_MEMBER:
    g_free (self->member);
    self->member = dup_name (value);
    if (self->member == NULL)
      self->member = g_strdup (g_get_host_name ());
    return TRUE;
  case RW_ROOM_PROP_LATENCY:
    self->latency_ms = g_value_get_uint (value);
    return TRUE;
  default:
    return FALSE;
  }
}

gboolean
rw_room_settings_get (const RwRoomSettings *self, guint id, GValue *value)
{
  switch (id) {
  case RW_SINK_PROP_STREAM_NAME:
    g_value_set_string (value, self->stream_name);
    return TRUE;
  case RW_ROOM_PROP_MEMBER:
    g_value_set_string (value, self->member);
    return TRUE;
  case RW_ROOM_PROP_LATENCY:
    g_value_set_uint (value, self->latency_ms);
    return TRUE;
  default:
    return FALSE;
  }
}

char *
rw_room_settings_dup_stream (const RwRoomSettings *self)
{
  return self->stream_name != NULL
             ? g_strdup (self->stream_name)
             : g_strdup_printf ("%s-%s", self->member, self->own_name);
}

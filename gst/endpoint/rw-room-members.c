/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-room-members.h"

#include <json-glib/json-glib.h>

#include "rw-json-print.h"
#include "rw-signal-message.h"

struct _RwRoomMembers {
  GMutex lock;
  GPtrArray *members; /* RwRoomMember, as they came */
  char *own_id;
  char *holder;
};

static void
member_free (gpointer data)
{
  RwRoomMember *member = data;

  g_free (member->id);
  g_free (member->name);
  g_free (member->stream);
  g_free (member->meta);
  g_free (member);
}

RwRoomMembers *
rw_room_members_new (void)
{
  RwRoomMembers *self = g_new0 (RwRoomMembers, 1);

  g_mutex_init (&self->lock);
  self->members = g_ptr_array_new_with_free_func (member_free);
  return self;
}

void
rw_room_members_free (RwRoomMembers *self)
{
  g_ptr_array_unref (self->members);
  g_mutex_clear (&self->lock);
  g_free (self->own_id);
  g_free (self->holder);
  g_free (self);
}

void
rw_room_members_clear (RwRoomMembers *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_ptr_array_set_size (self->members, 0);
  g_clear_pointer (&self->holder, g_free);
}

void
rw_room_members_set_own_id (RwRoomMembers *self, const char *id)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_free (self->own_id);
  self->own_id = g_strdup (id);
}

static char *
dup_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);
  const char *text;

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  text = json_node_get_string (node);
  return *text != '\0' ? g_strdup (text) : NULL;
}

static guint
get_priority (JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "priority");

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_INT64)
    return 0;
  return (guint) CLAMP (json_node_get_int (node), 0, RW_SIGNAL_MAX_PRIORITY);
}

static RwRoomMember *
member_new (const char *id, const char *meta)
{
  RwRoomMember *member = g_new0 (RwRoomMember, 1);
  g_autoptr (JsonNode) node = meta ? json_from_string (meta, NULL) : NULL;
  g_autofree char *floor = NULL;

  member->id = g_strdup (id);
  member->meta = g_strdup (meta);
  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node)) {
    member->name = dup_text (json_node_get_object (node), "name");
    member->stream = dup_text (json_node_get_object (node), "stream");
    floor = dup_text (json_node_get_object (node), "floor");
    member->requests_floor = g_strcmp0 (floor, "request") == 0;
    member->priority = get_priority (json_node_get_object (node));
  }
  if (member->name == NULL)
    member->name = g_strdup (id);
  return member;
}

static gboolean
find_index (RwRoomMembers *self, const char *id, guint *index)
{
  for (guint i = 0; i < self->members->len; i++) {
    RwRoomMember *member = g_ptr_array_index (self->members, i);

    if (!g_str_equal (member->id, id))
      continue;
    *index = i;
    return TRUE;
  }
  return FALSE;
}

void
rw_room_members_put (RwRoomMembers *self, const char *id, const char *meta)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  guint index;

  if (find_index (self, id, &index))
    g_ptr_array_remove_index (self->members, index);
  g_ptr_array_add (self->members, member_new (id, meta));
}

void
rw_room_members_remove (RwRoomMembers *self, const char *id)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  guint index;

  if (find_index (self, id, &index))
    g_ptr_array_remove_index (self->members, index);
}

void
rw_room_members_set_holder (RwRoomMembers *self, const char *id)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  char *holder = g_strdup (id);

  g_free (self->holder);
  self->holder = holder;
}

const char *
rw_room_members_get_own_id (RwRoomMembers *self)
{
  return self->own_id;
}

const char *
rw_room_members_get_holder (RwRoomMembers *self)
{
  return self->holder;
}

const RwRoomMember *
rw_room_members_find (RwRoomMembers *self, const char *id)
{
  guint index;

  if (id == NULL || !find_index (self, id, &index))
    return NULL;
  return g_ptr_array_index (self->members, index);
}

const char *
rw_room_members_name (RwRoomMembers *self, const char *id)
{
  const RwRoomMember *member = rw_room_members_find (self, id);

  return member ? member->name : id;
}

GPtrArray *
rw_room_members_list (RwRoomMembers *self)
{
  return self->members;
}

guint
rw_room_members_get_size (RwRoomMembers *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->members->len;
}

static GstStructure *
describe (RwRoomMembers *self, const RwRoomMember *member)
{
  /* clang-format off */
  return gst_structure_new ("member",
      "peer-id", G_TYPE_STRING, member->id,
      "name", G_TYPE_STRING, member->name,
      "stream", G_TYPE_STRING, member->stream,
      "priority", G_TYPE_UINT, member->priority,
      "meta", G_TYPE_STRING, member->meta,
      "self", G_TYPE_BOOLEAN, g_strcmp0 (member->id, self->own_id) == 0,
      "on-air", G_TYPE_BOOLEAN, g_strcmp0 (member->id, self->holder) == 0,
      NULL);
  /* clang-format on */
}

void
rw_room_members_fill (RwRoomMembers *self, GValue *value)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  for (guint i = 0; i < self->members->len; i++) {
    GValue item = G_VALUE_INIT;

    g_value_init (&item, GST_TYPE_STRUCTURE);
    g_value_take_boxed (&item,
                        describe (self, g_ptr_array_index (self->members, i)));
    gst_value_array_append_and_take_value (value, &item);
  }
}

gboolean
rw_room_members_read (RwRoomMembers *self, const char *id, const char *data)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autoptr (JsonNode) node = json_from_string (data, NULL);
  RwRoomMember *member;
  guint former, index;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node) ||
      !json_object_has_member (json_node_get_object (node), "priority") ||
      !find_index (self, id, &index))
    return FALSE;
  member = g_ptr_array_index (self->members, index);
  former = member->priority;
  member->priority = get_priority (json_node_get_object (node));
  return member->priority != former;
}

static void
print_priority (GString *text, guint priority)
{
  rw_json_print_name (text, "priority");
  g_string_append_printf (text, "%u", priority);
}

char *
rw_room_members_new_priority (guint priority)
{
  GString *text = g_string_new ("{");

  print_priority (text, priority);
  g_string_append_c (text, '}');
  return g_string_free (text, FALSE);
}

char *
rw_room_members_new_meta (const RwRoomMember *member)
{
  GString *text = g_string_new ("{");

  rw_json_print_name (text, "name");
  rw_json_print_string (text, member->name);
  if (member->stream != NULL) {
    rw_json_print_name (text, "stream");
    rw_json_print_string (text, member->stream);
    rw_json_print_name (text, "floor");
    rw_json_print_string (text, member->requests_floor ? "request" : "open");
  }
  if (member->priority != 0)
    print_priority (text, member->priority);
  g_string_append_c (text, '}');
  return g_string_free (text, FALSE);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-cluster-floor.h"

#define EVENTS_TYPE "a(uubxxus)"

struct _RwClusterFloor {
  RwClusterStore *store;
  RwRooms *rooms;
  char *room_id;
  char *me;
  char *arbiter;
  guint n_pending; /* answers */
  gboolean is_seeking;
  RwFloor *floor; /* NULL: this server is not the arbiter */
  guint64 term;
  RwEntryId at;    /* the last entry that it has */
  GVariant *saved; /* as it was saved last */
};

static const char *const reasons[] = {"released", "time", "lost", "left"};

static void
drop_floor (RwClusterFloor *self)
{
  g_clear_pointer (&self->floor, rw_floor_free);
  g_clear_pointer (&self->saved, g_variant_unref);
}

/* --- Saving --- */

static guint
find_reason (const char *text)
{
  guint reason = 0;

  while (text != NULL && reason + 1 < G_N_ELEMENTS (reasons) &&
         !g_str_equal (reasons[reason], text))
    reason++;
  return reason;
}

/* (transfer full) */
static GVariant *
save_events (RwClusterFloor *self)
{
  GVariantBuilder builder;
  RwFloorEvent event;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (EVENTS_TYPE));
  while (rw_floor_pop (self->floor, &event)) {
    g_variant_builder_add (&builder, "(uubxxus)", (guint) event.type,
                           event.position, event.again, event.remaining_us,
                           event.waited_us, find_reason (event.reason),
                           event.id);
    rw_floor_event_clear (&event);
  }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

typedef struct {
  RwClusterFloor *owner;
  guint64 term;
} Save;

static void
on_saved (const redisReply *reply, const GError *error, gpointer user_data)
{
  g_autofree Save *what = user_data;
  RwClusterFloor *self = what->owner;

  self->n_pending--;
  if (g_strcmp0 (rw_reply_get_text (reply, 0), "no") == 0 &&
      what->term == self->term)
    drop_floor (self);
}

/* Scripts of the floor do not begin an epoch. */
static RwCommand *
new_args (RwClusterFloor *self)
{
  return rw_command_new (self->room_id, "", "0", NULL);
}

static void
save (RwClusterFloor *self)
{
  g_autoptr (GVariant) events = save_events (self);
  g_autoptr (GVariant) state = g_variant_ref_sink (rw_floor_save (self->floor));
  g_autofree char *at = NULL;
  RwCommand *args;
  Save *what;

  if (g_variant_n_children (events) == 0 && self->saved != NULL &&
      g_variant_equal (state, self->saved))
    return;

  at = rw_entry_id_print (&self->at);
  args = new_args (self);
  rw_command_add_number (args, self->term);
  rw_command_add_variant (args, state);
  rw_command_add (args, at);
  rw_command_add (args, rw_floor_get_holder (self->floor));
  rw_command_add_variant (args, events);
  g_clear_pointer (&self->saved, g_variant_unref);
  self->saved = g_steal_pointer (&state);
  self->n_pending++;
  what = g_new (Save, 1);
  *what = (Save){self, self->term};
  rw_cluster_store_call (self->store, RW_SCRIPT_ROOM_FLOOR, args, on_saved,
                         what);
}

/* --- Entries --- */

static void
follow (RwClusterFloor *self, const RwEntryId *at, const redisReply *entry)
{
  const char *kind = rw_fields_get_id (entry, "kind");
  const char *id = rw_fields_get_id (entry, "id");
  guint64 priority = rw_fields_get_number (entry, "priority");
  gint64 now_us = g_get_real_time ();

  if (rw_entry_id_compare (at, &self->at) <= 0)
    return;

  self->at = *at;
  if (kind == NULL || id == NULL)
    return;
  if (g_str_equal (kind, "request"))
    rw_floor_request (self->floor, id, (guint) MIN (priority, G_MAXUINT),
                      rw_fields_get_number (entry, "no-wait") == 0, now_us);
  else if (g_str_equal (kind, "release"))
    rw_floor_release (self->floor, id, now_us);
  else if (g_str_equal (kind, "left"))
    rw_floor_remove (self->floor, id, now_us);
  else if (g_str_equal (kind, "away"))
    rw_floor_set_away (self->floor, id, TRUE, now_us);
  else if (g_str_equal (kind, "back") || g_str_equal (kind, "joined"))
    rw_floor_set_away (self->floor, id, FALSE, now_us);
}

static void
pass_events_on (RwClusterFloor *self, GVariant *events)
{
  RwFloorEvent event = {0};
  GVariantIter iter;
  guint32 type;
  guint32 reason;

  g_variant_iter_init (&iter, events);
  while (g_variant_iter_next (&iter, "(uubxxus)", &type, &event.position,
                              &event.again, &event.remaining_us,
                              &event.waited_us, &reason, &event.id)) {
    if (type <= RW_FLOOR_RELEASED && reason < G_N_ELEMENTS (reasons) &&
        event.remaining_us >= 0) {
      event.type = (RwFloorEventType) type;
      event.reason = reasons[reason];
      rw_rooms_mirror_floor (self->rooms, self->room_id, &event);
    }
    g_free (event.id);
  }
}

/** rw_cluster_floor_take: the entry @at of the room, of any kind. */
void
rw_cluster_floor_take (RwClusterFloor *self, const RwEntryId *at,
                       const redisReply *entry)
{
  const char *kind = rw_fields_get_id (entry, "kind");
  g_autoptr (GVariant) events =
      rw_fields_get_variant (entry, "events", EVENTS_TYPE);

  if (g_strcmp0 (kind, "arbiter") == 0 &&
      (self->floor == NULL || rw_entry_id_compare (at, &self->at) > 0))
    rw_cluster_floor_set_arbiter (self, rw_fields_get_id (entry, "arbiter"));
  if (g_strcmp0 (kind, "floor") == 0) {
    rw_rooms_mirror_holder (self->rooms, self->room_id,
                            rw_fields_get_id (entry, "holder"));
    if (events != NULL)
      pass_events_on (self, events);
  }
  if (self->floor == NULL)
    return;

  follow (self, at, entry);
  save (self);
}

/** rw_cluster_floor_get_wake_us: on the wall clock; G_MAXINT64 for never. */
gint64
rw_cluster_floor_get_wake_us (const RwClusterFloor *self)
{
  return self->floor != NULL ? rw_floor_get_wake_us (self->floor) : G_MAXINT64;
}

/** rw_cluster_floor_wake: does all that is due by now. */
void
rw_cluster_floor_wake (RwClusterFloor *self)
{
  if (self->floor == NULL)
    return;

  rw_floor_wake (self->floor, g_get_real_time ());
  save (self);
}

/* --- Terms --- */

static void
load (RwClusterFloor *self, const redisReply *reply)
{
  RwFloorConfig config = rw_rooms_get_floor_config (self->rooms, self->room_id);
  g_autoptr (GVariant) state = rw_reply_get_variant (reply, 2, "a{sv}");
  const redisReply *entries = rw_reply_get (reply, 4);
  RwEntryId at;

  drop_floor (self);
  self->term = rw_reply_get_number (reply, 1);
  self->floor = state != NULL ? rw_floor_load (&config, state, NULL) : NULL;
  if (self->floor == NULL)
    self->floor = rw_floor_new (&config);
  if (!rw_entry_id_parse (&self->at, rw_reply_get_text (reply, 3)))
    self->at = (RwEntryId){0, 0};
  for (gsize i = 0; i < rw_reply_get_length (entries); i++) {
    const redisReply *entry = rw_reply_get (entries, i);

    if (rw_entry_id_parse (&at, rw_reply_get_text (entry, 0)))
      follow (self, &at, rw_reply_get (entry, 1));
  }
  save (self);
}

static void
on_answer (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwClusterFloor *self = user_data;

  self->n_pending--;
  self->is_seeking = FALSE;
  if (self->arbiter == NULL ||
      g_strcmp0 (rw_reply_get_text (reply, 0), "ok") != 0)
    return;

  g_free (self->arbiter);
  self->arbiter = g_strdup (self->me);
  load (self, reply);
}

/** rw_cluster_floor_begin_term: this server becomes the arbiter, unless another
 * one lives. It continues from the saved floor, in which the members on dead
 * servers are away. */
void
rw_cluster_floor_begin_term (RwClusterFloor *self)
{
  g_autoptr (RwCommand) args = new_args (self);

  if (self->is_seeking || self->arbiter == NULL)
    return;

  rw_command_add (args, self->arbiter);
  rw_command_add (args, self->me);
  self->is_seeking = rw_cluster_store_run (
      self->store, RW_SCRIPT_ROOM_ARBITRATE, args, on_answer, self);
  self->n_pending += self->is_seeking ? 1 : 0;
}

/** rw_cluster_floor_end_term: the room is not read here any more. */
void
rw_cluster_floor_end_term (RwClusterFloor *self)
{
  g_autoptr (RwCommand) args = new_args (self);

  if (self->floor != NULL) {
    rw_command_add (args, self->me);
    rw_command_add (args, "");
    rw_cluster_store_run (self->store, RW_SCRIPT_ROOM_ARBITRATE, args, NULL,
                          NULL);
  }
  drop_floor (self);
  g_clear_pointer (&self->arbiter, g_free);
}

/** rw_cluster_floor_set_arbiter: as the room's record or an entry has it. "" or
 * NULL: there is none; this server, without a floor: its answer was lost */
void
rw_cluster_floor_set_arbiter (RwClusterFloor *self, const char *arbiter)
{
  gboolean is_free = arbiter == NULL || *arbiter == '\0';

  g_free (self->arbiter);
  self->arbiter = g_strdup (is_free ? "" : arbiter);
  if (!g_str_equal (self->arbiter, self->me))
    drop_floor (self);
  else
    is_free = self->floor == NULL;
  if (is_free)
    rw_cluster_floor_begin_term (self);
}

/** rw_cluster_floor_lose: @server has died. */
void
rw_cluster_floor_lose (RwClusterFloor *self, const char *server)
{
  if (self->floor != NULL || g_strcmp0 (self->arbiter, server) == 0)
    rw_cluster_floor_begin_term (self);
}

/* --- Life --- */

/** rw_cluster_floor_is_pending: an answer is to come. */
gboolean
rw_cluster_floor_is_pending (const RwClusterFloor *self)
{
  return self->n_pending > 0;
}

/** rw_cluster_floor_new: of a room on the server @me. */
RwClusterFloor *
rw_cluster_floor_new (RwClusterStore *store, RwRooms *rooms,
                      const char *room_id, const char *me)
{
  RwClusterFloor *self = g_new0 (RwClusterFloor, 1);

  self->store = store;
  self->rooms = rooms;
  self->room_id = g_strdup (room_id);
  self->me = g_strdup (me);
  return self;
}

/** rw_cluster_floor_free: no answer is pending. NULL is fine. */
void
rw_cluster_floor_free (RwClusterFloor *self)
{
  if (self == NULL)
    return;

  drop_floor (self);
  g_free (self->arbiter);
  g_free (self->room_id);
  g_free (self->me);
  g_free (self);
}

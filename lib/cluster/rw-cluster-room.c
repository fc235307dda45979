/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-cluster-room.h"

#include "rw-cluster-floor.h"
#include "rw-cluster-joins.h"
#include "rw-cluster-members.h"
#include "rw-entry-id.h"

/* Redis keeps more than the history of a room: what a server that was cut off
 * for a while writes at once must still be there when others read it. */
#define MARGIN 10000

/* In which each server has written its members in a new epoch. */
#define NEW_EPOCH_US (5 * G_USEC_PER_SEC)

/* How often at most, and how seldom at most, a room is renewed. */
#define RENEW_MIN_US (1 * G_USEC_PER_SEC)
#define RENEW_MAX_US (G_TIME_SPAN_HOUR)

struct _RwClusterRoom {
  const RwClusterRoomsConfig *config;
  RwRooms *rooms;
  char *id;
  char *key;       /* of its stream */
  guint n_pending; /* answers */
  RwClusterJoins *joins;
  gboolean is_open;     /* there is a mirror */
  gboolean is_outdated; /* it is to be renewed */
  gboolean is_torn;     /* entries that were not read are gone */
  gboolean is_renewing;
  gint64 renewed_us;
  char *epoch;
  gint64 epoch_us; /* when that was read first */
  RwEntryId read;  /* the last entry */
  RwClusterMembers *members;
  GHashTable *numbers; /* server -> guint64 *: of its last message read */
  RwClusterFloor *floor;
};

typedef struct {
  RwClusterRoom *room;
  RwScript script;
  char *member; /* of a join */
  guint64 number;
} Operation;

static gboolean
is_joining (const char *id, gpointer user_data)
{
  return rw_cluster_joins_is_due (((RwClusterRoom *) user_data)->joins, id);
}

static void
count_local (const char *id, GRefString *meta, gpointer user_data)
{
  ++*(guint *) user_data;
}

static guint
get_n_local (RwClusterRoom *self)
{
  guint n = 0;

  rw_rooms_foreach_local (self->rooms, self->id, count_local, &n);
  return n;
}

/* --- Entries --- */

/* A message that Redis had lost, and whose server has written it again, may
 * have been read before. */
static gboolean
is_repeated (RwClusterRoom *self, const redisReply *fields)
{
  const char *server = rw_fields_get_id (fields, "server");
  guint64 number = rw_fields_get_number (fields, "number");
  const guint64 *last =
      server != NULL ? g_hash_table_lookup (self->numbers, server) : NULL;

  if (server == NULL)
    return FALSE;
  if (last != NULL && number <= *last)
    return TRUE;
  g_hash_table_replace (self->numbers, g_strdup (server),
                        g_memdup2 (&number, sizeof number));
  return FALSE;
}

/* When it was written, on the clock of this process. */
static gint64
get_time_us (const redisReply *fields)
{
  gint64 written_us =
      (gint64) MIN (rw_fields_get_number (fields, "time"), G_MAXINT64 / 1000) *
      1000;
  gint64 ago_us = g_get_real_time () - written_us;

  return g_get_monotonic_time () - CLAMP (ago_us, 0, 24 * G_TIME_SPAN_HOUR);
}

static void
take_message (RwClusterRoom *self, guint64 sequence, const redisReply *fields)
{
  const char *id = rw_fields_get_id (fields, "id");

  if (sequence > rw_rooms_get_last_sequence (self->rooms, self->id))
    rw_rooms_mirror_message (self->rooms, self->id, sequence,
                             id != NULL ? id : "",
                             rw_fields_get_text (fields, "data"),
                             is_repeated (self, fields), get_time_us (fields));
}

static void
take_join (RwClusterRoom *self, const char *id, const char *server,
           const redisReply *fields)
{
  gboolean is_overtaken =
      g_strcmp0 (server, self->config->me) == 0 &&
      !rw_cluster_joins_take (self->joins, id,
                              rw_fields_get_number (fields, "number"));

  rw_cluster_members_join (self->members, id, server,
                           rw_fields_get_text (fields, "meta"), is_overtaken);
}

static void
take_for_mirror (RwClusterRoom *self, const char *kind,
                 const redisReply *fields)
{
  const char *id = rw_fields_get_id (fields, "id");
  const char *server = rw_fields_get_id (fields, "server");

  if (g_str_equal (kind, "message"))
    take_message (self, self->read.sequence, fields);
  else if (g_str_equal (kind, "joined") && id != NULL)
    take_join (self, id, server, fields);
  else if (g_str_equal (kind, "left") && id != NULL)
    rw_cluster_members_leave (self->members, id, server);
}

/* --- Calls --- */

/* Each begins a new epoch where Redis does not have the room. */
static RwCommand *
new_args (RwClusterRoom *self)
{
  g_autofree char *epoch = self->config->new_id (NULL);
  RwCommand *args = rw_command_new (self->id, epoch, NULL);

  rw_command_add_number (args,
                         rw_rooms_get_last_sequence (self->rooms, self->id));
  return args;
}

static void apply (RwClusterRoom *self, const redisReply *record);

static void
take_answer (RwClusterRoom *self, const Operation *operation,
             const redisReply *reply)
{
  const char *epoch = rw_reply_get_text (reply, 1);

  if (operation->script == RW_SCRIPT_ROOM_JOIN && !self->is_open)
    apply (self, reply);
  else if (epoch != NULL && g_strcmp0 (epoch, self->epoch) != 0)
    self->is_outdated = self->is_open;
}

static void
on_answer (const redisReply *reply, const GError *error, gpointer user_data)
{
  g_autofree Operation *operation = user_data;
  g_autofree char *member = operation->member;
  RwClusterRoom *self = operation->room;

  self->n_pending--;
  if (member != NULL)
    rw_cluster_joins_note_answer (self->joins, member, operation->number);
  if (error == NULL) {
    take_answer (self, operation, reply);
    rw_cluster_room_wake (self);
  } else if (g_error_matches (error, RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED)) {
    g_warning ("Room \"%s\": a script failed: %s", self->id, error->message);
    if (member != NULL)
      rw_rooms_mirror_refuse (self->rooms, self->id, member);
  }
}

/* Takes @args. */
static void
call (RwClusterRoom *self, RwScript script, RwCommand *args, const char *member)
{
  Operation *operation = g_new0 (Operation, 1);

  operation->room = self;
  operation->script = script;
  operation->member = g_strdup (member);
  self->n_pending++;
  operation->number = rw_cluster_store_call (self->config->store, script, args,
                                             on_answer, operation);
  if (member != NULL)
    rw_cluster_joins_add (self->joins, member, operation->number);
}

static void
add_bounds (RwClusterRoom *self, RwCommand *args, gboolean is_wanted)
{
  const RwRoomsConfig *rooms = self->config->rooms;

  rw_command_add_number (args, is_wanted ? MAX (rooms->max_messages, 1) : 0);
  rw_command_add_number (args, rooms->max_bytes);
}

/** rw_cluster_room_join: @meta: (nullable) */
void
rw_cluster_room_join (RwClusterRoom *self, const char *id, const char *meta)
{
  RwCommand *args;

  /* Without members here the room may have ended: nothing of it counts. */
  if (get_n_local (self) == 1)
    rw_cluster_room_close (self);
  args = new_args (self);
  add_bounds (self, args, !self->is_open);
  rw_command_add (args, id);
  rw_command_add (args, meta);
  call (self, RW_SCRIPT_ROOM_JOIN, args, id);
}

void
rw_cluster_room_leave (RwClusterRoom *self, const char *id)
{
  RwCommand *args = new_args (self);

  rw_command_add (args, id);
  call (self, RW_SCRIPT_ROOM_LEAVE, args, NULL);
}

/** rw_cluster_room_publish: @data: (nullable) */
void
rw_cluster_room_publish (RwClusterRoom *self, const char *id, const char *data)
{
  const RwRoomsConfig *rooms = self->config->rooms;
  RwCommand *args = new_args (self);

  rw_command_add (args, id);
  rw_command_add (args, data);
  rw_command_add_number (args, (guint64) rooms->max_messages + MARGIN);
  rw_command_add_number (args, 2 * (guint64) rooms->max_bytes);
  rw_command_add_number (args, (guint64) rooms->max_age_us / 1000);
  call (self, RW_SCRIPT_ROOM_PUBLISH, args, NULL);
}

void
rw_cluster_room_note (RwClusterRoom *self, const char *kind, const char *id,
                      guint64 priority, gboolean no_wait)
{
  RwCommand *args = new_args (self);

  rw_command_add (args, kind);
  rw_command_add (args, id);
  rw_command_add_number (args, priority);
  rw_command_add_number (args, no_wait ? 1 : 0);
  call (self, RW_SCRIPT_ROOM_NOTE, args, NULL);
}

/* --- The record --- */

static void
set_epoch (RwClusterRoom *self, const char *epoch, guint64 first)
{
  if (!self->is_open)
    rw_rooms_mirror_open (self->rooms, self->id, epoch);
  else if (g_strcmp0 (epoch, self->epoch) != 0)
    rw_rooms_mirror_epoch (self->rooms, self->id, epoch, first,
                           g_get_monotonic_time ());
  if (g_strcmp0 (epoch, self->epoch) != 0)
    self->epoch_us = g_get_monotonic_time ();
  g_free (self->epoch);
  self->epoch = g_strdup (epoch);
}

static void
take_history (RwClusterRoom *self, const redisReply *entries)
{
  for (gsize i = rw_reply_get_length (entries); i > 0; i--) {
    const redisReply *entry = rw_reply_get (entries, i - 1);
    RwEntryId id;

    if (rw_entry_id_parse (&id, rw_reply_get_text (entry, 0)))
      take_message (self, id.sequence, rw_reply_get (entry, 1));
  }
}

/* Members are notified of a new epoch with the holder that it has. Entries are
 * read on from there. */
static void
begin_at (RwClusterRoom *self, const redisReply *record)
{
  const char *holder = rw_reply_get_text (record, 6);
  g_autofree char *at = NULL;

  self->is_torn = FALSE;
  self->is_open = TRUE;
  self->read = (RwEntryId){rw_reply_get_number (record, 3),
                           rw_reply_get_number (record, 4)};
  take_history (self, rw_reply_get (record, 8));
  rw_rooms_mirror_advance (self->rooms, self->id, self->read.sequence,
                           g_get_monotonic_time ());
  rw_rooms_mirror_holder (self->rooms, self->id, holder);
  rw_cluster_members_finish_joins (self->members, is_joining, self);
  rw_cluster_joins_note_record (self->joins);
  at = rw_entry_id_print (&self->read);
  rw_cluster_reader_add (self->config->reader, self->key, at);
}

/* As room-join.lua returns it. Where the entries before it can still be read,
 * they are: members would miss what has happened to the floor. */
static void
apply (RwClusterRoom *self, const redisReply *record)
{
  const char *epoch = rw_reply_get_text (record, 1);
  const redisReply *members = rw_reply_get (record, 7);
  gboolean goes_on =
      self->is_open && !self->is_torn && g_strcmp0 (epoch, self->epoch) == 0;

  if (epoch == NULL || *epoch == '\0' || rw_reply_get_length (members) == 0)
    return;

  if (!goes_on) {
    rw_rooms_mirror_holder (self->rooms, self->id,
                            rw_reply_get_text (record, 6));
    set_epoch (self, epoch, rw_reply_get_number (record, 2));
  }
  rw_cluster_members_list (self->members, members, !self->is_open,
                           g_get_monotonic_time () - self->epoch_us <
                               NEW_EPOCH_US);
  self->is_outdated = FALSE;
  self->renewed_us = g_get_monotonic_time ();
  if (!goes_on)
    begin_at (self, record);
  rw_cluster_floor_set_arbiter (self->floor, rw_reply_get_text (record, 5));
  rw_cluster_floor_begin_term (self->floor);
}

static void
on_renewed (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwClusterRoom *self = user_data;

  self->n_pending--;
  self->is_renewing = FALSE;
  if (error == NULL && self->is_open)
    apply (self, reply);
}

static void
add_local (const char *id, GRefString *meta, gpointer user_data)
{
  rw_command_add (user_data, id);
  rw_command_add (user_data, meta);
}

static void
renew (RwClusterRoom *self)
{
  g_autoptr (RwCommand) args = new_args (self);

  if (self->is_renewing || !self->is_open || get_n_local (self) == 0)
    return;

  add_bounds (self, args, TRUE);
  rw_rooms_foreach_local (self->rooms, self->id, add_local, args);
  self->is_renewing = rw_cluster_store_run (
      self->config->store, RW_SCRIPT_ROOM_JOIN, args, on_renewed, self);
  self->n_pending += self->is_renewing ? 1 : 0;
  self->renewed_us = g_get_monotonic_time ();
}

/* In a new epoch other servers' members are read again when all are there. */
static gboolean
is_renewal_due (const RwClusterRoom *self)
{
  gint64 now_us = g_get_monotonic_time ();
  gint64 since_us = now_us - self->renewed_us;

  return since_us > RENEW_MAX_US ||
         (self->is_outdated && since_us >= RENEW_MIN_US) ||
         (self->renewed_us - self->epoch_us < NEW_EPOCH_US &&
          now_us - self->epoch_us >= NEW_EPOCH_US);
}

/** rw_cluster_room_go_up: @may_be_lost: Redis may not have the room. */
void
rw_cluster_room_go_up (RwClusterRoom *self, gboolean may_be_lost)
{
  self->is_outdated |= may_be_lost;
  if (self->is_outdated)
    renew (self);
  else
    rw_cluster_floor_begin_term (self->floor);
}

/* --- Reading --- */

/** rw_cluster_room_take: the next entry of its stream. */
void
rw_cluster_room_take (RwClusterRoom *self, const char *entry,
                      const redisReply *fields)
{
  const char *kind = rw_fields_get_id (fields, "kind");
  RwEntryId id;

  if (!self->is_open || kind == NULL || !rw_entry_id_parse (&id, entry) ||
      rw_entry_id_compare (&id, &self->read) <= 0)
    return;
  if (!rw_entry_id_follows (&id, &self->read) ||
      g_strcmp0 (rw_fields_get_id (fields, "epoch"), self->epoch) != 0) {
    self->is_torn = TRUE;
    self->is_outdated = TRUE;
    rw_cluster_room_wake (self);
    return;
  }

  self->read = id;
  take_for_mirror (self, kind, fields);
  rw_cluster_floor_take (self->floor, &id, fields);
}

RwClusterFloor *
rw_cluster_room_get_floor (RwClusterRoom *self)
{
  return self->floor;
}

/** rw_cluster_room_wake: when its floor is due, and about once a second. */
void
rw_cluster_room_wake (RwClusterRoom *self)
{
  if (is_renewal_due (self))
    renew (self);
  rw_cluster_floor_wake (self->floor);
}

/* --- Life --- */

/** rw_cluster_room_is_over: no member is here, and nothing is to be written. */
gboolean
rw_cluster_room_is_over (RwClusterRoom *self)
{
  return self->n_pending == 0 && !rw_cluster_floor_is_pending (self->floor) &&
         get_n_local (self) == 0;
}

/** rw_cluster_room_close: it is not read any more. */
void
rw_cluster_room_close (RwClusterRoom *self)
{
  if (!self->is_open)
    return;

  rw_cluster_floor_end_term (self->floor);
  self->is_open = FALSE;
  rw_cluster_reader_remove (self->config->reader, self->key);
  rw_rooms_mirror_close (self->rooms, self->id);
}

RwClusterRoom *
rw_cluster_room_new (const RwClusterRoomsConfig *config, const char *id)
{
  RwClusterRoom *self = g_new0 (RwClusterRoom, 1);

  self->config = config;
  self->rooms = rw_clients_get_rooms (config->clients);
  self->id = g_strdup (id);
  self->key = rw_cluster_store_dup_key (config->store, "log:", id);
  self->joins = rw_cluster_joins_new ();
  self->members = rw_cluster_members_new (self->rooms, id, config->me);
  self->floor =
      rw_cluster_floor_new (config->store, self->rooms, id, config->me);
  self->numbers =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

/** rw_cluster_room_free: no answer is pending. */
void
rw_cluster_room_free (RwClusterRoom *self)
{
  rw_cluster_floor_free (self->floor);
  rw_cluster_members_free (self->members);
  rw_cluster_joins_free (self->joins);
  g_hash_table_unref (self->numbers);
  g_free (self->epoch);
  g_free (self->key);
  g_free (self->id);
  g_free (self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-client.h"

#include "sim-member.h"

/* A connection that has brought no welcome for so long is given up, and so is
 * one to a server that is silent. */
#define WELCOME_US (2500 * G_TIME_SPAN_MILLISECOND)
#define TICK_US    (200 * G_TIME_SPAN_MILLISECOND)

/* A server that was ill knows by then who is homed elsewhere. */
#define KNOWS_AGAIN_US (2 * G_USEC_PER_SEC)

/* A server that was ill has read by then what it had missed. */
#define WELL_AGAIN_US (3 * G_USEC_PER_SEC)

struct _SimClient {
  guint index;
  GPtrArray *servers;
  SimRandom *random;
  SimBook *book;
  SimConnection *connection; /* NULL: there is none */
  gint64 connected_us;
  gboolean is_welcome;
  gboolean is_producer;
  guint target; /* the server to come to */
  char *name;
  char *id;
  char *token;
  guint64 attempt;
  guint64 said;
  guint64 heard;
  guint64 acknowledged; /* of those heard */
  gint64 heard_us;
  GQueue unacked;      /* RwSignalMessage */
  GPtrArray *sessions; /* ids */
  GHashTable *rooms;   /* id -> SimMember */
  SimEvent *tick;
  SimEvent *retry;
};

static void on_retry (gpointer data);

static void
clear_unacked (SimClient *self)
{
  g_queue_clear_full (&self->unacked, (GDestroyNotify) rw_signal_message_unref);
  g_queue_init (&self->unacked);
}

/* --- Sending --- */

static void
send (SimClient *self, RwSignalMessage *message)
{
  message->has_ack = TRUE;
  message->ack = self->heard;
  self->acknowledged = self->heard;
  sim_connection_send (self->connection, message);
}

/* Takes @message, which has a number from now on. */
static void
say (SimClient *self, RwSignalMessage *message)
{
  message->seq = ++self->said;
  sim_book_note (self->book, "    c%u sends %u: type %u %s %s", self->index,
                 (guint) message->seq, message->type,
                 message->room_id != NULL ? message->room_id : "",
                 message->session_id != NULL ? message->session_id : "");
  g_queue_push_tail (&self->unacked, message);
  if (self->is_welcome)
    send (self, message);
}

static void
send_status (SimClient *self)
{
  g_autoptr (RwSignalMessage) message =
      rw_signal_message_new (RW_SIGNAL_SET_PEER_STATUS);
  g_autofree char *text = NULL;
  GRefString *meta;

  if (!self->is_welcome)
    return;

  message->roles = self->is_producer ? RW_ROLE_PRODUCER : RW_ROLE_LISTENER;
  if (self->name != NULL) {
    text = g_strdup_printf ("{\"name\":\"%s\"}", self->name);
    meta = g_ref_string_new (text);
    rw_signal_message_set_meta (message, meta);
    g_ref_string_release (meta);
    message->name = g_strdup (self->name);
  }
  send (self, message);
}

/* --- Connections --- */

static void
retry_in (SimClient *self, gint64 in_us)
{
  if (self->retry != NULL)
    sim_time_remove (self->retry);
  self->retry =
      sim_time_add (NULL, sim_time_get () + in_us, on_retry, self, NULL);
}

static void
on_lost (gpointer user_data)
{
  SimClient *self = user_data;

  self->connection = NULL;
  self->is_welcome = FALSE;
  retry_in (self, sim_random_range (self->random, 1000, 500000));
}

static void
drop (SimClient *self)
{
  SimConnection *connection = g_steal_pointer (&self->connection);
  gboolean is_lossy = sim_random_chance (self->random, 500);

  self->is_welcome = FALSE;
  if (connection != NULL)
    sim_connection_drop (connection, is_lossy,
                         sim_random_chance (self->random, 500)
                             ? 0
                             : sim_random_range (self->random, 0, 4000000));
}

static void receive (const RwClientsOutput *output, gpointer user_data);

static void
on_retry (gpointer data)
{
  static const SimPeerFuncs funcs = {receive, on_lost};
  SimClient *self = data;

  self->retry = NULL;
  if (self->connection != NULL)
    return;
  self->connection = sim_connection_new (
      g_ptr_array_index (self->servers, self->target), &funcs, self);
  self->connected_us = self->heard_us = sim_time_get ();
  if (self->connection != NULL)
    return;
  self->target =
      (guint) sim_random_range (self->random, 0, self->servers->len - 1);
  retry_in (self, sim_random_range (self->random, 10000, 300000));
}

void
sim_client_move (SimClient *self, guint server)
{
  sim_book_note (self->book, "c%u moves to s%u", self->index, server);
  drop (self);
  self->target = server;
  retry_in (self, sim_random_chance (self->random, 300)
                      ? 0
                      : sim_random_range (self->random, 0, 300000));
}

void
sim_client_drop (SimClient *self)
{
  sim_client_move (self, self->target);
}

/* A server that does not answer is left, whether it has died or is frozen. */
static void
on_tick (gpointer data)
{
  SimClient *self = data;
  gint64 now_us = sim_time_get ();

  self->tick = sim_time_add (NULL, now_us + TICK_US, on_tick, self, NULL);
  if (self->connection == NULL)
    return;
  if ((!self->is_welcome && now_us - self->connected_us > WELCOME_US) ||
      (self->is_welcome &&
       !sim_server_is_there (sim_connection_get_server (self->connection))) ||
      (self->unacked.length > 0 && now_us - self->heard_us > WELCOME_US &&
       sim_random_chance (self->random, 300))) {
    sim_client_move (self, (guint) sim_random_range (self->random, 0,
                                                     self->servers->len - 1));
    return;
  }
  if (self->is_welcome && self->heard > self->acknowledged) {
    g_autoptr (RwSignalMessage) ack = rw_signal_message_new (RW_SIGNAL_ACK);

    send (self, ack);
  }
}

/* --- Welcomes --- */

static void
on_welcome (SimClient *self)
{
  g_autoptr (RwSignalMessage) message =
      rw_signal_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);

  message->version = RW_SIGNAL_VERSION_1_1;
  message->extension_version = 1;
  message->client_id = g_strdup_printf ("secret%u", self->index);
  message->attempt = ++self->attempt;
  if (self->token != NULL) {
    message->token = g_strdup (self->token);
    message->resume_ack = self->heard;
  }
  sim_connection_send (self->connection, message);
}

static void
acknowledge (SimClient *self, guint64 ack)
{
  if (ack > self->said)
    sim_book_fail (self->book,
                   "c%u: an acknowledgement of message %" G_GUINT64_FORMAT
                   ", which was never sent",
                   self->index, ack);
  while (self->unacked.length > 0 && self->said - self->unacked.length < ack)
    rw_signal_message_unref (g_queue_pop_head (&self->unacked));
}

static void
join_again (gpointer room, gpointer member, gpointer user_data)
{
  say (user_data, sim_member_new_join (member));
}

static void
note_return (gpointer room, gpointer member, gpointer unused)
{
  sim_member_return (member);
}

/* Numbers begin anew; what was not acknowledged may be lost. */
static void
begin_anew (SimClient *self, gboolean is_restored)
{
  sim_book_begin_anew (self->book, self->index, is_restored);
  self->said = self->heard = self->acknowledged = 0;
  clear_unacked (self);
  if (!is_restored)
    g_ptr_array_set_size (self->sessions, 0);
}

static void
on_resilient_welcome (SimClient *self, const RwSignalMessage *message)
{
  gboolean is_first = self->token == NULL;

  sim_book_note (self->book, "c%u is welcome as %s: %s", self->index,
                 message->peer_id,
                 message->resumed    ? "resumed"
                 : message->restored ? "restored"
                                     : "new");
  if ((message->resumed || message->restored) &&
      g_strcmp0 (self->id, message->peer_id) != 0)
    sim_book_fail (self->book, "c%u resumed as another client", self->index);
  if (message->resumed) {
    if (message->resume_ack < self->said - self->unacked.length)
      sim_book_fail (self->book,
                     "c%u: the server lost what it had acknowledged",
                     self->index);
    acknowledge (self, message->resume_ack);
  } else if (!is_first) {
    begin_anew (self, message->restored);
  }
  g_free (self->id);
  self->id = g_strdup (message->peer_id);
  g_free (self->token);
  self->token = g_strdup (message->token);
  sim_book_note_id (self->book, self->index, self->id);
  self->is_welcome = TRUE;
  g_hash_table_foreach (self->rooms, note_return, NULL);
  for (GList *l = self->unacked.head; l != NULL; l = l->next)
    send (self, l->data);
  send_status (self);
  if (!message->resumed && !is_first)
    g_hash_table_foreach (self->rooms, join_again, self);
}

/* --- Receiving --- */

static gboolean
has_session (SimClient *self, const char *id)
{
  return g_ptr_array_find_with_equal_func (self->sessions, id, g_str_equal,
                                           NULL);
}

static void
forget_session (SimClient *self, const char *id)
{
  guint at;

  if (g_ptr_array_find_with_equal_func (self->sessions, id, g_str_equal, &at))
    g_ptr_array_remove_index_fast (self->sessions, at);
}

static void
begin_session (SimClient *self, const char *id, const char *peer_id)
{
  gint64 from_us;
  gint64 ill_us;

  if (has_session (self, id))
    sim_book_fail (self->book, "c%u: session %s begins twice", self->index, id);
  ill_us = sim_server_get_ill_us (sim_client_get_server (self), &from_us);
  sim_book_begin_session (
      self->book, id, self->index, peer_id,
      sim_time_get () - ill_us < KNOWS_AGAIN_US ? from_us : G_MAXINT64);
  g_ptr_array_add (self->sessions, g_strdup (id));
}

/* Whoever takes a name over ends the sessions of the one that had it; nobody
 * gives up a role otherwise. */
static gboolean
is_of_a_name (const char *reason)
{
  static const char *const reasons[] = {
      "another producer took over the name", "another producer has the name",
      "the producer has a new connection", "the peer gave up its role", NULL};

  return reason != NULL && g_strv_contains (reasons, reason);
}

static void
on_session (SimClient *self, const RwSignalMessage *message)
{
  const char *id = message->session_id;

  switch (message->type) {
  case RW_SIGNAL_SESSION_STARTED:
  case RW_SIGNAL_START_SESSION:
    sim_book_note (self->book, "c%u: session %s with %s", self->index, id,
                   message->peer_id);
    begin_session (self, id, message->peer_id);
    return;
  case RW_SIGNAL_PEER:
    sim_book_receive (self->book, id, self->index,
                      (guint) g_ascii_strtoull (message->sdp, NULL, 10));
    return;
  default:
    sim_book_note (self->book, "c%u: the end of %s: %s", self->index, id,
                   message->type == RW_SIGNAL_ERROR_REPLY ? message->details
                                                          : message->reason);
    if (sim_book_has_names (self->book) && is_of_a_name (message->reason))
      sim_book_close_session (self->book, id);
    sim_book_end_session (self->book, id, self->index);
    forget_session (self, id);
  }
}

static void
on_room (SimClient *self, const RwSignalMessage *message)
{
  SimMember *member = g_hash_table_lookup (self->rooms, message->room_id);

  if (member != NULL)
    sim_member_receive (member, message, self->id);
}

static void
on_message (SimClient *self, const RwSignalMessage *message)
{
  if (message->type == RW_SIGNAL_WELCOME)
    on_welcome (self);
  else if (message->type == RW_SIGNAL_RESILIENT_WELCOME)
    on_resilient_welcome (self, message);
  else if (message->room_id != NULL)
    on_room (self, message);
  else if (message->session_id != NULL)
    on_session (self, message);
}

static void
receive (const RwClientsOutput *output, gpointer user_data)
{
  SimClient *self = user_data;

  self->heard_us = sim_time_get ();
  if (output->has_ack)
    acknowledge (self, output->ack);
  if (output->seq != 0 && output->seq != self->heard + 1)
    sim_book_fail (self->book,
                   "c%u received number %" G_GUINT64_FORMAT " after "
                   "%" G_GUINT64_FORMAT,
                   self->index, output->seq, self->heard);
  if (output->seq != 0)
    self->heard++;
  on_message (self, output->message);
}

/* --- What it does --- */

void
sim_client_start (SimClient *self, SimClient *other)
{
  RwSignalMessage *message;

  if (other->id == NULL || !self->is_welcome)
    return;
  message = rw_signal_message_new (RW_SIGNAL_START_SESSION);
  message->peer_id = g_strdup (other->id);
  say (self, message);
}

/* (nullable) */
static const char *
pick_session (SimClient *self)
{
  return self->sessions->len > 0
             ? g_ptr_array_index (self->sessions,
                                  (guint) sim_random_range (
                                      self->random, 0, self->sessions->len - 1))
             : NULL;
}

void
sim_client_end (SimClient *self)
{
  const char *id = pick_session (self);
  RwSignalMessage *message;

  if (id == NULL)
    return;
  sim_book_close_session (self->book, id);
  message = rw_signal_message_new (RW_SIGNAL_END_SESSION);
  message->session_id = g_strdup (id);
  say (self, message);
  forget_session (self, id);
}

void
sim_client_send (SimClient *self)
{
  const char *id = pick_session (self);
  RwSignalMessage *message;

  if (id == NULL)
    return;
  if (!sim_book_is_open (self->book, id)) {
    forget_session (self, id);
    return;
  }
  message = rw_signal_message_new (RW_SIGNAL_PEER);
  message->session_id = g_strdup (id);
  message->sdp_type = RW_SDP_TYPE_OFFER;
  message->sdp =
      g_strdup_printf ("%u", sim_book_send (self->book, id, self->index));
  say (self, message);
}

void
sim_client_join (SimClient *self, const char *room)
{
  SimMember *member;

  if (g_hash_table_contains (self->rooms, room))
    return;
  member = sim_member_new (room, self->index, self->book);
  g_hash_table_insert (self->rooms, g_strdup (room), member);
  say (self, sim_member_new_join (member));
}

static RwSignalMessage *
new_room_message (RwSignalType type, const char *room)
{
  RwSignalMessage *message = rw_signal_message_new (type);

  message->room_id = g_strdup (room);
  return message;
}

void
sim_client_leave (SimClient *self, const char *room)
{
  if (!g_hash_table_remove (self->rooms, room))
    return;
  say (self, new_room_message (RW_SIGNAL_LEAVE_ROOM, room));
  sim_book_forgive (self->book, self->index); /* nobody else may be in it */
}

void
sim_client_publish (SimClient *self, const char *room)
{
  const SimMember *member = g_hash_table_lookup (self->rooms, room);
  RwSignalMessage *message;
  g_autofree char *text = NULL;
  GRefString *meta;

  if (member == NULL)
    return;
  text = sim_book_publish (self->book, self->index, room,
                           sim_member_is_joining (member));
  message = new_room_message (RW_SIGNAL_PUBLISH, room);
  meta = g_ref_string_new (text);
  rw_signal_message_set_meta (message, meta);
  g_ref_string_release (meta);
  say (self, message);
}

void
sim_client_press (SimClient *self, const char *room, gboolean pressed)
{
  SimMember *member = g_hash_table_lookup (self->rooms, room);

  if (member == NULL)
    return;
  if (!pressed)
    sim_member_release (member);
  say (self,
       new_room_message (
           pressed ? RW_SIGNAL_REQUEST_FLOOR : RW_SIGNAL_RELEASE_FLOOR, room));
}

void
sim_client_produce (SimClient *self, const char *name)
{
  g_free (self->name);
  self->name = g_strdup (name);
  send_status (self);
}

/* --- State --- */

gboolean
sim_client_is_producer (const SimClient *self)
{
  return self->is_producer;
}

const char *
sim_client_get_id (const SimClient *self)
{
  return self->id;
}

SimServer *
sim_client_get_server (const SimClient *self)
{
  return self->connection != NULL ? sim_connection_get_server (self->connection)
                                  : NULL;
}

gboolean
sim_client_is_welcome (const SimClient *self)
{
  return self->is_welcome;
}

gboolean
sim_client_is_here (const SimClient *self)
{
  return self->is_welcome && self->unacked.length == 0;
}

gboolean
sim_client_has_floor (const SimClient *self, const char *room)
{
  const SimMember *member = g_hash_table_lookup (self->rooms, room);
  gint64 from_us;

  return member != NULL && self->is_welcome && sim_member_has_floor (member) &&
         sim_time_get () -
                 sim_server_get_ill_us (
                     sim_connection_get_server (self->connection), &from_us) >
             WELL_AGAIN_US;
}

const char *
sim_client_get_last (const SimClient *self, const char *room, guint64 *sequence)
{
  const SimMember *member = g_hash_table_lookup (self->rooms, room);

  return member != NULL ? sim_member_get_last (member, sequence) : NULL;
}

/* --- Life --- */

SimClient *
sim_client_new (guint index, GPtrArray *servers, SimRandom *random,
                SimBook *book)
{
  SimClient *self = g_new0 (SimClient, 1);

  self->index = index;
  self->servers = servers;
  self->random = random;
  self->book = book;
  self->is_producer = index % 2 == 0;
  self->target = index % servers->len;
  self->sessions = g_ptr_array_new_with_free_func (g_free);
  self->rooms = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify) sim_member_free);
  self->tick =
      sim_time_add (NULL, sim_time_get () + TICK_US, on_tick, self, NULL);
  retry_in (self, 0);
  return self;
}

void
sim_client_free (SimClient *self)
{
  drop (self);
  sim_time_remove (self->tick);
  if (self->retry != NULL)
    sim_time_remove (self->retry);
  clear_unacked (self);
  g_ptr_array_unref (self->sessions);
  g_hash_table_unref (self->rooms);
  g_free (self->name);
  g_free (self->id);
  g_free (self->token);
  g_free (self);
}

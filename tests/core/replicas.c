/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-replay.h"
#include "rw-replica.h"

#include <string.h>

/* Several nodes, a log that they share, and clients in pairs that talk to each
 * other through whichever node they reach. Nodes are killed and come back from
 * a snapshot, appending is repeated, the log is away or loses what it had,
 * clients lose their connections, the log's clock is set back. Each message
 * arrives once, in order, and all nodes end up as the same bytes. By seed: set
 * RW_SEED to see one again. */

#ifdef FEW_SEEDS
#define N_SEEDS 3
#else
#define N_SEEDS 50
#endif
#define N_STEPS    3000
#define MAX_STEPS  60000
#define N_NODES    3
#define N_PAIRS    3
#define N_CLIENTS  (2 * N_PAIRS)
#define N_MESSAGES 40
#define GRACE_S    3600

/* What a broken node does, to see that it is noticed; and worse luck than any
 * promise is good for: nodes die while they are alone, and who has heard them
 * goes elsewhere. Then all nodes have to be the same all the same. */
typedef enum {
  SOUND,
  LUCKLESS,
  FORGETS_ENTRIES, /* appends an entry never, now and then */
  OLD_SNAPSHOT,    /* says that its snapshot is younger than it is */
  KEEPS_CLIENTS,   /* after another's state, as if they had missed nothing */
} Fault;

typedef struct _World World;

/* What there was of it, over all seeds. */
typedef struct {
  guint kills;
  guint resumed;
  guint taken; /* states of others, by nodes with clients */
  guint alone; /* times that a node went on alone */
  guint heard_alone;
  guint corrected; /* sessions begun alone that could not go on */
} Sums;

typedef struct {
  World *world;
  RwReplica *replica; /* NULL: it is down */
  guint32 number;
  guint cursor;
  guint64 appended;
  guint log_number; /* of the log that it reads */
  gint64 log_us;    /* what time it was there ... */
  guint64 read_ms;  /* ... then */
  gboolean away;    /* from the log, while others may reach it */
} Node;

typedef struct {
  guint64 connection;
  Node *node;
  guint32 node_number;
  char *token;
  char *peer_id;
  char *session_id;
  gboolean seated; /* on this connection */
  guint64 received;
  RwReplay *replay;
  guint n_attempts;
  gboolean knows_more; /* than who was not alone with it */
  gboolean corrected;  /* its session has been ended for it */
  guint n_sent;
  guint n_heard;
} Client;

typedef struct {
  RwReplicaPosition position;
  GBytes *bytes;
} Line;

struct _World {
  GRand *rand;
  Fault fault;
  Node nodes[N_NODES];
  Client clients[N_CLIENTS];
  GPtrArray *log;
  gboolean log_away;
  guint
      log_number; /* greater than the nodes': it was lost, with the snapshot */
  guint32 last_number;
  guint64 now_ms;
  guint64 behind_ms; /* what the log's clock is */
  guint64 log_ms;    /* the last that it said: it never says less */
  guint64 last_seq;
  GBytes *snapshot;
  guint snapshot_cursor;
  GArray *dead;       /* numbers of nodes that nobody has declared down yet */
  const char *broken; /* what went wrong first */
  RwReplicaPosition furthest; /* that any node, living or not, has read */
  Sums sums;
};

static void
complain (World *world, const char *what)
{
  if (world->broken == NULL && world->fault != LUCKLESS)
    world->broken = what;
}

static gboolean
one_in (World *world, gint n)
{
  return g_rand_int_range (world->rand, 0, n) == 0;
}

/* --- What is said: "O token ack attempt degraded", "P", "S peer seq ack", "M
 * session body seq ack", "A ack", with "-" for none --- */

static char *
dup_word (const char *word)
{
  return g_str_equal (word, "-") ? NULL : g_strdup (word);
}

static void
take_numbers (RwBrainMessage *message, const char *seq, const char *ack)
{
  message->seq = seq != NULL ? g_ascii_strtoull (seq, NULL, 10) : 0;
  message->ack = g_ascii_strtoull (ack, NULL, 10);
  message->has_ack = TRUE;
}

static RwBrainMessage *
parse (const char *text, gsize len, gpointer unused)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  RwBrainMessage *message = NULL;

  switch (text[0]) {
  case 'O':
    message = rw_brain_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);
    message->version = RW_SIGNAL_VERSION_1_1;
    message->resilient = TRUE;
    message->token = dup_word (words[1]);
    message->ack = g_ascii_strtoull (words[2], NULL, 10);
    message->attempt = g_ascii_strtoull (words[3], NULL, 10);
    message->degraded = g_str_equal (words[4], "1");
    return message;
  case 'P':
    message = rw_brain_message_new (RW_SIGNAL_SET_PEER_STATUS);
    message->roles = RW_ROLE_PRODUCER;
    return message;
  case 'S':
    message = rw_brain_message_new (RW_SIGNAL_START_SESSION);
    message->peer_id = g_strdup (words[1]);
    take_numbers (message, words[2], words[3]);
    return message;
  case 'M':
    message = rw_brain_message_new (RW_SIGNAL_PEER);
    message->session_id = g_strdup (words[1]);
    message->body = g_ref_string_new (words[2]);
    take_numbers (message, words[3], words[4]);
    return message;
  default:
    message = rw_brain_message_new (RW_SIGNAL_ACK);
    take_numbers (message, NULL, words[1]);
    return message;
  }
}

static void
new_seed (guint8 *seed, gpointer user_data)
{
  Node *node = user_data;

  for (guint i = 0; i < RW_REPLICA_SEED_BYTES; i++)
    seed[i] = (guint8) g_rand_int (node->world->rand);
}

/* --- Nodes --- */

static gint64
get_log_us (gpointer user_data)
{
  Node *node = user_data;

  return node->log_us + (gint64) (node->world->now_ms - node->read_ms) * 1000;
}

static void
note_read (Node *node)
{
  node->log_us =
      MAX (get_log_us (node), rw_replica_get_time_us (node->replica));
  node->read_ms = node->world->now_ms;
}

static gboolean
is_wake_due (Node *node)
{
  return rw_replica_get_wake_us (node->replica) <= get_log_us (node);
}

static void
start_node (World *world, Node *node)
{
  RwReplicaConfig config = {
      .node = ++world->last_number,
      .parse = parse,
      .new_seed = new_seed,
      .get_time_us = get_log_us,
      .user_data = node,
      .seats = {.grace_us = GRACE_S * (gint64) G_USEC_PER_SEC,
                .max_kept = 1000,
                .max_kept_bytes = G_MAXINT32,
                .max_waiting = 1000,
                .rooms = {.max_rooms = 1}},
  };
  g_autoptr (GError) error = NULL;

  node->replica = rw_replica_new (&config);
  node->number = config.node;
  node->cursor = 0;
  node->appended = 0;
  node->log_number = world->log_number;
  node->log_us = 0;
  node->read_ms = world->now_ms;
  node->away = FALSE;
  if (world->snapshot == NULL)
    return;

  rw_replica_load (node->replica, world->snapshot, &error);
  g_assert_no_error (error);
  node->cursor = world->snapshot_cursor;
  if (world->fault == OLD_SNAPSHOT)
    node->cursor = MIN (node->cursor + 3, world->log->len);
}

static void
kill_node (World *world, Node *node)
{
  g_array_append_val (world->dead, node->number);
  g_clear_pointer (&node->replica, rw_replica_free);
  world->sums.kills++;
  for (guint i = 0; i < N_CLIENTS; i++) {
    if (world->clients[i].node == node)
      world->clients[i].connection = 0;
  }
}

static guint64
read_clock (World *world)
{
  return MAX (world->log_ms,
              world->now_ms - MIN (world->now_ms, world->behind_ms));
}

static void
append (World *world, Node *node)
{
  guint64 next = node->appended + 1;
  Line *line;

  if (next > rw_replica_get_last_made (node->replica))
    return;

  node->appended++;
  if (world->fault == FORGETS_ENTRIES && one_in (world, 10))
    return;
  line = g_new (Line, 1);
  line->position.ms = world->log_ms = read_clock (world);
  line->position.seq = ++world->last_seq;
  line->bytes = g_bytes_ref (rw_replica_get_entry (node->replica, next));
  g_ptr_array_add (world->log, line);

  /* The reply was lost: it begins again behind what it knows to be there. */
  if (one_in (world, 15))
    node->appended = rw_replica_get_last_applied (node->replica);
}

static void
line_free (gpointer data)
{
  Line *line = data;

  g_bytes_unref (line->bytes);
  g_free (line);
}

/* --- Clients --- */

static Client *
partner_of (World *world, const Client *client)
{
  guint i = (guint) (client - world->clients);

  return &world->clients[i ^ 1];
}

static gboolean
is_producer (World *world, const Client *client)
{
  return (client - world->clients) % 2 == 0;
}

static void
say (Client *client, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  rw_replica_handle (client->node->replica, client->connection, text,
                     strlen (text));
}

/* @line is without its numbers; it is kept for sending again. */
static void
say_numbered (Client *client, const char *line)
{
  guint64 seq = rw_replay_send (client->replay, g_strdup (line));

  say (client, "%s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, line, seq,
       client->received);
}

static void
on_seated (World *world, Client *client, const RwBrainMessage *message)
{
  const char *line;
  guint64 seq;

  if (client->token != NULL && !message->resumed) {
    complain (world, "a seat is gone");
    return;
  }
  client->seated = TRUE;
  g_free (client->token);
  client->token = g_strdup (message->token);
  client->knows_more = message->degraded;
  if (is_producer (world, client))
    say (client, "P");
  if (message->resumed) {
    world->sums.resumed++;
    if (!rw_replay_resume (client->replay, message->ack))
      complain (world, "a seat has forgotten what it has received");
    while ((line = rw_replay_next (client->replay, &seq)) != NULL)
      say (client, "%s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, line, seq,
           client->received);
    return;
  }

  client->peer_id = g_strdup (message->peer_id);
}

static void
on_peer (World *world, Client *client, const RwBrainMessage *message)
{
  guint n = (guint) g_ascii_strtoull (message->body, NULL, 10);

  if (client->corrected)
    return;
  if (n != client->n_heard + 1)
    complain (world, "a message is lost, doubled or out of order");
  client->n_heard++;
  world->sums.heard_alone += rw_replica_is_alone (client->node->replica);
}

/* One side has gone to another node before it heard of the session's beginning;
 * so the two do not have the same one. In earnest they begin another. */
static void
on_corrected (World *world, Client *client)
{
  if (!client->corrected)
    world->sums.corrected++;
  client->corrected = TRUE;
  partner_of (world, client)->corrected = TRUE;
}

/* Whether it has told its clients what the others do not know yet. */
static gboolean
is_apart (Node *node)
{
  return node->replica != NULL && !rw_replica_is_settled (node->replica);
}

static void
hear (World *world, Client *client, const RwSeatsOutput *output)
{
  const RwBrainMessage *message = output->message;

  if (message == NULL) {
    client->connection = 0;
    return;
  }
  if (output->seq > 0 && output->seq != client->received + 1)
    complain (world, "a number is missing");
  if (output->seq > 0)
    client->received++;
  if (is_apart (client->node) && (output->seq > 0 || output->has_ack))
    client->knows_more = TRUE;
  if (output->has_ack && !rw_replay_acknowledge (client->replay, output->ack))
    complain (world, "what was never sent is acknowledged");

  if (message->type == RW_SIGNAL_END_SESSION_V1_1)
    on_corrected (world, client);
  else if (message->type == RW_SIGNAL_RESILIENT_WELCOME)
    on_seated (world, client, message);
  else if (message->type == RW_SIGNAL_SESSION_STARTED ||
           message->type == RW_SIGNAL_START_SESSION)
    client->session_id = g_strdup (message->session_id);
  else if (message->type == RW_SIGNAL_PEER)
    on_peer (world, client, message);
  else if (message->type == RW_SIGNAL_ERROR_REPLY &&
           g_strcmp0 (message->code, "unknown-peer") != 0 && !client->corrected)
    complain (world,
              message->code); /* that one: the producer has not said so yet */
}

/* One that does not hear it would begin anew, as it has to where its node was
 * lost before; here all are heard out. */
static void
tell_together (World *world, Node *node)
{
  for (guint i = 0; i < N_CLIENTS; i++) {
    Client *client = &world->clients[i];

    if (client->node == node && client->node_number == node->number)
      client->knows_more = FALSE;
  }
}

static void
deliver (World *world, Node *node)
{
  RwSeatsOutput output;

  while (rw_replica_pop (node->replica, &output)) {
    for (guint i = 0; i < N_CLIENTS; i++) {
      if (world->clients[i].connection == output.connection)
        hear (world, &world->clients[i], &output);
    }
    rw_seats_output_clear (&output);
  }
  if (!is_apart (node))
    tell_together (world, node);
}

/* What a node has said alone is lost with it, and known only there for a
 * while: who has heard it stays. */
static void
go_online (World *world, Client *client)
{
  Node *node = client->node;

  if (!client->knows_more || world->fault == LUCKLESS)
    node = &world->nodes[g_rand_int_range (world->rand, 0, N_NODES)];
  if (node->replica == NULL)
    return;

  client->node = node;
  client->node_number = node->number;
  client->seated = FALSE;
  client->connection = rw_replica_new_connection (node->replica);
  rw_replica_connect (node->replica, client->connection, NULL);
  say (client, "O %s %" G_GUINT64_FORMAT " %u %u",
       client->token != NULL ? client->token : "-", client->received,
       ++client->n_attempts, client->knows_more);
}

/* Its own side of it; the node may find out later, or never. */
static void
go_offline (World *world, Client *client)
{
  if (!one_in (world, 3))
    rw_replica_disconnect (client->node->replica, client->connection, FALSE);
  client->connection = 0;
}

static void
talk (World *world, Client *client)
{
  const Client *partner = partner_of (world, client);
  g_autofree char *line = NULL;

  if (client->session_id != NULL) {
    if (client->n_sent == N_MESSAGES)
      return;
    line = g_strdup_printf ("M %s %u", client->session_id, ++client->n_sent);
  } else if (!is_producer (world, client) && partner->peer_id != NULL &&
             client->n_sent == 0 && rw_replay_get_kept (client->replay) == 0) {
    line = g_strdup_printf ("S %s", partner->peer_id);
  }
  if (line != NULL)
    say_numbered (client, line);
}

/* --- Time --- */

static void
read_log (World *world, Node *node)
{
  guint n = (guint) g_rand_int_range (world->rand, 1, 10);

  for (; n > 0 && node->cursor < world->log->len; n--) {
    const Line *line = g_ptr_array_index (world->log, node->cursor++);
    g_autoptr (GError) error = NULL;

    rw_replica_apply (node->replica, &line->position, line->bytes, &error);
    g_assert_no_error (error);
    if (rw_replica_position_compare (&line->position, &world->furthest) > 0)
      world->furthest = line->position;
    note_read (node);
    deliver (world, node);
  }
}

static void
take_snapshot (World *world, Node *node)
{
  g_clear_pointer (&world->snapshot, g_bytes_unref);
  world->snapshot = rw_replica_save (node->replica);
  world->snapshot_cursor = node->cursor;
}

/* --- The log loses what it had --- */

static Node *
find_furthest (World *world)
{
  Node *furthest = NULL;
  RwReplicaPosition most;

  for (guint i = 0; i < N_NODES; i++) {
    Node *node = &world->nodes[i];
    RwReplicaPosition position;

    if (node->replica == NULL)
      continue;
    rw_replica_get_position (node->replica, &position);
    if (furthest == NULL ||
        rw_replica_position_compare (&position, &most) > 0) {
      furthest = node;
      most = position;
    }
  }

  return furthest;
}

/* That one node has all of it is as much luck as is needed. */
static void
lose_log (World *world)
{
  Node *node = find_furthest (world);
  RwReplicaPosition position;

  if (node == NULL)
    return;
  rw_replica_get_position (node->replica, &position);
  if (rw_replica_position_compare (&position, &world->furthest) != 0)
    return;

  g_ptr_array_set_size (world->log, 0);
  g_clear_pointer (&world->snapshot, g_bytes_unref);
  world->snapshot_cursor = 0;
  world->log_number++;
}

static void
hang_up_unknown (World *world, Node *node)
{
  for (guint i = 0; i < N_CLIENTS; i++) {
    Client *client = &world->clients[i];

    if (client->node != node || client->connection == 0 ||
        rw_replica_knows (node->replica, client->connection))
      continue;
    rw_replica_disconnect (node->replica, client->connection, FALSE);
    client->connection = 0;
  }
}

static void
take_state (World *world, Node *node)
{
  g_autoptr (GError) error = NULL;

  rw_replica_load (node->replica, world->snapshot, &error);
  g_assert_no_error (error);
  node->cursor = world->snapshot_cursor;
  if (!rw_replica_can_go_on (node->replica))
    complain (world, "a node has forgotten what it has said");
  if (world->fault != KEEPS_CLIENTS)
    hang_up_unknown (world, node);
  world->sums.taken++;
}

/* FALSE while that of another has to be waited for. */
static gboolean
join (World *world, Node *node)
{
  if (world->snapshot != NULL) {
    take_state (world, node);
  } else if (node == find_furthest (world)) {
    take_snapshot (world, node);
    node->cursor = world->snapshot_cursor = 0;
  } else {
    return FALSE;
  }

  node->log_number = world->log_number;
  node->appended = rw_replica_get_last_applied (node->replica);
  return TRUE;
}

/* Nobody has what it had. */
static gboolean
is_log_lost (World *world)
{
  return world->log_number > 0 && world->snapshot == NULL;
}

/* It was away for so long that the log does not begin where it ends. */
static void
be_left_behind (World *world, Node *node)
{
  if (world->snapshot == NULL || world->snapshot_cursor <= node->cursor)
    return;

  take_state (world, node);
  node->appended = rw_replica_get_last_applied (node->replica);
}

/* --- Nodes that cannot reach the log --- */

static void
go_alone (World *world, Node *node)
{
  if (rw_replica_is_alone (node->replica) || !one_in (world, 10) ||
      !rw_replica_go_alone (node->replica))
    return;

  world->sums.alone++;
  deliver (world, node);
}

static void
step_away (World *world, Node *node)
{
  go_alone (world, node);
  if (rw_replica_is_alone (node->replica) && is_wake_due (node)) {
    rw_replica_wake (node->replica);
    deliver (world, node);
  }
}

static void
come_back (World *world, Node *node)
{
  if (!rw_replica_is_alone (node->replica))
    return;

  rw_replica_come_back (node->replica);
  deliver (world, node);
}

static void
step_node (World *world, Node *node, gboolean calm)
{
  if (node->replica == NULL) {
    if (!is_log_lost (world) && (calm || one_in (world, 40)))
      start_node (world, node);
    return;
  }
  if (!calm && !is_log_lost (world) &&
      (!is_apart (node) || world->fault == LUCKLESS) && one_in (world, 200)) {
    kill_node (world, node);
    return;
  }
  node->away = !calm && node->away != one_in (world, 150);
  if (world->log_away || node->away) {
    step_away (world, node);
    return;
  }
  come_back (world, node);
  if (node->log_number != world->log_number && !join (world, node))
    return;

  if (!calm && one_in (world, 100))
    be_left_behind (world, node);
  append (world, node);
  append (world, node);
  read_log (world, node);
  if (one_in (world, 100))
    take_snapshot (world, node);
  if (world->dead->len > 0 && one_in (world, 30)) {
    rw_replica_declare_down (node->replica,
                             g_array_index (world->dead, guint32, 0));
    g_array_remove_index (world->dead, 0);
  }
  if (is_wake_due (node) && one_in (world, 3))
    rw_replica_wake (node->replica);
}

static void
step_client (World *world, Client *client, gboolean calm)
{
  if (client->connection == 0) {
    if (calm || one_in (world, 5))
      go_online (world, client);
  } else if (!calm && one_in (world, 60)) {
    go_offline (world, client);
  } else if (client->seated && one_in (world, 4)) {
    talk (world, client);
  }
  if (client->node != NULL && client->node->replica != NULL)
    deliver (world, client->node);
}

static void
step (World *world, gboolean calm)
{
  world->now_ms += (guint64) g_rand_int_range (world->rand, 0, 20);
  if (calm)
    world->log_away = FALSE;
  else if (one_in (world, 150))
    world->log_away = !world->log_away;
  if (!calm && !is_log_lost (world) && one_in (world, 300))
    lose_log (world);
  if (!calm && one_in (world, 300))
    world->behind_ms = (guint64) g_rand_int_range (world->rand, 0, 30000);
  for (guint i = 0; i < N_NODES; i++)
    step_node (world, &world->nodes[i], calm);
  step_client (world,
               &world->clients[g_rand_int_range (world->rand, 0, N_CLIENTS)],
               calm);
}

static gboolean
is_done (World *world)
{
  for (guint i = 0; i < N_CLIENTS; i++) {
    if (world->clients[i].n_heard < N_MESSAGES && !world->clients[i].corrected)
      return FALSE;
  }
  return TRUE;
}

/* --- The world --- */

static World *
world_new (guint32 seed, Fault fault)
{
  World *world = g_new0 (World, 1);

  world->rand = g_rand_new_with_seed (seed);
  world->fault = fault;
  world->now_ms = 1000;
  world->log = g_ptr_array_new_with_free_func (line_free);
  world->dead = g_array_new (FALSE, FALSE, sizeof (guint32));
  for (guint i = 0; i < N_NODES; i++) {
    world->nodes[i].world = world;
    start_node (world, &world->nodes[i]);
  }
  for (guint i = 0; i < N_CLIENTS; i++)
    world->clients[i].replay = rw_replay_new (1000, 16, g_free);
  return world;
}

static void
world_free (World *world)
{
  for (guint i = 0; i < N_NODES; i++)
    rw_replica_free (world->nodes[i].replica);
  for (guint i = 0; i < N_CLIENTS; i++) {
    rw_replay_free (world->clients[i].replay);
    g_free (world->clients[i].token);
    g_free (world->clients[i].peer_id);
    g_free (world->clients[i].session_id);
  }
  g_clear_pointer (&world->snapshot, g_bytes_unref);
  g_array_unref (world->dead);
  g_ptr_array_unref (world->log);
  g_rand_free (world->rand);
  g_free (world);
}

static gboolean
are_same (World *world)
{
  g_autoptr (GBytes) first = NULL;

  for (guint i = 0; i < N_NODES; i++) {
    g_autoptr (GBytes) other = NULL;

    while (world->nodes[i].cursor < world->log->len)
      read_log (world, &world->nodes[i]);
    other = rw_replica_save (world->nodes[i].replica);
    if (first == NULL)
      first = g_steal_pointer (&other);
    else if (!g_bytes_equal (first, other))
      return FALSE;
  }

  return TRUE;
}

/* --- Time --- */

static guint
count_seats (Node *node)
{
  RwSeatsCounts counts;

  rw_seats_get_counts (rw_replica_get_seats (node->replica), &counts);
  return counts.seats;
}

static void
settle (World *world)
{
  for (guint i = 0; i < N_NODES; i++) {
    while (world->nodes[i].appended <
           rw_replica_get_last_made (world->nodes[i].replica))
      append (world, &world->nodes[i]);
  }
  for (guint i = 0; i < N_NODES; i++) {
    while (world->nodes[i].cursor < world->log->len)
      read_log (world, &world->nodes[i]);
  }
}

static void
let_pass (World *world, guint seconds)
{
  Node *node = &world->nodes[0];

  world->now_ms += seconds * 1000;
  if (is_wake_due (node))
    rw_replica_wake (node->replica);
  settle (world);
}

/* From now on the log's clock stands still, as one does that was set back;
 * whoever is away is gone when grace is over, and not before. */
static void
outlive_grace (World *world)
{
  const guint step_s = 20;
  Node *node = &world->nodes[0];
  guint n_lines;

  settle (world);
  world->behind_ms = G_MAXUINT64;
  for (guint32 number = 1; number <= world->last_number; number++)
    rw_replica_declare_down (node->replica, number);
  settle (world);

  n_lines = world->log->len;
  for (guint s = 0; s < GRACE_S; s += step_s) {
    if (count_seats (node) == 0)
      complain (world, "grace is over too soon");
    let_pass (world, step_s);
  }
  let_pass (world, step_s);
  if (count_seats (node) > 0)
    complain (world, "grace does not end");
  if (world->log->len > n_lines + 10 * N_CLIENTS)
    complain (world, "there are wakes while none is due");
}

/* Whether all went well. */
static gboolean
run_seed (guint32 seed, Fault fault, Sums *sums, const char **what)
{
  World *world = world_new (seed, fault);
  gboolean well;

  for (guint i = 0; i < N_STEPS && world->broken == NULL; i++)
    step (world, FALSE);
  for (guint i = 0; i < (fault == LUCKLESS ? N_STEPS : MAX_STEPS) &&
                    world->broken == NULL && !is_done (world);
       i++)
    step (world, TRUE);
  for (guint i = 0; i < 2 * N_NODES; i++) {
    Node *node = &world->nodes[i % N_NODES];

    if (node->replica != NULL)
      come_back (world, node);
    if (node->replica != NULL && node->log_number != world->log_number)
      join (world, node);
    else if (node->replica == NULL && !is_log_lost (world))
      start_node (world, node);
  }
  if (!is_done (world))
    complain (world, "some messages never come");
  if (world->broken == NULL && fault != LUCKLESS)
    outlive_grace (world);
  if (!are_same (world)) {
    complain (world, "the nodes are not the same");
    if (fault == LUCKLESS)
      g_error ("the nodes are not the same: seed %u", seed);
  }
  if (what != NULL)
    *what = world->broken;
  well = world->broken == NULL;
  sums->kills += world->sums.kills;
  sums->resumed += world->sums.resumed;
  sums->taken += world->sums.taken;
  sums->alone += world->sums.alone;
  sums->heard_alone += world->sums.heard_alone;
  sums->corrected += world->sums.corrected;
  world_free (world);
  return well;
}

static void
test_exactly_once (void)
{
  const char *only = g_getenv ("RW_SEED");
  guint32 first =
      only != NULL ? (guint32) g_ascii_strtoull (only, NULL, 10) : 1;
  guint32 last = only != NULL ? first : N_SEEDS;
  Sums sums = {0};
  const char *what;

  for (guint32 seed = first; seed <= last; seed++) {
    if (!run_seed (seed, SOUND, &sums, &what))
      g_error ("%s: see it again with RW_SEED=%u", what, seed);
  }
  g_test_message (
      "%u nodes killed, %u seats resumed, %u states taken, %u times "
      "alone, %u messages heard then, %u sessions ended",
      sums.kills, sums.resumed, sums.taken, sums.alone, sums.heard_alone,
      sums.corrected);
  g_assert_cmpuint (sums.kills, >, last - first);
  g_assert_cmpuint (sums.resumed, >, last - first);
  g_assert_cmpuint (sums.taken, >, last - first);
  g_assert_cmpuint (sums.alone, >, last - first);
  g_assert_cmpuint (sums.heard_alone, >, last - first);
  g_assert_cmpuint (sums.corrected, <=, (last - first) / 20 + 1);
}

static void
test_luckless (void)
{
  Sums sums = {0};

  for (guint32 seed = 1; seed <= N_SEEDS; seed++)
    run_seed (seed, LUCKLESS, &sums, NULL);
  g_test_message ("%u nodes killed, %u times alone", sums.kills, sums.alone);
  g_assert_cmpuint (sums.kills, >, N_SEEDS);
  g_assert_cmpuint (sums.alone, >, N_SEEDS);
}

static void
test_fault_is_seen (gconstpointer fault)
{
  Sums sums = {0};

  for (guint32 seed = 1; seed <= 20; seed++) {
    if (!run_seed (seed, (Fault) GPOINTER_TO_INT (fault), &sums, NULL))
      return;
  }
  g_assert_not_reached ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/replicas/exactly-once", test_exactly_once);
  g_test_add_func ("/replicas/luckless", test_luckless);
  g_test_add_data_func ("/replicas/forgets-entries",
                        GINT_TO_POINTER (FORGETS_ENTRIES), test_fault_is_seen);
  g_test_add_data_func ("/replicas/old-snapshot",
                        GINT_TO_POINTER (OLD_SNAPSHOT), test_fault_is_seen);
  g_test_add_data_func ("/replicas/keeps-clients",
                        GINT_TO_POINTER (KEEPS_CLIENTS), test_fault_is_seen);

  return g_test_run ();
}

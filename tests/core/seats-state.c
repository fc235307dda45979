/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-fields.h"
#include "rw-seats.h"

#include <string.h>

/* Seats that are told the same are the same, saved or not. Three replicas hear
 * what random clients do; one of them is saved and loaded again and again. By
 * seed: set RW_SEED to see one again. */

#define SECOND G_USEC_PER_SEC
#ifdef FEW_SEEDS
#define N_SEEDS   12
#define N_DAMAGED 400
#else
#define N_SEEDS   100
#define N_DAMAGED 4000
#endif
#define N_INPUTS      400
#define N_REPLICAS    3
#define N_CONNECTIONS 12
#define N_ROOMS       4

/* Ids depend on the input that they are made in, not on who makes them. */
typedef struct {
  RwSeats *seats;
  RwSeatsConfig config;
  guint64 input;
  guint n;
} Replica;

/* What a client knows. @seat is that of its connection, or of its last one. */
typedef struct {
  guint64 connection; /* 0: it has none */
  gboolean resilient;
  char *token;
  char *peer_id;
  guint64 sent;
  guint64 received;
} Client;

typedef struct {
  GRand *rand;
  Replica replicas[N_REPLICAS];
  Client clients[N_CONNECTIONS];
  guint64 last_connection;
  guint64 input;
  gint64 now_us;
  GPtrArray *sessions;
  char *instances[N_ROOMS]; /* that were told last */
} World;

static char *
next_name (gpointer user_data)
{
  Replica *replica = user_data;

  return g_strdup_printf ("i%" G_GUINT64_FORMAT "-%u", replica->input,
                          ++replica->n);
}

static void
replica_init (Replica *replica)
{
  replica->config = (RwSeatsConfig){
      .new_id = next_name,
      .new_token = next_name,
      .user_data = replica,
      .grace_us = 3 * SECOND,
      .max_kept = 30,
      .max_kept_bytes = 20000,
      .max_waiting = 5,
      .rooms = {.max_rooms = 3,
                .max_rooms_per_member = 3,
                .max_messages = 40,
                .max_bytes = 20000,
                .max_total_bytes = 30000,
                .max_age_us = 20 * SECOND,
                .floor = {.max_hold_us = 2 * SECOND,
                          .grace_us = SECOND,
                          .max_queue = 4}},
  };
  replica->seats = rw_seats_new (&replica->config);
}

/* --- What is told to all replicas --- */

typedef void (*Input) (RwSeats *seats, gpointer data, gint64 now_us);

typedef struct {
  guint64 connection;
  RwBrainMessage *message;
} Said;

static void
note_instance (World *world, const RwBrainMessage *joined)
{
  char **instance = &world->instances[joined->room_id[0] - 'a'];

  g_free (*instance);
  *instance = g_strdup (joined->instance);
}

static void
hear (World *world, const RwSeatsOutput *output)
{
  for (guint i = 0; i < N_CONNECTIONS; i++) {
    Client *client = &world->clients[i];

    if (client->connection != output->connection)
      continue;
    if (output->message == NULL) {
      client->connection = 0;
      return;
    }
    if (output->message->type == RW_SIGNAL_RESILIENT_WELCOME) {
      if (!output->message->resumed)
        client->received = client->sent = 0;
      else
        client->sent = output->message->ack;
      g_free (client->token);
      client->token = g_strdup (output->message->token);
      g_free (client->peer_id);
      client->peer_id = g_strdup (output->message->peer_id);
    }
    if (output->message->type == RW_SIGNAL_WELCOME && client->peer_id == NULL)
      client->peer_id = g_strdup (output->message->peer_id);
    if (output->message->type == RW_SIGNAL_SESSION_STARTED)
      g_ptr_array_add (world->sessions, g_strdup (output->message->session_id));
    if (output->message->type == RW_SIGNAL_ROOM_JOINED)
      note_instance (world, output->message);
    if (output->seq > 0) {
      g_assert_cmpuint (output->seq, ==, client->received + 1);
      client->received++;
    }
    return;
  }
}

static char *
render (const RwSeatsOutput *output)
{
  const RwBrainMessage *message = output->message;

  if (message == NULL)
    return g_strdup_printf ("%" G_GUINT64_FORMAT " closed %u",
                            output->connection, output->close_code);
  return g_strdup_printf ("%" G_GUINT64_FORMAT
                          " %d %s %s %s %s #%" G_GUINT64_FORMAT
                          " <%" G_GUINT64_FORMAT,
                          output->connection, message->type, message->peer_id,
                          message->room_id, message->instance, message->code,
                          output->seq, output->has_ack ? output->ack : 0);
}

static void
tell_all (World *world, Input input, gpointer data)
{
  g_autoptr (GString) first = g_string_new (NULL);

  world->input++;
  for (guint i = 0; i < N_REPLICAS; i++) {
    Replica *replica = &world->replicas[i];
    g_autoptr (GString) said = g_string_new (NULL);
    RwSeatsOutput output;

    replica->input = world->input;
    replica->n = 0;
    rw_seats_set_cause (replica->seats, 1, world->input);
    input (replica->seats, data, world->now_us);
    while (rw_seats_pop (replica->seats, &output)) {
      g_autofree char *line = render (&output);

      g_string_append_printf (said, "%s\n", line);
      if (i == 0)
        hear (world, &output);
      rw_seats_output_clear (&output);
    }
    if (i == 0)
      g_string_assign (first, said->str);
    g_assert_cmpstr (said->str, ==, first->str);
  }
}

static void
input_connect (RwSeats *seats, gpointer data, gint64 now_us)
{
  guint64 connection = *(guint64 *) data;
  RwGrants *grants = NULL;

  if (connection % 3 == 0) {
    grants = rw_grants_new ("somebody");
    grants->rooms = g_strsplit ("a;b", ";", -1);
  }
  rw_seats_connect (seats, connection, grants);
}

static void
input_disconnect (RwSeats *seats, gpointer data, gint64 now_us)
{
  rw_seats_disconnect (seats, *(guint64 *) data, now_us);
}

static void
input_leave (RwSeats *seats, gpointer data, gint64 now_us)
{
  rw_seats_leave (seats, *(guint64 *) data, now_us);
}

static void
input_message (RwSeats *seats, gpointer data, gint64 now_us)
{
  const Said *said = data;

  rw_seats_handle (seats, said->connection, said->message, now_us);
}

static void
input_wake (RwSeats *seats, gpointer data, gint64 now_us)
{
  rw_seats_wake (seats, now_us);
}

/* --- What clients do --- */

static void
say (World *world, const Client *client, RwBrainMessage *message)
{
  Said said = {client->connection, message};

  if (client->resilient && client->received > 0) {
    message->has_ack = g_rand_boolean (world->rand);
    message->ack = client->received;
  }
  tell_all (world, input_message, &said);
  rw_brain_message_unref (message);
}

static const Client *
pick_peer (World *world)
{
  return &world->clients[g_rand_int_range (world->rand, 0, N_CONNECTIONS)];
}

static void
go_online (World *world, Client *client)
{
  RwBrainMessage *message;

  client->connection = ++world->last_connection;
  client->resilient =
      client->token != NULL || g_rand_int_range (world->rand, 0, 4) > 0;
  tell_all (world, input_connect, &client->connection);
  if (!client->resilient)
    return;

  message = rw_brain_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);
  message->version = RW_SIGNAL_VERSION_1_1;
  message->resilient = TRUE;
  message->token = g_strdup (client->token);
  message->ack = client->received;
  message->has_ack = FALSE;
  {
    Said said = {client->connection, message};

    tell_all (world, input_message, &said);
    rw_brain_message_unref (message);
  }
}

static void
go_offline (World *world, Client *client)
{
  guint64 connection = client->connection;

  if (g_rand_int_range (world->rand, 0, 8) == 0) {
    tell_all (world, input_leave, &connection);
    g_clear_pointer (&client->token, g_free);
  }
  tell_all (world, input_disconnect, &connection);
  client->connection = 0;
  if (client->token == NULL) {
    g_clear_pointer (&client->peer_id, g_free);
    client->received = client->sent = 0;
  }
}

static RwBrainMessage *
new_status (World *world)
{
  RwBrainMessage *message = rw_brain_message_new (RW_SIGNAL_SET_PEER_STATUS);
  static const RwRoles roles[] = {
      RW_ROLE_PRODUCER, RW_ROLE_PRODUCER | RW_ROLE_LISTENER,
      RW_ROLE_CONSUMER | RW_ROLE_LISTENER, RW_ROLE_LISTENER};

  message->roles = roles[g_rand_int_range (world->rand, 0, 4)];
  message->meta = g_ref_string_new (g_rand_boolean (world->rand) ? "1" : "{}");
  if (g_rand_boolean (world->rand))
    message->name = g_strdup (g_rand_boolean (world->rand) ? "x" : "y");
  return message;
}

static RwBrainMessage *
new_in_session (World *world, RwSignalType type)
{
  RwBrainMessage *message = rw_brain_message_new (type);
  guint n = world->sessions->len;

  message->session_id = g_strdup (
      n == 0 ? "none"
             : world->sessions
                   ->pdata[g_rand_int_range (world->rand, 0, (gint32) n)]);
  if (type == RW_SIGNAL_PEER)
    message->body = g_ref_string_new ("\"sdp\":{}");
  return message;
}

static RwBrainMessage *
new_in_room (World *world, RwSignalType type)
{
  RwBrainMessage *message = rw_brain_message_new (type);
  gint32 room = g_rand_int_range (world->rand, 0, N_ROOMS);

  message->room_id = g_strdup_printf ("%c", 'a' + (char) room);
  if (type == RW_SIGNAL_JOIN_ROOM && g_rand_boolean (world->rand)) {
    message->instance = g_strdup (world->instances[room]);
    message->sequence = (guint64) g_rand_int_range (world->rand, 0, 60);
  }
  message->meta = g_ref_string_new ("\"hello\"");
  message->number = (guint64) g_rand_int_range (world->rand, 0, 3);
  message->no_wait = g_rand_boolean (world->rand);
  return message;
}

static RwBrainMessage *
new_start (World *world)
{
  RwBrainMessage *message = rw_brain_message_new (RW_SIGNAL_START_SESSION);
  const Client *other = pick_peer (world);

  message->peer_id =
      g_strdup (other->peer_id != NULL ? other->peer_id : "nobody");
  if (g_rand_boolean (world->rand)) {
    message->request = rw_session_request_new ("c");
    message->request->stream_id = g_strdup ("s");
    message->request->next = 7;
  }
  return message;
}

static void
speak (World *world, Client *client)
{
  static const RwSignalType in_room[] = {
      RW_SIGNAL_JOIN_ROOM,     RW_SIGNAL_JOIN_ROOM,     RW_SIGNAL_LEAVE_ROOM,
      RW_SIGNAL_PUBLISH,       RW_SIGNAL_PUBLISH,       RW_SIGNAL_PUBLISH,
      RW_SIGNAL_REQUEST_FLOOR, RW_SIGNAL_RELEASE_FLOOR,
  };
  RwBrainMessage *message;

  switch (g_rand_int_range (world->rand, 0, 9)) {
  case 0:
    message = rw_brain_message_new (RW_SIGNAL_REPORT_QUALITY);
    message->quality =
        (RwQuality) g_rand_int_range (world->rand, RW_QUALITY_GOOD, 4);
    say (world, client, message);
    return;
  case 1:
    say (world, client, new_status (world));
    return;
  case 2:
    message = new_start (world);
    break;
  case 3:
    message = new_in_session (world, RW_SIGNAL_PEER);
    break;
  case 4:
    message = new_in_session (world, RW_SIGNAL_END_SESSION);
    break;
  default:
    say (world, client,
         new_in_room (world, in_room[g_rand_int_range (
                                 world->rand, 0, G_N_ELEMENTS (in_room))]));
    return;
  }

  if (client->resilient && client->token != NULL)
    message->seq = ++client->sent;
  say (world, client, message);
}

static void
step (World *world)
{
  Client *client =
      &world->clients[g_rand_int_range (world->rand, 0, N_CONNECTIONS)];

  world->now_us += g_rand_int_range (world->rand, 0, 100000);
  if (rw_seats_get_wake_us (world->replicas[0].seats) <= world->now_us)
    tell_all (world, input_wake, NULL);
  else if (client->connection == 0)
    go_online (world, client);
  else if (g_rand_int_range (world->rand, 0, 12) == 0)
    go_offline (world, client);
  else
    speak (world, client);
}

/* --- The world --- */

static World *
world_new (guint32 seed)
{
  World *world = g_new0 (World, 1);

  world->rand = g_rand_new_with_seed (seed);
  world->now_us = SECOND;
  world->sessions = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < N_REPLICAS; i++)
    replica_init (&world->replicas[i]);
  return world;
}

static void
world_free (World *world)
{
  for (guint i = 0; i < N_REPLICAS; i++)
    rw_seats_free (world->replicas[i].seats);
  for (guint i = 0; i < N_CONNECTIONS; i++) {
    g_free (world->clients[i].token);
    g_free (world->clients[i].peer_id);
  }
  g_ptr_array_unref (world->sessions);
  for (guint i = 0; i < N_ROOMS; i++)
    g_free (world->instances[i]);
  g_rand_free (world->rand);
  g_free (world);
}

static GBytes *
save (const Replica *replica)
{
  g_autoptr (GVariant) state =
      g_variant_ref_sink (rw_seats_save (replica->seats));

  return g_variant_get_data_as_bytes (state);
}

static RwSeats *
load (const RwSeatsConfig *config, GBytes *bytes, GError **error)
{
  g_autoptr (GVariant) state = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, FALSE));

  return rw_seats_load (config, state, error);
}

static void
reload (Replica *replica)
{
  g_autoptr (GBytes) bytes = save (replica);
  g_autoptr (GError) error = NULL;
  RwSeats *seats = load (&replica->config, bytes, &error);

  g_assert_no_error (error);
  rw_seats_free (replica->seats);
  replica->seats = seats;
}

static void
assert_same (World *world)
{
  g_autoptr (GBytes) first = save (&world->replicas[0]);

  for (guint i = 1; i < N_REPLICAS; i++) {
    g_autoptr (GBytes) other = save (&world->replicas[i]);

    g_assert_true (g_bytes_equal (first, other));
  }
}

/* --- Tests --- */

static void
run_seed (guint32 seed, guint64 *n_resumed)
{
  World *world = world_new (seed);
  RwSeatsCounts counts;

  for (guint i = 0; i < N_INPUTS; i++) {
    step (world);
    if (g_rand_int_range (world->rand, 0, 20) == 0)
      reload (&world->replicas[2]);
  }
  assert_same (world);
  rw_seats_get_counts (world->replicas[0].seats, &counts);
  *n_resumed += counts.resumed;
  world_free (world);
}

static void
test_same (void)
{
  const char *only = g_getenv ("RW_SEED");
  guint64 n_resumed = 0;

  if (only != NULL) {
    run_seed ((guint32) g_ascii_strtoull (only, NULL, 10), &n_resumed);
    return;
  }
  for (guint32 seed = 1; seed <= N_SEEDS; seed++) {
    g_test_message ("RW_SEED=%u", seed);
    run_seed (seed, &n_resumed);
  }
  /* Else the clients did nothing that was worth it. */
  g_assert_cmpuint (n_resumed, >, N_SEEDS);
}

static void
test_empty (void)
{
  World *world = world_new (1);

  reload (&world->replicas[1]);
  assert_same (world);
  world_free (world);
}

static void
test_version (void)
{
  World *world = world_new (1);
  g_autoptr (GVariant) state =
      g_variant_ref_sink (g_variant_new_parsed ("{'version': <uint32 999>}"));
  g_autoptr (GVariant) nothing =
      g_variant_ref_sink (g_variant_new_parsed ("@a{sv} {}"));
  g_autoptr (GError) error = NULL;

  g_assert_null (rw_seats_load (&world->replicas[0].config, state, &error));
  g_assert_error (error, RW_STATE_ERROR, RW_STATE_ERROR_VERSION);
  g_clear_error (&error);
  g_assert_null (rw_seats_load (&world->replicas[0].config, nothing, &error));
  g_assert_error (error, RW_STATE_ERROR, RW_STATE_ERROR_DAMAGED);
  world_free (world);
}

/* Whatever stands there is refused with an error, or can be lived with. */
static void
live_with (World *world, GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  Replica *replica = &world->replicas[0];
  RwSeats *seats = load (&replica->config, bytes, &error);

  if (seats == NULL) {
    g_assert_nonnull (error);
    return;
  }
  for (guint i = 0; i < N_REPLICAS; i++) {
    rw_seats_free (world->replicas[i].seats);
    world->replicas[i].seats =
        i == 0 ? seats : load (&replica->config, bytes, NULL);
  }
  for (guint i = 0; i < 20; i++) {
    RwSeatsOutput output;

    world->now_us += SECOND;
    rw_seats_wake (seats, world->now_us);
    while (rw_seats_pop (seats, &output))
      rw_seats_output_clear (&output);
  }
}

static void
test_damaged (void)
{
  g_autoptr (GBytes) bytes = NULL;
  World *world = world_new (7);

  for (guint i = 0; i < N_INPUTS; i++)
    step (world);
  bytes = save (&world->replicas[0]);

  for (guint i = 0; i < N_DAMAGED; i++) {
    gsize size;
    gconstpointer data = g_bytes_get_data (bytes, &size);
    guint8 *copy = g_memdup2 (data, size);
    g_autoptr (GBytes) damaged = NULL;

    for (guint n = 1 + i % 3; n > 0; n--)
      copy[g_rand_int_range (world->rand, 0, (gint32) size)] =
          (guint8) g_rand_int (world->rand);
    damaged = g_bytes_new_take (copy, size);
    live_with (world, damaged);
  }
  world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/seats-state/empty", test_empty);
  g_test_add_func ("/seats-state/same", test_same);
  g_test_add_func ("/seats-state/version", test_version);
  g_test_add_func ("/seats-state/damaged", test_damaged);

  return g_test_run ();
}

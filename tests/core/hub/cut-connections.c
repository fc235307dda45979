/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-clients.h"

#include "rw-resend-queue.h"

#include <string.h>

/* A client and the server over connections that are cut at any moment. */

/* --- Simulation: a client of ours and a stranger talk through the server,
 * and the client's connection is cut at any moment. Each side must hear what
 * the other said once, and in order. --- */

typedef struct {
  TestClients *f;
  RwResendQueue *replay;
  guint64 connection;
  guint64 last_connection;
  char *token;
  gboolean is_welcome;
  GQueue to_server; /* RwSignalMessage, on the wire */
  GQueue to_client; /* RwClientsOutput, on the wire */
  guint said;
  guint heard;
  guint stranger_said;
  guint stranger_heard;
} Sim;

static void
sim_write (Sim *sim, RwSignalMessage *message)
{
  g_queue_push_tail (&sim->to_server, message);
}

static RwSignalMessage *
sim_peer (const char *body, guint64 seq)
{
  RwSignalMessage *m = test_clients_new_message (RW_SIGNAL_PEER, seq);

  m->session_id = g_strdup ("i3");
  m->candidate = g_strdup (body);
  return m;
}

static void
sim_send (Sim *sim)
{
  char *body = g_strdup_printf ("%u", ++sim->said);
  guint64 seq = rw_resend_queue_send (sim->replay, body);

  g_assert_cmpuint (seq, !=, 0);
  if (sim->is_welcome)
    sim_write (sim, sim_peer (body, seq));
}

static void
sim_clear (Sim *sim)
{
  RwClientsOutput *output;

  g_queue_clear_full (&sim->to_server,
                      (GDestroyNotify) rw_signal_message_unref);
  while ((output = g_queue_pop_head (&sim->to_client)) != NULL) {
    rw_clients_output_clear (output);
    g_free (output);
  }
}

static void
sim_connect (Sim *sim)
{
  RwSignalMessage *hello =
      rw_signal_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);

  sim->connection = ++sim->last_connection;
  sim->is_welcome = FALSE;
  hello->extension_version = 1;
  hello->token = test_clients_dup_token (sim->f, sim->token);
  hello->resume_ack = rw_resend_queue_get_received (sim->replay);
  sim_write (sim, hello);
  rw_clients_connect (sim->f->clients, sim->connection, NULL, sim->f->now_us);
}

/* Bytes in flight are lost with the line. The server may notice later, or only
 * when the client is claimed. */
static void
sim_cut (Sim *sim)
{
  guint64 old = sim->connection;

  sim_clear (sim);
  sim->connection = 0;
  sim->is_welcome = FALSE;
  if (g_test_rand_bit ())
    rw_clients_disconnect (sim->f->clients, old, sim->f->now_us);
}

static void
sim_client_receives (Sim *sim, const RwClientsOutput *output)
{
  const RwSignalMessage *m = output->message;
  const char *body;
  guint64 seq;

  if (m->type == RW_SIGNAL_WELCOME)
    return;
  if (m->type == RW_SIGNAL_RESILIENT_WELCOME) {
    g_assert_true (m->resumed);
    g_assert_true (rw_resend_queue_resume (sim->replay, m->resume_ack));
    sim->is_welcome = TRUE;
    while ((body = rw_resend_queue_next (sim->replay, &seq)) != NULL)
      sim_write (sim, sim_peer (body, seq));
    return;
  }

  g_assert_true (!output->has_ack ||
                 rw_resend_queue_acknowledge (sim->replay, output->ack));
  if (output->seq == 0)
    return;
  switch (rw_resend_queue_receive (sim->replay, output->seq)) {
  case RW_RESEND_QUEUE_NEW:
    g_assert_cmpint (m->type, ==, RW_SIGNAL_PEER);
    g_assert_cmpuint (g_ascii_strtoull (m->candidate, NULL, 10), ==,
                      ++sim->heard);
    break;
  case RW_RESEND_QUEUE_DUPLICATE:
    break;
  case RW_RESEND_QUEUE_GAP:
  default:
    g_assert_not_reached ();
  }
}

/* Takes what the server gives out: the stranger's line never breaks. */
static void
sim_collect (Sim *sim)
{
  RwClientsOutput output;

  while (rw_clients_pop (sim->f->clients, &output)) {
    if (output.connection == 1000000) {
      g_assert_cmpuint (g_ascii_strtoull (output.message->candidate, NULL, 10),
                        ==, ++sim->stranger_heard);
      rw_clients_output_clear (&output);
    } else if (output.message == NULL) {
      g_assert_cmpuint (output.close_code, ==, RW_CLOSE_RESUMED);
    } else if (output.connection != sim->connection) {
      rw_clients_output_clear (&output);
    } else {
      g_queue_push_tail (&sim->to_client, g_memdup2 (&output, sizeof output));
    }
  }
}

static void
sim_deliver_to_server (Sim *sim)
{
  RwSignalMessage *m = g_queue_pop_head (&sim->to_server);

  if (m == NULL)
    return;

  test_clients_send (sim->f, sim->connection, m);
  sim_collect (sim);
}

static void
sim_deliver_to_client (Sim *sim)
{
  RwClientsOutput *output = g_queue_pop_head (&sim->to_client);
  RwSignalMessage *ack;

  if (output == NULL)
    return;

  sim_client_receives (sim, output);
  rw_clients_output_clear (output);
  g_free (output);
  if (!sim->is_welcome || !rw_resend_queue_is_ack_due (sim->replay))
    return;
  ack = rw_signal_message_new (RW_SIGNAL_ACK);
  ack->has_ack = TRUE;
  ack->ack = rw_resend_queue_get_received (sim->replay);
  rw_resend_queue_note_acknowledged (sim->replay);
  sim_write (sim, ack);
}

static void
sim_step (Sim *sim)
{
  switch (g_test_rand_int_range (0, 20)) {
  case 0:
    if (sim->connection != 0)
      sim_cut (sim);
    break;
  case 1:
  case 2:
    if (sim->connection == 0)
      sim_connect (sim);
    break;
  case 3:
  case 4:
    if (!rw_resend_queue_is_full (sim->replay))
      sim_send (sim);
    break;
  case 5:
  case 6: {
    g_autofree char *body = g_strdup_printf ("%u", ++sim->stranger_said);

    /* Never nearly as many as may be kept for a client that is away. */
    if (sim->stranger_said - sim->heard < 15)
      test_clients_send_peer (sim->f, 1000000, "i3", body, 0);
    else
      sim->stranger_said--;
    break;
  }
  case 7:
    test_clients_pass_time (sim->f, g_test_rand_int_range (0, 300 * 1000));
    break;
  default:
    if (g_test_rand_bit ())
      sim_deliver_to_server (sim);
    else
      sim_deliver_to_client (sim);
    break;
  }
  sim_collect (sim);
}

static void
sim_settle (Sim *sim)
{
  if (sim->connection == 0)
    sim_connect (sim);
  sim_collect (sim);
  for (guint i = 0; i < 400; i++) {
    sim_deliver_to_server (sim);
    sim_deliver_to_client (sim);
  }
}

static void
test_every_message_arrives_once_over_cut_connections (TestClients *f,
                                                      gconstpointer unused)
{
  Sim sim = {.f = f, .token = g_strdup ("i1.t1"), .last_connection = 1};

  sim.replay = rw_resend_queue_new (20, 5, g_free);
  test_clients_connect_resumable (f, 1, RW_ROLE_PRODUCER, NULL);
  sim.connection = 1;
  sim.is_welcome = TRUE;
  test_clients_connect_plain (f, 1000000, RW_ROLE_NONE);
  test_clients_send_start (f, 1000000, "i1", 0);
  test_clients_drop_output (f);
  /* The startSession, which was the client's first numbered message. */
  g_assert_cmpint (rw_resend_queue_receive (sim.replay, 1), ==,
                   RW_RESEND_QUEUE_NEW);

  for (guint i = 0; i < 100000; i++) {
    /* The client is never away for the whole grace. */
    if (sim.connection == 0 && g_test_rand_int_range (0, 30) == 0)
      sim_connect (&sim);
    sim_step (&sim);
  }
  sim_settle (&sim);

  g_assert_cmpuint (sim.said, >, 1000);
  g_assert_cmpuint (sim.stranger_said, >, 1000);
  g_assert_cmpuint (sim.last_connection, >, 1000);
  g_assert_cmpuint (sim.stranger_heard, ==, sim.said);
  g_assert_cmpuint (sim.heard, ==, sim.stranger_said);

  sim_clear (&sim);
  rw_resend_queue_free (sim.replay);
  g_free (sim.token);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add (
      "/cut-connections/every-message-arrives-once-over-cut-connections",
      TestClients, GUINT_TO_POINTER (1000), test_clients_set_up,
      test_every_message_arrives_once_over_cut_connections,
      test_clients_tear_down);

  return g_test_run ();
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-clients.h"

#include <string.h>

/* Pops, and notes the tokens that are given out. */
gboolean
test_clients_pop (TestClients *f, RwClientsOutput *output)
{
  if (!rw_clients_pop (f->clients, output))
    return FALSE;

  if (output->message != NULL &&
      output->message->type == RW_SIGNAL_RESILIENT_WELCOME)
    g_hash_table_replace (f->tokens,
                          g_strdup (strrchr (output->message->token, '.') + 1),
                          g_strdup (output->message->token));
  return TRUE;
}

char *
test_clients_dup_token (TestClients *f, const char *secret)
{
  const char *token =
      secret != NULL ? g_hash_table_lookup (f->tokens, secret) : NULL;

  return g_strdup (token != NULL ? token : secret);
}

static char *
next_id (gpointer user_data)
{
  TestClients *f = user_data;

  return g_strdup_printf ("i%u", ++f->n_ids);
}

static char *
next_token (gpointer user_data)
{
  TestClients *f = user_data;

  return g_strdup_printf ("t%u", ++f->n_tokens);
}

/* @max_kept: NULL for few */
void
test_clients_set_up (TestClients *f, gconstpointer max_kept)
{
  RwClientsConfig config = {
      .new_id = next_id,
      .new_token = next_token,
      .user_data = f,
      .grace_us = 30 * SECOND,
      .max_kept = 20,
      .max_kept_bytes = 20000,
      .max_waiting = 3,
      .rooms = {.max_rooms = 3,
                .max_rooms_per_member = 3,
                .max_messages = 10,
                .max_bytes = 1000000,
                .max_age_us = 300 * SECOND},
  };

  if (max_kept != NULL) {
    config.max_kept = GPOINTER_TO_UINT (max_kept);
    config.max_kept_bytes = G_MAXUINT;
  }
  f->clients = rw_clients_new (&config);
  f->tokens = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  f->now_us = SECOND;
}

void
test_clients_tear_down (TestClients *f, gconstpointer unused)
{
  rw_clients_free (f->clients);
  g_hash_table_unref (f->tokens);
}

static const char *
name_of (const RwSignalMessage *message)
{
  switch (message->type) {
  case RW_SIGNAL_WELCOME:
    return "welcome";
  case RW_SIGNAL_RESILIENT_WELCOME:
    return message->resumed ? "resumed" : "new";
  case RW_SIGNAL_PEER_STATUS_CHANGED:
    return message->roles == RW_ROLE_NONE ? "gone" : "status";
  case RW_SIGNAL_SESSION_STARTED:
    return "started";
  case RW_SIGNAL_START_SESSION:
    return "start";
  case RW_SIGNAL_END_SESSION:
    return "end";
  case RW_SIGNAL_PEER:
    return "peer";
  case RW_SIGNAL_LIST:
    return "list";
  case RW_SIGNAL_ACK:
    return "ack";
  case RW_SIGNAL_ERROR_REPLY:
    return message->code;
  default:
    return "?";
  }
}

static char *
render (const RwClientsOutput *output)
{
  GString *line = g_string_new (NULL);

  g_string_append_printf (line, "%" G_GUINT64_FORMAT, output->connection);
  if (output->message == NULL) {
    g_string_append_printf (line, " close %u", output->close_code);
    return g_string_free (line, FALSE);
  }

  g_string_append_printf (line, " %s", name_of (output->message));
  if (output->message->peer_id != NULL)
    g_string_append_printf (line, " %s", output->message->peer_id);
  if (output->message->candidate != NULL)
    g_string_append_printf (line, " %s", output->message->candidate);
  if (output->message->type == RW_SIGNAL_RESILIENT_WELCOME)
    g_string_append_printf (line, " %.*s <%" G_GUINT64_FORMAT, 64,
                            strrchr (output->message->token, '.') + 1,
                            output->message->resume_ack);
  if (output->seq > 0)
    g_string_append_printf (line, " #%" G_GUINT64_FORMAT, output->seq);
  if (output->has_ack)
    g_string_append_printf (line, " <%" G_GUINT64_FORMAT, output->ack);

  return g_string_free (line, FALSE);
}

void
test_clients_expect (TestClients *f, const char *first, ...)
{
  const char *line = first;
  va_list lines;

  va_start (lines, first);
  for (;;) {
    g_autofree char *got = NULL;
    RwClientsOutput output;

    if (test_clients_pop (f, &output)) {
      got = render (&output);
      rw_clients_output_clear (&output);
    }
    g_assert_cmpstr (got, ==, line);
    if (line == NULL)
      break;
    line = va_arg (lines, const char *);
  }
  va_end (lines);
}

void
test_clients_expect_nothing (TestClients *f)
{
  RwClientsOutput output;

  g_assert_false (test_clients_pop (f, &output));
}

void
test_clients_drop_output (TestClients *f)
{
  RwClientsOutput output;

  while (test_clients_pop (f, &output))
    rw_clients_output_clear (&output);
}

void
test_clients_send (TestClients *f, guint64 connection, RwSignalMessage *message)
{
  rw_clients_handle (f->clients, connection, message, f->now_us);
  rw_signal_message_unref (message);
}

RwSignalMessage *
test_clients_new_message (RwSignalType type, guint64 seq)
{
  RwSignalMessage *message = rw_signal_message_new (type);

  message->seq = seq;
  return message;
}

void
test_clients_request (TestClients *f, guint64 connection, const char *token,
                      guint64 ack)
{
  RwSignalMessage *m = rw_signal_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);

  m->extension_version = 1;
  m->token = test_clients_dup_token (f, token);
  m->resume_ack = ack;
  test_clients_send (f, connection, m);
}

/* Says that it is the @attempt-th, of a client that knows more than who was not
 * there. */
void
test_clients_resume (TestClients *f, guint64 connection, const char *token,
                     guint64 attempt, gboolean degraded)
{
  RwSignalMessage *m = rw_signal_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);

  m->extension_version = 1;
  m->token = test_clients_dup_token (f, token);
  m->attempt = attempt;
  m->degraded = degraded;
  rw_clients_connect (f->clients, connection, NULL, f->now_us);
  test_clients_drop_output (f);
  test_clients_send (f, connection, m);
}

void
test_clients_send_status (TestClients *f, guint64 connection, RwRoles roles,
                          const char *name)
{
  RwSignalMessage *m = rw_signal_message_new (RW_SIGNAL_SET_PEER_STATUS);

  m->roles = roles;
  m->name = g_strdup (name);
  test_clients_send (f, connection, m);
}

void
test_clients_send_start (TestClients *f, guint64 connection, const char *peer,
                         guint64 seq)
{
  RwSignalMessage *m = test_clients_new_message (RW_SIGNAL_START_SESSION, seq);

  m->peer_id = g_strdup (peer);
  test_clients_send (f, connection, m);
}

void
test_clients_send_peer (TestClients *f, guint64 connection, const char *session,
                        const char *body, guint64 seq)
{
  RwSignalMessage *m = test_clients_new_message (RW_SIGNAL_PEER, seq);

  m->session_id = g_strdup (session);
  m->candidate = g_strdup (body);
  test_clients_send (f, connection, m);
}

void
test_clients_send_ack (TestClients *f, guint64 connection, guint64 ack)
{
  RwSignalMessage *m = rw_signal_message_new (RW_SIGNAL_ACK);

  m->has_ack = TRUE;
  m->ack = ack;
  test_clients_send (f, connection, m);
}

void
test_clients_connect_plain (TestClients *f, guint64 connection, RwRoles roles)
{
  rw_clients_connect (f->clients, connection, NULL, f->now_us);
  if (roles != RW_ROLE_NONE)
    test_clients_send_status (f, connection, roles, NULL);
  test_clients_drop_output (f);
}

void
test_clients_connect_resumable (TestClients *f, guint64 connection,
                                RwRoles roles, const char *name)
{
  rw_clients_connect (f->clients, connection, NULL, f->now_us);
  test_clients_request (f, connection, NULL, 0);
  if (roles != RW_ROLE_NONE)
    test_clients_send_status (f, connection, roles, name);
  test_clients_drop_output (f);
}

void
test_clients_disconnect (TestClients *f, guint64 connection)
{
  rw_clients_disconnect (f->clients, connection, f->now_us);
}

void
test_clients_pass_time (TestClients *f, gint64 us)
{
  f->now_us += us;
  while (rw_clients_get_wake_us (f->clients) <= f->now_us)
    rw_clients_wake (f->clients, f->now_us);
}

void
test_clients_send_meta (TestClients *f, guint64 connection, const char *meta)
{
  RwSignalMessage *m = rw_signal_message_new (RW_SIGNAL_SET_PEER_STATUS);

  m->roles = RW_ROLE_PRODUCER;
  m->meta = g_ref_string_new (meta);
  test_clients_send (f, connection, m);
}

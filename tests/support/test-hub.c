/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-hub.h"

static char *
next_session_id (gpointer user_data)
{
  TestHub *f = user_data;

  return g_strdup_printf ("s%u", ++f->n_ids);
}

void
test_hub_set_up (TestHub *f, gconstpointer unused)
{
  f->hub = rw_hub_new (next_session_id, f);
}

void
test_hub_tear_down (TestHub *f, gconstpointer unused)
{
  rw_hub_free (f->hub);
}

static void
render_roles (GString *line, RwRoles roles)
{
  g_string_append (line, " [");
  if (roles & RW_ROLE_PRODUCER)
    g_string_append_c (line, 'P');
  if (roles & RW_ROLE_LISTENER)
    g_string_append_c (line, 'L');
  if (roles & RW_ROLE_CONSUMER)
    g_string_append_c (line, 'C');
  g_string_append_c (line, ']');
}

static const char *
name_of (RwSignalType type)
{
  switch (type) {
  case RW_SIGNAL_WELCOME:
    return "welcome";
  case RW_SIGNAL_PEER_STATUS_CHANGED:
    return "status";
  case RW_SIGNAL_SESSION_STARTED:
    return "started";
  case RW_SIGNAL_START_SESSION:
    return "start";
  case RW_SIGNAL_END_SESSION:
    return "end";
  case RW_SIGNAL_END_SESSION_V1_1:
    return "end-v1_1";
  case RW_SIGNAL_PEER:
    return "peer";
  case RW_SIGNAL_LIST:
    return "list";
  case RW_SIGNAL_LIST_CONSUMERS:
    return "list-consumers";
  case RW_SIGNAL_ERROR_REPLY:
    return "error";
  default:
    return "?";
  }
}

static void
append_field (GString *line, const char *field)
{
  if (field != NULL)
    g_string_append_printf (line, " %s", field);
}

static char *
render (const char *id, const RwSignalMessage *message)
{
  GString *line = g_string_new (id);

  append_field (line, name_of (message->type));
  append_field (line, message->peer_id);
  append_field (line, message->session_id);
  if (message->type == RW_SIGNAL_PEER_STATUS_CHANGED)
    render_roles (line, message->roles);
  append_field (line, message->meta);
  append_field (line, message->offer);
  append_field (line, message->candidate);
  append_field (line, message->reason);
  append_field (line, message->code);
  if (message->request.consumer_id != NULL)
    g_string_append_printf (line, " %s@%" G_GUINT64_FORMAT,
                            message->request.consumer_id,
                            message->request.next);
  for (guint i = 0; message->peers != NULL && i < message->peers->len; i++) {
    const RwSignalPeer *peer = g_ptr_array_index (message->peers, i);

    g_string_append_printf (line, " %s=%s", peer->id,
                            peer->meta != NULL ? peer->meta : "null");
  }

  return g_string_free (line, FALSE);
}

void
test_hub_expect (TestHub *f, const char *first, ...)
{
  const char *line = first;
  va_list lines;

  va_start (lines, first);
  for (;;) {
    g_autofree char *id = NULL;
    g_autofree char *got = NULL;
    g_autoptr (RwSignalMessage) message = rw_hub_pop (f->hub, &id);

    if (message != NULL)
      got = render (id, message);
    g_assert_cmpstr (got, ==, line);
    if (line == NULL)
      break;
    line = va_arg (lines, const char *);
  }
  va_end (lines);
}

void
test_hub_expect_nothing (TestHub *f)
{
  g_autofree char *id = NULL;

  g_assert_null (rw_hub_pop (f->hub, &id));
}

void
test_hub_drop_output (TestHub *f)
{
  for (;;) {
    g_autofree char *id = NULL;
    g_autoptr (RwSignalMessage) message = rw_hub_pop (f->hub, &id);

    if (message == NULL)
      return;
  }
}

void
test_hub_send (TestHub *f, const char *id, RwSignalMessage *message)
{
  rw_hub_handle (f->hub, id, message);
  rw_signal_message_unref (message);
}

void
test_hub_send_type (TestHub *f, const char *id, RwSignalType type)
{
  test_hub_send (f, id, rw_signal_message_new (type));
}

void
test_hub_send_version (TestHub *f, const char *id, RwSignalVersion version,
                       gboolean resilient)
{
  RwSignalMessage *m = rw_signal_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);

  m->version = version;
  m->extension_version = resilient ? 1 : 0;
  test_hub_send (f, id, m);
}

void
test_hub_send_status (TestHub *f, const char *id, RwRoles roles,
                      const char *meta, const char *name)
{
  RwSignalMessage *m = rw_signal_message_new (RW_SIGNAL_SET_PEER_STATUS);

  m->roles = roles;
  m->meta = meta != NULL ? g_ref_string_new (meta) : NULL;
  m->name = g_strdup (name);
  test_hub_send (f, id, m);
}

void
test_hub_send_start (TestHub *f, const char *id, const char *peer,
                     const char *offer)
{
  RwSignalMessage *m = rw_signal_message_new (RW_SIGNAL_START_SESSION);

  m->peer_id = g_strdup (peer);
  m->offer = g_strdup (offer);
  test_hub_send (f, id, m);
}

void
test_hub_send_end (TestHub *f, const char *id, const char *session,
                   const char *reason)
{
  RwSignalMessage *m = rw_signal_message_new (
      reason != NULL ? RW_SIGNAL_END_SESSION_V1_1 : RW_SIGNAL_END_SESSION);

  m->session_id = g_strdup (session);
  m->reason = g_strdup (reason);
  test_hub_send (f, id, m);
}

void
test_hub_send_peer (TestHub *f, const char *id, const char *session,
                    const char *body)
{
  RwSignalMessage *m = rw_signal_message_new (RW_SIGNAL_PEER);

  m->session_id = g_strdup (session);
  m->candidate = g_strdup (body);
  test_hub_send (f, id, m);
}

void
test_hub_add (TestHub *f, const char *id, RwRoles roles)
{
  rw_hub_add_client (f->hub, id);
  if (roles != RW_ROLE_NONE)
    test_hub_send_status (f, id, roles, NULL, NULL);
  test_hub_drop_output (f);
}

/* Producer "p" and consumer "c" in the session "s1". */
void
test_hub_add_pair (TestHub *f)
{
  test_hub_add (f, "p", RW_ROLE_PRODUCER);
  test_hub_add (f, "c", RW_ROLE_NONE);
  test_hub_send_start (f, "c", "p", NULL);
  test_hub_drop_output (f);
}

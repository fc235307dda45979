/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signal-json.h"

#include <string.h>

#include "rw-json-print.h"

/* RwSignalMessage -> JSON text, by the table. Written here rather than with
 * JsonBuilder, so that a meta goes into the text as it is, instead of being
 * parsed into nodes to be printed again. */

static void
print_flags (GString *out, const RwSignalMember *member, guint flags)
{
  const char *comma = "";

  g_string_append_c (out, '[');
  for (guint i = 0; member->words[i] != NULL; i++) {
    if ((flags >> i & 1) == 0)
      continue;
    g_string_append_printf (out, "%s\"%s\"", comma, member->words[i]);
    comma = ",";
  }
  g_string_append_c (out, ']');
}

static void
print_peers (GString *out, const GPtrArray *peers)
{
  g_string_append_c (out, '[');
  for (guint i = 0; i < peers->len; i++) {
    const RwSignalPeer *peer = g_ptr_array_index (peers, i);

    g_string_append (out, i > 0 ? ",{" : "{");
    rw_json_print_name (out, "id");
    rw_json_print_string (out, peer->id);
    rw_json_print_name (out, "meta");
    g_string_append (out, peer->meta != NULL ? peer->meta : "null");
    g_string_append_c (out, '}');
  }
  g_string_append_c (out, ']');
}

static void
print_ice_server (GString *out, const RwIceServer *server)
{
  g_string_append_c (out, '{');
  rw_json_print_name (out, "urls");
  g_string_append_c (out, '[');
  for (guint i = 0; server->urls[i] != NULL; i++) {
    if (i > 0)
      g_string_append_c (out, ',');
    rw_json_print_string (out, server->urls[i]);
  }
  g_string_append_c (out, ']');
  if (server->username != NULL) {
    rw_json_print_name (out, "username");
    rw_json_print_string (out, server->username);
  }
  if (server->credential != NULL) {
    rw_json_print_name (out, "credential");
    rw_json_print_string (out, server->credential);
  }
  g_string_append_c (out, '}');
}

static void
print_ice_servers (GString *out, const GPtrArray *servers)
{
  g_string_append_c (out, '[');
  for (guint i = 0; i < servers->len; i++) {
    if (i > 0)
      g_string_append_c (out, ',');
    print_ice_server (out, g_ptr_array_index (servers, i));
  }
  g_string_append_c (out, ']');
}

static void
print_value (GString *out, const RwSignalMember *member, gconstpointer field)
{
  const GRefString *json;

  switch (member->kind) {
  case RW_SIGNAL_KIND_STRING:
  case RW_SIGNAL_KIND_ID:
    rw_json_print_string (out, *(const char *const *) field);
    return;
  case RW_SIGNAL_KIND_JSON:
    json = *(GRefString *const *) field;
    g_string_append (out, json != NULL ? json : "null");
    return;
  case RW_SIGNAL_KIND_UINT:
  case RW_SIGNAL_KIND_MAYBE_UINT:
    g_string_append_printf (out, "%" G_GUINT64_FORMAT,
                            *(const guint64 *) field);
    return;
  case RW_SIGNAL_KIND_DECIMAL:
    g_string_append_printf (out, "\"%" G_GUINT64_FORMAT "\"",
                            *(const guint64 *) field);
    return;
  case RW_SIGNAL_KIND_NUMBER:
    rw_json_print_double (out, *(const double *) field);
    return;
  case RW_SIGNAL_KIND_BOOL:
    g_string_append (out, *(const gboolean *) field ? "true" : "false");
    return;
  case RW_SIGNAL_KIND_NEGATED:
    g_string_append (out, *(const gboolean *) field ? "false" : "true");
    return;
  case RW_SIGNAL_KIND_ENUM:
    rw_json_print_string (out, member->words[*(const guint *) field]);
    return;
  case RW_SIGNAL_KIND_FLAGS:
    print_flags (out, member, *(const guint *) field);
    return;
  case RW_SIGNAL_KIND_PEERS:
    print_peers (out, *(GPtrArray *const *) field);
    return;
  case RW_SIGNAL_KIND_ICE_SERVERS:
  default:
    print_ice_servers (out, *(GPtrArray *const *) field);
    return;
  }
}

/* Of the members up to @member. */
static gboolean
is_named_set (const RwSignalMember *members, const RwSignalMember *member,
              const RwSignalMessage *message)
{
  for (const RwSignalMember *m = members; m != member; m++)
    if (g_strcmp0 (m->object, member->object) == 0 &&
        g_str_equal (m->name, member->with))
      return rw_signal_member_is_set (m, message);
  return FALSE;
}

static gboolean
is_written (const RwSignalMember *members, const RwSignalMember *member,
            const RwSignalMessage *message)
{
  if (member->with != NULL)
    return is_named_set (members, member, message);
  return member->need != RW_SIGNAL_IF_SET ||
         rw_signal_member_is_set (member, message);
}

static gboolean
is_same_object (const RwSignalMember *a, const RwSignalMember *b)
{
  return b->name != NULL && g_strcmp0 (a->object, b->object) == 0;
}

static gboolean
is_any_set (const RwSignalMember *first, const RwSignalMessage *message)
{
  for (const RwSignalMember *m = first; is_same_object (first, m); m++)
    if (rw_signal_member_is_set (m, message))
      return TRUE;
  return FALSE;
}

static void
print_member (GString *out, const RwSignalMember *member,
              const RwSignalMessage *message)
{
  rw_json_print_name (out, member->name);
  print_value (out, member, G_STRUCT_MEMBER_P (message, member->offset));
}

/* The object that begins with @first, if there is anything in it. Returns the
 * member after it. */
static const RwSignalMember *
print_object (GString *out, const RwSignalMember *members,
              const RwSignalMember *first, const RwSignalMessage *message)
{
  gboolean is_there = is_any_set (first, message);
  const RwSignalMember *m;

  if (is_there) {
    rw_json_print_name (out, first->object);
    g_string_append_c (out, '{');
  }
  for (m = first; is_same_object (first, m); m++)
    if (is_there && is_written (members, m, message))
      print_member (out, m, message);
  if (is_there)
    g_string_append_c (out, '}');
  return m;
}

static void
print_members (GString *out, const RwSignalMember *members,
               const RwSignalMessage *message)
{
  const RwSignalMember *m = members;

  while (m->name != NULL) {
    if (m->object != NULL) {
      m = print_object (out, members, m, message);
      continue;
    }
    if (is_written (members, m, message))
      print_member (out, m, message);
    m++;
  }
}

static char *
print (const RwSignalMessage *self, gboolean numbered)
{
  const RwSignalSchema *schema = rw_signal_schema_get (self->type);
  GString *out = g_string_new ("{");

  rw_json_print_name (out, "type");
  rw_json_print_string (out, schema->name);
  print_members (out, schema->members, self);
  if (numbered && !schema->is_unnumbered)
    print_members (out, rw_signal_schema_get_common (), self);
  g_string_append_c (out, '}');
  return g_string_free (out, FALSE);
}

/** rw_signal_message_to_json: one frame's text; free with g_free(). */
char *
rw_signal_message_to_json (const RwSignalMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return print (self, TRUE);
}

/** rw_signal_message_to_unnumbered_json: without the members that any type may
 * have: one text is written for many clients, and each has numbers of its own.
 */
char *
rw_signal_message_to_unnumbered_json (const RwSignalMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return print (self, FALSE);
}

/**
 * rw_signal_json_print_numbers:
 * @tail: of %RW_SIGNAL_JSON_MAX_NUMBERS bytes
 * @seq: 0 for none
 *
 * Writes what takes the place of the last brace of an object's text from
 * rw_signal_message_to_unnumbered_json().
 *
 * Returns: the length
 */
gsize
rw_signal_json_print_numbers (char *tail, guint64 seq, gboolean has_ack,
                              guint64 ack)
{
  int n = 0;

  if (seq > 0)
    n += g_snprintf (tail, RW_SIGNAL_JSON_MAX_NUMBERS,
                     ",\"seq\":%" G_GUINT64_FORMAT, seq);
  if (has_ack)
    n += g_snprintf (tail + n, (gulong) (RW_SIGNAL_JSON_MAX_NUMBERS - n),
                     ",\"ack\":%" G_GUINT64_FORMAT, ack);
  n += g_snprintf (tail + n, (gulong) (RW_SIGNAL_JSON_MAX_NUMBERS - n), "}");

  return (gsize) n;
}

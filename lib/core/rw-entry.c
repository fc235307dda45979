/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-entry.h"

#include <string.h>

#define ENTRY_TYPE  "(yuttxayv)"
#define GRANTS_TYPE "(bsmsbasux)"

static const char *const body_types[] = {
    [RW_ENTRY_CONNECT] = GRANTS_TYPE,
    [RW_ENTRY_DISCONNECT] = "b",
    [RW_ENTRY_HANDLE] = "ay",
    [RW_ENTRY_FAIL] = "(sst)",
    [RW_ENTRY_WAKE] = "b",
    [RW_ENTRY_NODE_DOWN] = "u",
    [RW_ENTRY_QUALITY] = "(ssu)",
    [RW_ENTRY_GONE] = "(st)",
    [RW_ENTRY_CLIENT] = RW_ENTRY_CLIENT_TYPE,
    [RW_ENTRY_SESSION] = "(sss)",
    [RW_ENTRY_SESSION_END] = "s",
    [RW_ENTRY_SAID] = "(stbaay)",
};

/* --- Bytes --- */

static GVariant *
to_little_endian (GVariant *value)
{
  if (G_BYTE_ORDER == G_LITTLE_ENDIAN)
    return g_variant_ref (value);
  return g_variant_byteswap (value);
}

/** rw_entry_store: takes a floating @value. */
GBytes *
rw_entry_store (GVariant *value)
{
  g_autoptr (GVariant) taken = g_variant_ref_sink (value);
  g_autoptr (GVariant) stored = to_little_endian (taken);

  return g_variant_get_data_as_bytes (stored);
}

/** rw_entry_restore: (nullable): NULL when @bytes are no such value. */
GVariant *
rw_entry_restore (const GVariantType *type, GBytes *bytes)
{
  g_autoptr (GVariant) stored =
      g_variant_ref_sink (g_variant_new_from_bytes (type, bytes, FALSE));

  if (!g_variant_is_normal_form (stored))
    return NULL;
  return to_little_endian (stored);
}

static GVariant *
new_bytes (const void *data, gsize len)
{
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, len, 1);
}

/** rw_entry_to_bytes: @self's body may be floating, and is then taken. */
GBytes *
rw_entry_to_bytes (const RwEntry *self)
{
  return rw_entry_store (g_variant_new (
      "(yuttx@ayv)", (guchar) self->kind, self->node, self->n, self->connection,
      self->time_us, new_bytes (self->seed, sizeof self->seed), self->body));
}

static gboolean
is_sound (const RwEntry *self, gsize seed_len)
{
  return seed_len == sizeof self->seed && self->node != 0 && self->n != 0 &&
         self->kind > 0 && self->kind < (int) G_N_ELEMENTS (body_types) &&
         g_variant_is_of_type (self->body,
                               G_VARIANT_TYPE (body_types[self->kind]));
}

/**
 * rw_entry_from_bytes:
 * @self: (out caller-allocates): to be cleared if it is one
 *
 * FALSE when @bytes are no entry that this version knows.
 */
gboolean
rw_entry_from_bytes (RwEntry *self, GBytes *bytes)
{
  g_autoptr (GVariant) value =
      rw_entry_restore (G_VARIANT_TYPE (ENTRY_TYPE), bytes);
  g_autoptr (GVariant) seed = NULL;
  const void *data;
  gsize seed_len;
  guchar kind;

  memset (self, 0, sizeof *self);
  if (value == NULL)
    return FALSE;

  g_variant_get (value, "(yuttx@ayv)", &kind, &self->node, &self->n,
                 &self->connection, &self->time_us, &seed, &self->body);
  self->kind = (RwEntryKind) kind;
  data = g_variant_get_fixed_array (seed, &seed_len, 1);
  if (!is_sound (self, seed_len)) {
    rw_entry_clear (self);
    return FALSE;
  }

  memcpy (self->seed, data, sizeof self->seed);
  return TRUE;
}

void
rw_entry_clear (RwEntry *self)
{
  g_clear_pointer (&self->body, g_variant_unref);
}

/* --- Names --- */

/* Of the seed and a counter: the same at every node, and, as long as the seed
 * is secret, beyond guessing. Who knows one name cannot compute another. */
static void
derive (const RwEntry *self, guint64 counter, guint8 *bytes, gsize len)
{
  g_autoptr (GHmac) hmac =
      g_hmac_new (G_CHECKSUM_SHA256, self->seed, sizeof self->seed);
  guint64 input = GUINT64_TO_LE (counter);

  g_hmac_update (hmac, (const guchar *) &input, sizeof input);
  g_hmac_get_digest (hmac, bytes, &len);
}

char *
rw_entry_make_uuid (const RwEntry *self, guint64 counter)
{
  guint8 b[32];

  derive (self, counter, b, sizeof b);
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  return g_strdup_printf ("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
                          "%02x%02x%02x%02x%02x%02x",
                          b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8],
                          b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

char *
rw_entry_make_token (const RwEntry *self, guint64 counter)
{
  guint8 bytes[32];
  GString *text = g_string_sized_new (2 * sizeof bytes);

  derive (self, counter, bytes, sizeof bytes);
  for (guint i = 0; i < sizeof bytes; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  return g_string_free (text, FALSE);
}

/* --- Grants --- */

/** rw_entry_save_grants: (transfer floating): @grants are nullable. */
GVariant *
rw_entry_save_grants (const RwGrants *grants)
{
  static const char *const nothing[] = {NULL};
  const char *const *rooms = nothing;

  if (grants == NULL)
    return g_variant_new ("(bsmsb^asux)", FALSE, "", NULL, FALSE, nothing, 0,
                          (gint64) 0);

  if (grants->rooms != NULL)
    rooms = (const char *const *) grants->rooms;
  return g_variant_new ("(bsmsb^asux)", TRUE, grants->user, grants->name,
                        grants->rooms != NULL, rooms, (guint32) grants->roles,
                        grants->expires_us);
}

/** rw_entry_load_grants: (nullable): of an open server. */
RwGrants *
rw_entry_load_grants (GVariant *body)
{
  g_auto (GStrv) rooms = NULL;
  g_autofree char *name = NULL;
  const char *user;
  gboolean given;
  gboolean some_rooms;
  guint32 roles;
  gint64 expires_us;
  RwGrants *grants;

  g_variant_get (body, "(b&smsb^asux)", &given, &user, &name, &some_rooms,
                 &rooms, &roles, &expires_us);
  if (!given)
    return NULL;

  grants = rw_grants_new (user);
  grants->name = g_steal_pointer (&name);
  if (some_rooms)
    grants->rooms = g_steal_pointer (&rooms);
  grants->roles = (RwRoles) roles;
  grants->expires_us = expires_us;
  return grants;
}

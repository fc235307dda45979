/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-later-version.h"

#include "rw-cluster-scripts.h"

#include <stdlib.h>
#include <string.h>

/* Where the variant is among the words of a command that runs a script: behind
 * EVALSHA, its hash, "0", the prefix, the server and the number. */
#define POST_BODY      9
#define TRANSFER_STATE 8

struct _TestLaterVersion {
  GHashTable *scripts; /* text -> text of the later version */
  GHashTable *shas;    /* likewise their hashes */
  char *post_sha;
  char *transfer_sha;
  gint n_scripts;
  gint n_messages;
  gint n_states;
};

/* In Lua, put before a script: what it writes has one field more. Hashes that
 * are no records, but maps, remain as they are. */
static const char prelude[] =
    "local earlier, added = redis, '" TEST_LATER_FIELD "'\n"
    "local function is_record(key)\n"
    "  for _, kind in ipairs({'client:', 'room:', 'server:'}) do\n"
    "    local start = ARGV[1] .. kind\n"
    "    if string.sub(key, 1, #start) == start then return true end\n"
    "  end\n"
    "  return false\n"
    "end\n"
    "local redis = {call = function(...)\n"
    "  local args = {...}\n"
    "  local command = args[1]\n"
    "  if command == 'XADD' or\n"
    "     (command == 'HSET' and is_record(args[2])) then\n"
    "    local old = false\n"
    "    for i = 3, #args do old = old or args[i] == added end\n"
    "    if not old then\n"
    "      args[#args + 1], args[#args + 2] = added, 'x'\n"
    "    end\n"
    "  end\n"
    "  return earlier.call(unpack(args))\n"
    "end}\n";

/* --- Variants --- */

/* (transfer full): @value with the member in each dictionary. */
static GVariant *
extend (GVariant *value)
{
  GVariantBuilder builder;

  if (!g_variant_is_container (value))
    return g_variant_ref (value);

  g_variant_builder_init (&builder, g_variant_get_type (value));
  for (gsize i = 0; i < g_variant_n_children (value); i++) {
    g_autoptr (GVariant) child = g_variant_get_child_value (value, i);
    g_autoptr (GVariant) extended = extend (child);

    g_variant_builder_add_value (&builder, extended);
  }
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
    g_variant_builder_add (&builder, "{sv}", TEST_LATER_FIELD,
                           g_variant_new_string ("x"));
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* FALSE: there is none. */
static gboolean
extend_word (GBytes **word)
{
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GVariant) extended = NULL;

  if (g_bytes_get_size (*word) == 0)
    return FALSE;

  value = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, *word, FALSE));
  g_assert_true (g_variant_is_normal_form (value));
  extended = extend (value);
  g_bytes_unref (*word);
  *word = g_variant_get_data_as_bytes (extended);
  return TRUE;
}

/* --- Commands --- */

static gboolean
is_word (GPtrArray *words, guint n, const char *text)
{
  gsize len;
  const char *data;

  if (n >= words->len)
    return FALSE;
  data = g_bytes_get_data (g_ptr_array_index (words, n), &len);
  return len == strlen (text) && memcmp (data, text, len) == 0;
}

/* Word @n, if @table has another one for it. */
static void
replace (GPtrArray *words, guint n, GHashTable *table)
{
  GBytes *word = g_ptr_array_index (words, n);
  gsize len;
  const char *data = g_bytes_get_data (word, &len);
  g_autofree char *text = g_strndup (data, len);
  const char *other = g_hash_table_lookup (table, text);

  g_assert_nonnull (other);
  g_bytes_unref (word);
  words->pdata[n] = g_bytes_new (other, strlen (other));
}

static void
change (TestLaterVersion *self, GPtrArray *words)
{
  if (is_word (words, 0, "SCRIPT")) {
    replace (words, 2, self->scripts);
    return;
  }
  if (!is_word (words, 0, "EVALSHA"))
    return;

  if (is_word (words, 1, self->post_sha) &&
      extend_word ((GBytes **) &words->pdata[POST_BODY]))
    g_atomic_int_inc (&self->n_messages);
  if (is_word (words, 1, self->transfer_sha) &&
      extend_word ((GBytes **) &words->pdata[TRANSFER_STATE]))
    g_atomic_int_inc (&self->n_states);
  replace (words, 1, self->shas);
  g_atomic_int_inc (&self->n_scripts);
}

static void
append (GString *out, const GPtrArray *words)
{
  g_string_append_printf (out, "*%u\r\n", words->len);
  for (guint i = 0; i < words->len; i++) {
    gsize len;
    const char *data = g_bytes_get_data (words->pdata[i], &len);

    g_string_append_printf (out, "$%" G_GSIZE_FORMAT "\r\n", len);
    g_string_append_len (out, data, (gssize) len);
    g_string_append (out, "\r\n");
  }
}

/* FALSE: the line at @at, which begins with @kind, is not complete. */
static gboolean
take_number (const GString *text, gsize *at, char kind, gsize *number)
{
  const char *line = text->str + *at;
  const char *end = memchr (line, '\n', text->len - *at);

  if (end == NULL)
    return FALSE;
  g_assert_cmpint (line[0], ==, kind);
  *number = strtoul (line + 1, NULL, 10);
  *at += (gsize) (end - line) + 1;
  return TRUE;
}

/* (nullable): the first command, which is removed; NULL: it is not complete. */
static GPtrArray *
take_command (GString *pending)
{
  g_autoptr (GPtrArray) words =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  gsize at = 0, n, len;

  if (!take_number (pending, &at, '*', &n))
    return NULL;
  for (gsize i = 0; i < n; i++) {
    if (!take_number (pending, &at, '$', &len) || pending->len < at + len + 2)
      return NULL;
    g_ptr_array_add (words, g_bytes_new (pending->str + at, len));
    at += len + 2;
  }
  g_string_erase (pending, 0, (gssize) at);
  return g_steal_pointer (&words);
}

static void
filter (GString *pending, GString *out, gpointer user_data)
{
  for (;;) {
    g_autoptr (GPtrArray) words = take_command (pending);

    if (words == NULL)
      return;
    change (user_data, words);
    append (out, words);
  }
}

/* --- Life --- */

static char *
hash (const char *text)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA1, text, -1);
}

TestLaterVersion *
test_later_version_new (void)
{
  TestLaterVersion *self = g_new0 (TestLaterVersion, 1);

  self->scripts =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->shas = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (RwScript script = 0; script < RW_N_SCRIPTS; script++) {
    char *text = rw_script_dup_text (script);
    char *later = g_strconcat (prelude, text, NULL);

    g_hash_table_insert (self->shas, hash (text), hash (later));
    if (script == RW_SCRIPT_POST)
      self->post_sha = hash (text);
    if (script == RW_SCRIPT_TRANSFER)
      self->transfer_sha = hash (text);
    g_hash_table_insert (self->scripts, text, later);
  }
  return self;
}

/** test_later_version_free: when its links have stopped. */
void
test_later_version_free (TestLaterVersion *self)
{
  g_hash_table_unref (self->scripts);
  g_hash_table_unref (self->shas);
  g_free (self->post_sha);
  g_free (self->transfer_sha);
  g_free (self);
}

void
test_later_version_add_link (TestLaterVersion *self, TestLink *link)
{
  test_link_set_filter (link, filter, self);
}

guint
test_later_version_count_scripts (TestLaterVersion *self)
{
  return (guint) g_atomic_int_get (&self->n_scripts);
}

guint
test_later_version_count_messages (TestLaterVersion *self)
{
  return (guint) g_atomic_int_get (&self->n_messages);
}

guint
test_later_version_count_states (TestLaterVersion *self)
{
  return (guint) g_atomic_int_get (&self->n_states);
}

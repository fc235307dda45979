/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The documents and the elements agree: every property, signal, statistic and
 * field of a message is written down with its type and default, and nothing is
 * written down that does not exist. */
#include <gst/gst.h>
#include <string.h>

/* The plugin takes the type of `state` from this program, which exports it. */
#include "rw-bus-message.h"
#include "rw-room-message.h"
#include "test-process.h"

#define SINK "resilientwebrtcsink"
#define SRC  "resilientwebrtcsrc"
#define ROOM "resilientwebrtcroom"

/* ---- Markdown ---- */

static char *
read_file (const char *folder, const char *name)
{
  g_autofree char *path =
      g_build_filename (g_getenv ("G_TEST_SRCDIR"), "..", folder, name, NULL);
  char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

/* A table's row: its cells, without the space around them. */
static char **
parse_row (const char *line)
{
  char **cells;

  if (line[0] != '|' || !g_str_has_suffix (line, "|"))
    return NULL;
  cells = g_strsplit (line + 1, "|", -1);
  for (guint i = 0; cells[i]; i++)
    g_strstrip (cells[i]);
  return cells;
}

/* The names that a row's first cell has in backquotes. */
static GPtrArray *
names_in (const char *cell)
{
  g_auto (GStrv) parts = g_strsplit (cell, "`", -1);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 1; parts[i] && parts[i + 1]; i += 2)
    g_ptr_array_add (names, g_strdup (parts[i]));
  return names;
}

/* The first table of the section with that title: name -> cells. */
static GHashTable *
read_table (const char *doc, const char *title)
{
  g_autofree char *heading = g_strdup_printf ("## %s", title);
  GHashTable *table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                             (GDestroyNotify) g_strfreev);
  g_auto (GStrv) lines = g_strsplit (doc, "\n", -1);
  guint i = 0;

  while (lines[i] && !g_str_equal (lines[i], heading))
    i++;
  if (lines[i] == NULL)
    g_error ("no section \"%s\"", heading);
  for (i++; lines[i] && lines[i][0] != '|'; i++)
    if (g_str_has_prefix (lines[i], "## "))
      g_error ("no table in section \"%s\"", heading);
  for (; lines[i] && lines[i][0] == '|'; i++) {
    char **cells = parse_row (lines[i]);
    g_autoptr (GPtrArray) names = NULL;

    g_assert_nonnull (cells);
    names = names_in (cells[0]);
    if (names->len == 1 &&
        !g_hash_table_insert (table, g_strdup (names->pdata[0]),
                              g_steal_pointer (&cells)))
      g_error ("%s: two rows about %s", title, (char *) names->pdata[0]);
    g_strfreev (cells);
  }
  return table;
}

static char **
need_row (GHashTable *table, const char *where, const char *name)
{
  char **cells = g_hash_table_lookup (table, name);

  if (cells == NULL)
    g_error ("%s: \"%s\" is not documented", where, name);
  return cells;
}

static void
check_cell (const char *where, const char *name, const char *cell,
            const char *wanted)
{
  if (g_strcmp0 (cell, wanted) != 0)
    g_error ("%s: \"%s\" is documented as \"%s\", not as \"%s\"", where, name,
             cell, wanted);
}

/* "uint64, ns" is a uint64. */
static void
check_type (const char *where, const char *name, const char *cell,
            const char *wanted)
{
  g_auto (GStrv) words = g_strsplit (cell, ",", 2);

  check_cell (where, name, words[0], wanted);
}

static void
check_quoted (const char *where, const char *name, const char *cell,
              const char *wanted)
{
  g_autofree char *quoted = g_strdup_printf ("`%s`", wanted);

  if (strstr (cell, quoted) == NULL)
    g_error ("%s: %s is missing in what is said of \"%s\"", where, quoted,
             name);
}

static const char *
type_name (GType type)
{
  if (type == G_TYPE_STRING)
    return "string";
  if (type == G_TYPE_BOOLEAN)
    return "boolean";
  if (type == G_TYPE_UINT64)
    return "uint64";
  if (type == G_TYPE_INT64)
    return "int64";
  if (type == G_TYPE_UINT)
    return "uint";
  if (type == G_TYPE_INT)
    return "int";
  if (type == G_TYPE_DOUBLE)
    return "double";
  if (type == GST_TYPE_STRUCTURE)
    return "GstStructure";
  if (type == GST_TYPE_ARRAY)
    return "array of strings";
  if (g_type_is_a (type, G_TYPE_ENUM))
    return "enum";
  g_error ("no name for the type %s", g_type_name (type));
}

static GstElement *
make_element (const char *factory)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  g_assert_nonnull (element);
  return gst_object_ref_sink (element);
}

/* ---- Properties ---- */

/* Their defaults differ from host to host and process to process. */
static gboolean
has_variable_default (const char *name)
{
  return g_str_equal (name, "stream-name") ||
         g_str_equal (name, "consumer-id") || g_str_equal (name, "members") ||
         g_str_equal (name, "member") || g_str_equal (name, "stats");
}

static char *
value_text (const GValue *value)
{
  GEnumClass *klass;

  if (G_VALUE_HOLDS_ENUM (value)) {
    klass = g_type_class_peek (G_VALUE_TYPE (value));
    return g_strdup (
        g_enum_get_value (klass, g_value_get_enum (value))->value_nick);
  }
  if (G_VALUE_HOLDS_DOUBLE (value))
    return g_strdup_printf ("%g", g_value_get_double (value));
  if (G_VALUE_HOLDS_STRING (value))
    return g_strdup (g_value_get_string (value) ? g_value_get_string (value)
                                                : "NULL");
  return gst_value_serialize (value);
}

static const char *
mutability (GParamSpec *pspec)
{
  if (!(pspec->flags & G_PARAM_WRITABLE))
    return "read only";
  if (pspec->flags & GST_PARAM_MUTABLE_PLAYING)
    return "any time";
  g_assert_cmpuint (pspec->flags & GST_PARAM_MUTABLE_READY, !=, 0);
  return "stopped";
}

static void
check_default (const char *where, GstElement *element, GParamSpec *pspec,
               const char *cell)
{
  const GValue *value = g_param_spec_get_default_value (pspec);
  g_autofree char *text = value_text (value);
  g_autofree char *quoted = g_strdup_printf ("`%s`", text);
  g_auto (GValue) now = G_VALUE_INIT;
  g_autofree char *now_text = NULL;

  check_cell (where, pspec->name, cell, quoted);
  g_object_get_property (G_OBJECT (element), pspec->name, &now);
  now_text = value_text (&now);
  g_assert_cmpstr (now_text, ==, text);
}

static void
check_enum (const char *where, GParamSpec *pspec, const char *meaning)
{
  GEnumClass *klass = G_PARAM_SPEC_ENUM (pspec)->enum_class;

  for (guint i = 0; i < klass->n_values; i++)
    check_quoted (where, pspec->name, meaning, klass->values[i].value_nick);
}

static const char *
property_type_name (GParamSpec *pspec)
{
  if (GST_IS_PARAM_SPEC_ARRAY_LIST (pspec) &&
      GST_PARAM_SPEC_ARRAY_LIST (pspec)->element_spec->value_type ==
          GST_TYPE_STRUCTURE)
    return "array of GstStructure";
  return type_name (pspec->value_type);
}

/* | property | type | default | may be set | meaning | */
static void
check_property (const char *where, GstElement *element, GParamSpec *pspec,
                char **cells)
{
  g_assert_cmpuint (g_strv_length (cells), >=, 5);
  check_type (where, pspec->name, cells[1], property_type_name (pspec));
  check_cell (where, pspec->name, cells[3], mutability (pspec));
  g_assert_cmpuint (strlen (cells[4]), >, 10);
  g_assert_cmpuint (strlen (g_param_spec_get_blurb (pspec)), >, 10);
  if (!has_variable_default (pspec->name))
    check_default (where, element, pspec, cells[2]);
  if (G_IS_PARAM_SPEC_ENUM (pspec))
    check_enum (where, pspec, cells[4]);
}

static void
check_exist (GstElement *element, GHashTable *table)
{
  GHashTableIter iter;
  const char *name;

  g_hash_table_iter_init (&iter, table);
  while (g_hash_table_iter_next (&iter, (gpointer *) &name, NULL))
    if (!g_object_class_find_property (G_OBJECT_GET_CLASS (element), name))
      g_error ("there is no property \"%s\"", name);
}

/* @inner: (nullable): an element whose properties it has as well */
static void
check_properties (const char *factory, const char *inner)
{
  g_autofree char *doc = read_file ("docs", "properties.md");
  g_autoptr (GHashTable) shared = read_table (doc, "Both elements");
  g_autoptr (GHashTable) own = read_table (doc, factory);
  g_autoptr (GHashTable) passed = read_table (doc, inner ? inner : factory);
  g_autoptr (GstElement) element = make_element (factory);
  g_autofree GParamSpec **properties = NULL;
  guint n;

  properties =
      g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);
  for (guint i = 0; i < n; i++) {
    const char *name = properties[i]->name;
    GHashTable *table = g_hash_table_contains (own, name)      ? own
                        : g_hash_table_contains (shared, name) ? shared
                                                               : passed;

    if (g_type_is_a (GST_TYPE_BIN, properties[i]->owner_type))
      continue;
    check_property (factory, element, properties[i],
                    need_row (table, factory, name));
  }
  check_exist (element, shared);
  check_exist (element, own);
  check_exist (element, passed);
}

static void
test_properties_of_the_sink (void)
{
  check_properties (SINK, NULL);
}

static void
test_properties_of_the_source (void)
{
  check_properties (SRC, NULL);
}

static void
test_properties_of_the_room (void)
{
  check_properties (ROOM, SINK);
}

/* ---- Signals ---- */

/* | signal | on | arguments | thread | meaning | */
static void
check_signal (const char *factory, guint id, char **cells)
{
  GSignalQuery query;
  g_auto (GStrv) arguments = g_strsplit (cells[2], "),", -1);

  g_signal_query (id, &query);
  if (strstr (cells[1], factory) == NULL)
    g_error ("signal \"%s\" is not documented as one of %s", query.signal_name,
             factory);
  g_assert_cmpint (!!(query.signal_flags & G_SIGNAL_ACTION), ==,
                   g_str_has_prefix (cells[4], "action"));
  if (query.n_params == 0) {
    check_cell (factory, query.signal_name, cells[2], "none");
    return;
  }
  g_assert_cmpuint (g_strv_length (arguments), ==, query.n_params);
  for (guint i = 0; i < query.n_params; i++) {
    g_autofree char *wanted =
        g_strdup_printf ("(%s", type_name (query.param_types[i]));

    if (strstr (arguments[i], wanted) == NULL)
      g_error ("%s: argument %u of \"%s\" is no %s", factory, i,
               query.signal_name, wanted + 1);
  }
}

/* Returns the number of signals: its own, and those of what it is a kind of
 * above GstBin. */
static guint
check_signals (const char *factory, GHashTable *table)
{
  g_autoptr (GstElement) element = make_element (factory);
  guint n_all = 0;

  for (GType type = G_OBJECT_TYPE (element); type != GST_TYPE_BIN;
       type = g_type_parent (type)) {
    guint n;
    g_autofree guint *ids = g_signal_list_ids (type, &n);

    for (guint i = 0; i < n; i++)
      check_signal (factory, ids[i],
                    need_row (table, factory, g_signal_name (ids[i])));
    n_all += n;
  }
  g_assert_cmpuint (n_all, >, 0);
  return n_all;
}

static void
test_signals (void)
{
  g_autofree char *doc = read_file ("docs", "properties.md");
  g_autoptr (GHashTable) table = read_table (doc, "Signals");
  guint n = check_signals (SINK, table) + check_signals (SRC, table) +
            check_signals (ROOM, table);
  guint n_told = 0;
  GHashTableIter iter;
  char **cells;

  g_hash_table_iter_init (&iter, table);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &cells))
    n_told += (strstr (cells[1], SINK) != NULL) +
              (strstr (cells[1], SRC) != NULL) +
              (strstr (cells[1], ROOM) != NULL);
  g_assert_cmpuint (n_told, ==, n);
}

/* ---- Structures: statistics and messages ---- */

/* | field | type, unit | ... | */
static void
check_structure (GHashTable *table, const GstStructure *structure)
{
  const char *where = gst_structure_get_name (structure);
  GHashTableIter iter;
  const char *name;

  for (gint i = 0; i < gst_structure_n_fields (structure); i++) {
    char **cells;

    name = gst_structure_nth_field_name (structure, i);
    cells = need_row (table, where, name);
    check_type (where, name, cells[1],
                type_name (gst_structure_get_field_type (structure, name)));
    g_assert_cmpuint (strlen (cells[2]), >, 3);
  }
  g_hash_table_iter_init (&iter, table);
  while (g_hash_table_iter_next (&iter, (gpointer *) &name, NULL))
    if (!gst_structure_has_field (structure, name))
      g_error ("%s: there is no field \"%s\"", where, name);
}

static void
check_stats (GstElement *element, const char *factory)
{
  g_autofree char *doc = read_file ("docs", "properties.md");
  g_autofree char *title = g_strdup_printf ("`stats` of %s", factory);
  g_autoptr (GHashTable) table = read_table (doc, title);
  g_autoptr (GstStructure) stats = NULL;

  g_object_get (element, "stats", &stats, NULL);
  g_assert_nonnull (stats);
  check_structure (table, stats);
}

static void
test_statistics_of_the_sink (void)
{
  g_autoptr (GstElement) element = make_element (SINK);

  check_stats (element, SINK);
}

static void
test_statistics_of_the_room (void)
{
  g_autoptr (GstElement) element = make_element (ROOM);

  check_stats (element, ROOM);
}

/* Some of the source's are there only while it runs. */
static void
test_statistics_of_the_source (void)
{
  g_autoptr (GstElement) element = make_element (SRC);

  g_object_set (element, "run-signalling-server", TRUE,
                "signalling-server-host", "127.0.0.1", "signalling-server-port",
                0, NULL);
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_PAUSED), ==,
                   GST_STATE_CHANGE_NO_PREROLL);
  check_stats (element, SRC);
  gst_element_set_state (element, GST_STATE_NULL);
}

static guint
count (const char *text, const char *word)
{
  guint n = 0;

  for (const char *p = text; (p = strstr (p, word)); p++)
    n++;
  return n;
}

static void
test_messages (void)
{
  static const RwStateReport report = {.state = RW_STATE_CONNECTED};
  static const RwFloorReport floor = {.room = "room", .event = "granted"};
  static const RwLevelReport level = {.room = "room", .name = "name"};
  static const RwRoomReport room = {.room = "room", .event = "joined"};
  static const RwQualityReport quality = {.quality = RW_QUALITY_GOOD};
  GstStructure *structures[] = {
      rw_bus_message_new_state (&report),
      rw_bus_message_new_gap (0, 1, 0, 1, "because"),
      rw_bus_message_new_step (0, 1, 1),
      rw_bus_message_new_repaired (1, 1, 1),
      rw_bus_message_new_overrun ("consumer", 1, 1, 1),
      rw_bus_message_new_stream ("stream", NULL, 0),
      rw_bus_message_new_quality ("peer", &quality),
      rw_room_message_new_room (&room),
      rw_room_message_new_floor (&floor),
      rw_room_message_new_level (&level),
      rw_room_message_new_data ("room", 1, "peer", "name", "null"),
  };
  g_autofree char *doc = read_file ("docs", "messages.md");
  g_autofree char *header = read_file ("gst/endpoint", "rw-bus-message.h");
  g_autofree char *room_header =
      read_file ("gst/endpoint", "rw-room-message.h");

  for (guint i = 0; i < G_N_ELEMENTS (structures); i++) {
    g_autofree char *title =
        g_strdup_printf ("`%s`", gst_structure_get_name (structures[i]));
    g_autoptr (GHashTable) table = read_table (doc, title);

    check_structure (table, structures[i]);
    gst_structure_free (structures[i]);
  }
  g_assert_cmpuint (count (doc, "\n## `resilient-webrtc-"), ==,
                    G_N_ELEMENTS (structures));
  /* A new message is added above and to the document. */
  g_assert_cmpuint (count (header, "\n#define RW_BUS_MESSAGE_") +
                        count (room_header, "\n#define RW_BUS_MESSAGE_"),
                    ==, G_N_ELEMENTS (structures));
}

/* ---- Paths ---- */

static void
assert_exists (const char *doc, const char *path)
{
  g_autofree char *full =
      g_build_filename (g_getenv ("G_TEST_SRCDIR"), "..", path, NULL);

  if (!g_file_test (full, G_FILE_TEST_EXISTS))
    g_error ("docs/%s names %s, which does not exist", doc, path);
}

/* "lib/a/b.[ch]" stands for two files. */
static void
check_path (const char *doc, const char *path)
{
  const char *suffix = strstr (path, ".[ch]");
  g_autofree char *stem =
      g_strndup (path, suffix ? (gsize) (suffix - path) : strlen (path));
  g_autofree char *source = g_strconcat (stem, ".c", NULL);
  g_autofree char *header = g_strconcat (stem, ".h", NULL);

  if (suffix == NULL) {
    assert_exists (doc, path);
    return;
  }
  assert_exists (doc, source);
  assert_exists (doc, header);
}

static void
test_paths (void)
{
  static const char *const docs[] = {
      "architecture.md", "intercom.md", "messages.md",   "properties.md",
      "protocol.md",     "server.md",   "signalling.md", "threads.md",
  };
  g_autoptr (GRegex) path =
      g_regex_new ("`((lib|gst|tests)/[][a-z0-9_./-]+)`", 0, 0, NULL);
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (docs); i++) {
    g_autofree char *text = read_file ("docs", docs[i]);
    g_autoptr (GMatchInfo) match = NULL;

    for (g_regex_match (path, text, 0, &match); g_match_info_matches (match);
         g_match_info_next (match, NULL)) {
      g_autofree char *found = g_match_info_fetch (match, 1);

      check_path (docs[i], found);
      n++;
    }
  }
  g_assert_cmpuint (n, >, 20);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/docs/properties/sink", test_properties_of_the_sink);
  g_test_add_func ("/docs/properties/source", test_properties_of_the_source);
  g_test_add_func ("/docs/properties/room", test_properties_of_the_room);
  g_test_add_func ("/docs/signals", test_signals);
  g_test_add_func ("/docs/statistics/sink", test_statistics_of_the_sink);
  g_test_add_func ("/docs/statistics/source", test_statistics_of_the_source);
  g_test_add_func ("/docs/statistics/room", test_statistics_of_the_room);
  g_test_add_func ("/docs/messages", test_messages);
  g_test_add_func ("/docs/paths", test_paths);
  return test_process_run_tests ();
}

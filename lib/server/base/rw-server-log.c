/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-log.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Owns the process's log writer, which may be called from any thread: what it
 * needs is set before there is a second one. A line is written at once, so that
 * lines of two threads do not mix. */

#define CONNECTION "RW_CONNECTION"
#define ADDRESS    "RW_ADDRESS"

static const struct {
  const char *name;
  GLogLevelFlags level;
} levels[] = {
    {"error", G_LOG_LEVEL_CRITICAL},  {"warning", G_LOG_LEVEL_WARNING},
    {"message", G_LOG_LEVEL_MESSAGE}, {"info", G_LOG_LEVEL_INFO},
    {"debug", G_LOG_LEVEL_DEBUG},
};

typedef struct {
  const char *domain;
  const char *message;
  const char *connection;
  const char *address;
} Entry;

/* Until it is set, the writer that there is decides. */
static GLogLevelFlags least = G_LOG_LEVEL_DEBUG;

/* GLib's flags grow as their importance falls. */
static gboolean
is_wanted (GLogLevelFlags level, const char *domain)
{
  gboolean own = domain != NULL && (g_str_has_prefix (domain, "rw-") ||
                                    g_str_has_prefix (domain, "resilient-"));

  level &= G_LOG_LEVEL_MASK;
  return level <= (own ? least : MIN (least, G_LOG_LEVEL_WARNING));
}

static const char *
get_level_name (GLogLevelFlags level)
{
  for (guint i = 0; i < G_N_ELEMENTS (levels); i++) {
    if ((level & G_LOG_LEVEL_MASK) <= levels[i].level)
      return levels[i].name;
  }

  return "debug";
}

/* As syslog counts. */
static const char *
get_priority (GLogLevelFlags level)
{
  switch (level & G_LOG_LEVEL_MASK) {
  case G_LOG_LEVEL_ERROR:
    return "3";
  case G_LOG_LEVEL_CRITICAL:
  case G_LOG_LEVEL_WARNING:
    return "4";
  case G_LOG_LEVEL_MESSAGE:
    return "5";
  case G_LOG_LEVEL_INFO:
    return "6";
  default:
    return "7";
  }
}

static void
read_field (Entry *entry, const GLogField *field)
{
  const struct {
    const char *key;
    const char **value;
  } known[] = {
      {"GLIB_DOMAIN", &entry->domain},
      {"MESSAGE", &entry->message},
      {CONNECTION, &entry->connection},
      {ADDRESS, &entry->address},
  };

  /* Ours are all strings with an end. */
  for (guint i = 0; i < G_N_ELEMENTS (known); i++) {
    if (field->length < 0 && g_str_equal (field->key, known[i].key))
      *known[i].value = field->value;
  }
}

static Entry
read_fields (const GLogField *fields, gsize n_fields)
{
  Entry entry = {NULL};

  for (gsize i = 0; i < n_fields; i++)
    read_field (&entry, &fields[i]);
  if (entry.message == NULL)
    entry.message = "";
  return entry;
}

static void
add_member (JsonBuilder *builder, const char *name, const char *value)
{
  g_autofree char *valid = NULL;

  if (value == NULL)
    return;

  valid = g_utf8_make_valid (value, -1);
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, valid);
}

static char *
entry_to_json (const Entry *entry, const char *level, const char *time)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  add_member (builder, "time", time);
  add_member (builder, "level", level);
  add_member (builder, "domain", entry->domain);
  add_member (builder, "connection", entry->connection);
  add_member (builder, "address", entry->address);
  add_member (builder, "message", entry->message);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

/* Text of a client must neither begin a log line nor control the terminal. */
static char *
entry_to_text (const Entry *entry, const char *level, const char *time)
{
  g_autofree char *message = g_strescape (entry->message, "\"\\");
  GString *line = g_string_new (NULL);

  g_string_printf (line, "%s %s %s: %s", time, level,
                   entry->domain != NULL ? entry->domain : "-", message);
  if (entry->connection != NULL)
    g_string_append_printf (line, " connection=%s", entry->connection);
  if (entry->address != NULL)
    g_string_append_printf (line, " address=%s", entry->address);
  return g_string_free (line, FALSE);
}

static void
write_line (const char *text)
{
  g_autofree char *line = g_strconcat (text, "\n", NULL);

  /* A failure to log cannot be logged. */
  if (write (STDERR_FILENO, line, strlen (line)) < 0)
    return;
}

static GLogWriterOutput
write_entry (GLogLevelFlags level, const GLogField *fields, gsize n_fields,
             gpointer as_json)
{
  Entry entry = read_fields (fields, n_fields);
  g_autoptr (GDateTime) now = NULL;
  g_autofree char *time = NULL;
  g_autofree char *text = NULL;

  if (!is_wanted (level, entry.domain))
    return G_LOG_WRITER_HANDLED;

  now = g_date_time_new_now_utc ();
  time = g_date_time_format (now, "%Y-%m-%dT%H:%M:%S.%fZ");
  text = as_json != NULL ? entry_to_json (&entry, get_level_name (level), time)
                         : entry_to_text (&entry, get_level_name (level), time);
  write_line (text);
  return G_LOG_WRITER_HANDLED;
}

static GLogWriterOutput
write_to_journal (GLogLevelFlags level, const GLogField *fields, gsize n_fields,
                  gpointer unused)
{
  Entry entry = read_fields (fields, n_fields);

  if (!is_wanted (level, entry.domain))
    return G_LOG_WRITER_HANDLED;
  if (g_log_writer_journald (level, fields, n_fields, NULL) ==
      G_LOG_WRITER_HANDLED)
    return G_LOG_WRITER_HANDLED;

  return write_entry (level, fields, n_fields, NULL);
}

static void
drop_entry (const char *domain, GLogLevelFlags level, const char *message,
            gpointer unused)
{
}

static gboolean
set_level (const char *name, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (levels); i++) {
    if (g_strcmp0 (name, levels[i].name) == 0) {
      least = levels[i].level;
      return TRUE;
    }
  }

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               "log-level is \"%s\"; it must be error, warning, message, info "
               "or debug",
               name);
  return FALSE;
}

gboolean
rw_server_log_set_up (const char *format, const char *level, GError **error)
{
  if (!set_level (level, error))
    return FALSE;

  if (g_strcmp0 (format, "text") == 0) {
    g_log_set_writer_func (write_entry, NULL, NULL);
  } else if (g_strcmp0 (format, "json") == 0) {
    g_log_set_writer_func (write_entry, GINT_TO_POINTER (TRUE), NULL);
  } else if (g_strcmp0 (format, "journal") == 0) {
    g_log_set_writer_func (write_to_journal, NULL, NULL);
  } else {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 "log-format is \"%s\"; it must be text, json or journal",
                 format);
    return FALSE;
  }

  /* It has four for each WebSocket message, which is_wanted() would drop. */
  g_log_set_handler ("libsoup", G_LOG_LEVEL_DEBUG, drop_entry, NULL);
  return TRUE;
}

void
rw_server_log (GLogLevelFlags level, guint64 connection, const char *address,
               const char *format, ...)
{
  char number[24];
  g_autofree char *message = NULL;
  va_list arguments;
  GLogField fields[5] = {{"GLIB_DOMAIN", G_LOG_DOMAIN, -1},
                         {"PRIORITY", get_priority (level), -1}};
  gsize n = 2;

  if (!is_wanted (level, G_LOG_DOMAIN))
    return;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  fields[n++] = (GLogField){"MESSAGE", message, -1};
  if (connection != 0) {
    g_snprintf (number, sizeof number, "%" G_GUINT64_FORMAT, connection);
    fields[n++] = (GLogField){CONNECTION, number, -1};
  }
  if (address != NULL)
    fields[n++] = (GLogField){ADDRESS, address, -1};
  g_log_structured_array (level, fields, n);
}

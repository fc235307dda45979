/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rw-tap: runs a pipeline, as gst-launch-1.0 would, and keeps a record of it.
 *
 *   rw-tap [--frames ELEMENT.PAD=FILE]... [--skip ELEMENT.PAD=N]...
 *          [--clicks ELEMENT.PAD=FILE]... [--jitter ELEMENT.PAD=US]...
 *          [--clock-ppm N] [--bus FILE] [--control] [--stay] [--append]
 *          PIPELINE
 *
 * --frames  what passes the pad, as test-frame-log.h says
 * --clicks  when clicks pass the pad, as test-click-log.h says
 * --jitter  the times of the buffers at the pad are wrong by up to so many
 *           microseconds, each by its own
 * --clock-ppm
 *           the pipeline's clock runs faster than the system's by this much
 * --skip    drops the first N buffers at the pad
 * --bus     one JSON object a line: element, progress, error, warning and EOS
 *           messages, stamped as they are posted
 * --control reads commands from the standard input, one a line:
 *             play, pause, null, eos, quit, get ELEMENT PROPERTY,
 *             set ELEMENT PROPERTY VALUE, emit ELEMENT SIGNAL [ARGUMENT...]
 *           what get reads goes to --bus
 * --stay    does not end at EOS
 * --append  goes on in the files of an earlier process
 *
 * SIGINT sends EOS and waits for it, a second one or SIGTERM ends at once.
 *
 * The records are written from streaming threads, the rest runs on the main
 * thread. */
#include <stdio.h>
#include <string.h>
#include <glib-unix.h>
#include <gst/gst.h>
#include "test-click-log.h"
#include "test-frame-log.h"

typedef enum { TAP_FRAMES, TAP_CLICKS, TAP_SKIP, TAP_JITTER } TapKind;

typedef struct {
  TapKind kind;
  char *element, *pad;
  FILE *file;     /* --frames, --clicks */
  guint64 number; /* --skip, --jitter */
} Tap;

typedef struct {
  GMainLoop *loop;
  GstElement *pipeline;
  FILE *bus_file;
  gboolean stay, eos_sent;
  int status;
} App;

static void
json_string (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (const char *at = text ? text : ""; *at; at++) {
    if (*at == '"' || *at == '\\')
      g_string_append_printf (out, "\\%c", *at);
    else if ((guchar) *at < 0x20)
      g_string_append_printf (out, "\\u%04x", (guchar) *at);
    else
      g_string_append_c (out, *at);
  }
  g_string_append_c (out, '"');
}

static void json_structure (GString *out, const GstStructure *structure);

static void
json_double (GString *out, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  /* JSON has no word for infinity. */
  if (value != value || value - value != 0)
    g_string_append (out, "null");
  else
    g_string_append (out, g_ascii_dtostr (text, sizeof text, value));
}

static void json_value (GString *out, const GValue *value);

static void
json_array (GString *out, const GValue *array)
{
  guint n = gst_value_array_get_size (array);

  g_string_append_c (out, '[');
  for (guint i = 0; i < n; i++) {
    if (i > 0)
      g_string_append_c (out, ',');
    json_value (out, gst_value_array_get_value (array, i));
  }
  g_string_append_c (out, ']');
}

/* The level element still speaks in these. */
static void
json_value_array (GString *out, const GValue *value)
{
  GValue array = G_VALUE_INIT;
  GValueArray *old = g_value_get_boxed (value);

  g_value_init (&array, GST_TYPE_ARRAY);
  for (guint i = 0; i < old->n_values; i++)
    gst_value_array_append_value (&array, old->values + i);
  json_array (out, &array);
  g_value_unset (&array);
}

static void
json_value (GString *out, const GValue *value)
{
  GValue number = G_VALUE_INIT;
  g_autofree char *text = NULL;

  if (G_VALUE_HOLDS_STRING (value)) {
    json_string (out, g_value_get_string (value));
  } else if (G_VALUE_HOLDS_BOOLEAN (value)) {
    g_string_append (out, g_value_get_boolean (value) ? "true" : "false");
  } else if (GST_VALUE_HOLDS_ARRAY (value)) {
    json_array (out, value);
  } else if (g_str_equal (G_VALUE_TYPE_NAME (value), "GValueArray")) {
    json_value_array (out, value);
  } else if (GST_VALUE_HOLDS_STRUCTURE (value)) {
    json_structure (out, gst_value_get_structure (value));
  } else if (G_VALUE_HOLDS_ENUM (value)) {
    GEnumClass *klass = g_type_class_ref (G_VALUE_TYPE (value));
    GEnumValue *item = g_enum_get_value (klass, g_value_get_enum (value));
    json_string (out, item ? item->value_nick : "?");
    g_type_class_unref (klass);
  } else if (G_VALUE_HOLDS_UINT64 (value)) {
    g_string_append_printf (out, "%" G_GUINT64_FORMAT,
                            g_value_get_uint64 (value));
  } else if (G_VALUE_HOLDS_DOUBLE (value) || G_VALUE_HOLDS_FLOAT (value)) {
    g_value_init (&number, G_TYPE_DOUBLE);
    g_value_transform (value, &number);
    json_double (out, g_value_get_double (&number));
  } else if (g_value_type_transformable (G_VALUE_TYPE (value), G_TYPE_INT64)) {
    g_value_init (&number, G_TYPE_INT64);
    g_value_transform (value, &number);
    g_string_append_printf (out, "%" G_GINT64_FORMAT,
                            g_value_get_int64 (&number));
  } else {
    text = gst_value_serialize (value);
    json_string (out, text);
  }
}

static gboolean
json_field (GQuark field, const GValue *value, gpointer data)
{
  GString *out = data;

  if (out->str[out->len - 1] != '{')
    g_string_append_c (out, ',');
  json_string (out, g_quark_to_string (field));
  g_string_append_c (out, ':');
  json_value (out, value);
  return TRUE;
}

static void
json_structure (GString *out, const GstStructure *structure)
{
  g_string_append_c (out, '{');
  if (structure)
    gst_structure_foreach (structure, json_field, out);
  g_string_append_c (out, '}');
}

static GString *
json_line (const char *type, const char *source)
{
  GString *out = g_string_new (NULL);

  g_string_append_printf (
      out, "{\"wall\":%" G_GINT64_FORMAT ",\"type\":", g_get_real_time ());
  json_string (out, type);
  g_string_append (out, ",\"source\":");
  json_string (out, source);
  return out;
}

static void
write_line (App *app, GString *out)
{
  if (app->bus_file)
    fprintf (app->bus_file, "%s}\n", out->str);
  g_string_free (out, TRUE);
}

static void
add_text (GString *out, const char *key, const char *text)
{
  g_string_append_printf (out, ",\"%s\":", key);
  json_string (out, text);
}

static void
record_message (App *app, GstMessage *message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  GString *out = json_line (GST_MESSAGE_TYPE_NAME (message),
                            GST_MESSAGE_SRC_NAME (message));
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, &debug);
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING)
    gst_message_parse_warning (message, &error, &debug);
  if (error) {
    add_text (out, "message", error->message);
    add_text (out, "debug", debug);
  } else if (structure) {
    add_text (out, "name", gst_structure_get_name (structure));
    g_string_append (out, ",\"fields\":");
    json_structure (out, structure);
  }
  write_line (app, out);
}

/* Any thread: the moment of posting is what the record is to show. */
static GstBusSyncReply
on_bus_sync (GstBus *bus, GstMessage *message, gpointer data)
{
  switch (GST_MESSAGE_TYPE (message)) {
  case GST_MESSAGE_ELEMENT:
  case GST_MESSAGE_PROGRESS:
  case GST_MESSAGE_ERROR:
  case GST_MESSAGE_WARNING:
  case GST_MESSAGE_EOS:
    record_message (data, message);
    break;
  default:
    break;
  }
  return GST_BUS_PASS;
}

static gboolean
on_bus (GstBus *bus, GstMessage *message, gpointer data)
{
  App *app = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;

  switch (GST_MESSAGE_TYPE (message)) {
  case GST_MESSAGE_EOS:
    if (!app->stay)
      g_main_loop_quit (app->loop);
    break;
  case GST_MESSAGE_ERROR:
    gst_message_parse_error (message, &error, &debug);
    fprintf (stderr, "rw-tap: %s: %s\n%s\n", GST_MESSAGE_SRC_NAME (message),
             error->message, debug ? debug : "");
    app->status = 1;
    if (!app->stay)
      g_main_loop_quit (app->loop);
    break;
  default:
    break;
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
on_sigint (gpointer data)
{
  App *app = data;

  if (app->eos_sent) {
    g_main_loop_quit (app->loop);
  } else {
    app->eos_sent = TRUE;
    gst_element_send_event (app->pipeline, gst_event_new_eos ());
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
on_sigterm (gpointer data)
{
  App *app = data;

  g_main_loop_quit (app->loop);
  return G_SOURCE_CONTINUE;
}

static GstPadProbeReturn
on_skip (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Tap *tap = data;

  if (tap->number == 0)
    return GST_PAD_PROBE_REMOVE;
  tap->number--;
  return GST_PAD_PROBE_DROP;
}

static GstPadProbeReturn
on_jitter (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Tap *tap = data;
  gint64 most_ns = (gint64) tap->number * GST_USECOND;
  GstBuffer *buffer = gst_buffer_make_writable (info->data);
  gint64 pts = (gint64) GST_BUFFER_PTS (buffer) +
               (gint64) (most_ns * g_random_double_range (-1, 1));

  GST_BUFFER_PTS (buffer) = (GstClockTime) MAX (pts, 0);
  info->data = buffer;
  return GST_PAD_PROBE_OK;
}

static gboolean append;

static void
tap_free (Tap *tap)
{
  if (tap->file)
    fclose (tap->file);
  g_free (tap->element);
  g_free (tap->pad);
  g_free (tap);
}

/* "ELEMENT.PAD=REST" */
static Tap *
tap_parse (const char *text, char **rest)
{
  const char *equals = strchr (text, '=');
  const char *dot = strchr (text, '.');
  Tap *tap;

  if (!equals || !dot || dot > equals) {
    g_printerr ("rw-tap: '%s' is not ELEMENT.PAD=VALUE\n", text);
    return NULL;
  }
  tap = g_new0 (Tap, 1);
  tap->element = g_strndup (text, dot - text);
  tap->pad = g_strndup (dot + 1, equals - dot - 1);
  *rest = g_strdup (equals + 1);
  return tap;
}

static gboolean
tap_attach (GPtrArray *taps, GstElement *pipeline, Tap *tap)
{
  g_autoptr (GstElement) element =
      gst_bin_get_by_name (GST_BIN (pipeline), tap->element);
  g_autoptr (GstPad) pad =
      element ? gst_element_get_static_pad (element, tap->pad) : NULL;

  g_ptr_array_add (taps, tap);
  if (!pad) {
    g_printerr ("rw-tap: no pad %s.%s\n", tap->element, tap->pad);
    return FALSE;
  }
  if (tap->kind == TAP_FRAMES)
    test_frame_log_attach (pad, tap->file);
  else if (tap->kind == TAP_CLICKS)
    test_click_log_attach (pad, tap->file);
  else
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER,
                       tap->kind == TAP_SKIP ? on_skip : on_jitter, tap, NULL);
  return TRUE;
}

static gboolean
attach_all (GPtrArray *taps, GstElement *pipeline, char **specs, TapKind kind)
{
  for (char **spec = specs; spec && *spec; spec++) {
    g_autofree char *rest = NULL;
    Tap *tap = tap_parse (*spec, &rest);

    if (!tap)
      return FALSE;
    tap->kind = kind;
    if (kind == TAP_SKIP || kind == TAP_JITTER)
      tap->number = g_ascii_strtoull (rest, NULL, 10);
    else if (!(tap->file = test_frame_log_open (rest, append)))
      return FALSE;
    if (!tap_attach (taps, pipeline, tap))
      return FALSE;
  }
  return TRUE;
}

static GstElement *
find_element (App *app, const char *name)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (app->pipeline), name);

  if (!element)
    g_printerr ("rw-tap: no element '%s'\n", name);
  return element;
}

static void
command_get (App *app, char **words)
{
  g_autoptr (GstElement) element = find_element (app, words[1]);
  GValue value = G_VALUE_INIT;
  GString *out;

  if (!element)
    return;
  g_object_get_property (G_OBJECT (element), words[2], &value);
  out = json_line ("property", words[1]);
  add_text (out, "name", words[2]);
  g_string_append (out, ",\"value\":");
  json_value (out, &value);
  write_line (app, out);
  g_value_unset (&value);
}

static void
command_emit (App *app, char **words)
{
  g_autoptr (GstElement) element = find_element (app, words[1]);
  GValue values[8] = {G_VALUE_INIT};
  GSignalQuery query = {0};
  guint id = element ? g_signal_lookup (words[2], G_OBJECT_TYPE (element)) : 0;
  guint n_args = g_strv_length (words + 3);

  if (id)
    g_signal_query (id, &query);
  if (!id || query.n_params != n_args || n_args >= G_N_ELEMENTS (values)) {
    g_printerr ("rw-tap: cannot emit '%s' with %u arguments\n", words[2],
                n_args);
    return;
  }
  g_value_init (&values[0], G_OBJECT_TYPE (element));
  g_value_set_object (&values[0], element);
  for (guint i = 0; i < n_args; i++) {
    g_value_init (&values[i + 1],
                  query.param_types[i] & ~G_SIGNAL_TYPE_STATIC_SCOPE);
    if (!gst_value_deserialize (&values[i + 1], words[i + 3]))
      g_printerr ("rw-tap: '%s' does not suit '%s'\n", words[i + 3], words[2]);
  }
  g_signal_emitv (values, id, 0, NULL);
  for (guint i = 0; i <= n_args; i++)
    g_value_unset (&values[i]);
}

static void
command_set (App *app, char **words)
{
  g_autoptr (GstElement) element = find_element (app, words[1]);

  if (element)
    gst_util_set_object_arg (G_OBJECT (element), words[2], words[3]);
}

static void
run_command (App *app, char **words)
{
  guint n = g_strv_length (words);

  if (g_str_equal (words[0], "play"))
    gst_element_set_state (app->pipeline, GST_STATE_PLAYING);
  else if (g_str_equal (words[0], "pause"))
    gst_element_set_state (app->pipeline, GST_STATE_PAUSED);
  else if (g_str_equal (words[0], "null"))
    gst_element_set_state (app->pipeline, GST_STATE_NULL);
  else if (g_str_equal (words[0], "eos"))
    gst_element_send_event (app->pipeline, gst_event_new_eos ());
  else if (g_str_equal (words[0], "quit"))
    g_main_loop_quit (app->loop);
  else if (g_str_equal (words[0], "get") && n == 3)
    command_get (app, words);
  else if (g_str_equal (words[0], "set") && n == 4)
    command_set (app, words);
  else if (g_str_equal (words[0], "emit") && n >= 3)
    command_emit (app, words);
  else
    g_printerr ("rw-tap: no command '%s' with %u words\n", words[0], n);
}

static gboolean
on_control (GIOChannel *channel, GIOCondition condition, gpointer data)
{
  g_autofree char *line = NULL;
  g_auto (GStrv) words = NULL;

  if (g_io_channel_read_line (channel, &line, NULL, NULL, NULL) !=
      G_IO_STATUS_NORMAL)
    return G_SOURCE_REMOVE;
  if (g_shell_parse_argv (line, NULL, &words, NULL))
    run_command (data, words);
  return G_SOURCE_CONTINUE;
}

static void
watch_control (App *app)
{
  GIOChannel *channel = g_io_channel_unix_new (0);

  g_io_channel_set_flags (channel, G_IO_FLAG_NONBLOCK, NULL);
  g_io_channel_set_encoding (channel, NULL, NULL);
  g_io_add_watch (channel, G_IO_IN | G_IO_HUP, on_control, app);
  g_io_channel_unref (channel);
}

static void
use_clock (GstElement *pipeline, gint ppm)
{
  g_autoptr (GstClock) clock =
      g_object_new (GST_TYPE_SYSTEM_CLOCK, "name", "rw-tap-clock", NULL);
  GstClockTime now_ns = gst_clock_get_internal_time (clock);

  gst_clock_set_calibration (clock, now_ns, now_ns, 1000000 + ppm, 1000000);
  gst_pipeline_use_clock (GST_PIPELINE (pipeline), clock);
}

static int
run (App *app, gboolean control)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (app->pipeline);
  guint sigint, sigterm, watch;

  app->loop = g_main_loop_new (NULL, FALSE);
  gst_bus_set_sync_handler (bus, on_bus_sync, app, NULL);
  watch = gst_bus_add_watch (bus, on_bus, app);
  sigint = g_unix_signal_add (SIGINT, on_sigint, app);
  sigterm = g_unix_signal_add (SIGTERM, on_sigterm, app);
  if (control)
    watch_control (app);
  gst_element_set_state (app->pipeline, GST_STATE_PLAYING);
  g_main_loop_run (app->loop);
  gst_element_set_state (app->pipeline, GST_STATE_NULL);
  g_source_remove (watch);
  g_source_remove (sigint);
  g_source_remove (sigterm);
  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  g_main_loop_unref (app->loop);
  return app->status;
}

int
main (int argc, char **argv)
{
  g_auto (GStrv) frames = NULL, clicks = NULL, skips = NULL, jitters = NULL;
  g_auto (GStrv) description = NULL;
  g_autofree char *bus = NULL;
  gboolean control = FALSE;
  gint clock_ppm = 0;
  App app = {0};
  GOptionEntry entries[] = {
      {"frames", 0, 0, G_OPTION_ARG_STRING_ARRAY, &frames, "", ""},
      {"clicks", 0, 0, G_OPTION_ARG_STRING_ARRAY, &clicks, "", ""},
      {"jitter", 0, 0, G_OPTION_ARG_STRING_ARRAY, &jitters, "", ""},
      {"clock-ppm", 0, 0, G_OPTION_ARG_INT, &clock_ppm, "", ""},
      {"skip", 0, 0, G_OPTION_ARG_STRING_ARRAY, &skips, "", ""},
      {"bus", 0, 0, G_OPTION_ARG_FILENAME, &bus, "", ""},
      {"control", 0, 0, G_OPTION_ARG_NONE, &control, "", NULL},
      {"append", 0, 0, G_OPTION_ARG_NONE, &append, "", NULL},
      {"stay", 0, 0, G_OPTION_ARG_NONE, &app.stay, "", NULL},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &description, "",
       ""},
      {NULL},
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("PIPELINE");
  g_autoptr (GPtrArray) taps =
      g_ptr_array_new_with_free_func ((GDestroyNotify) tap_free);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error) || !description) {
    g_printerr ("rw-tap: %s\n", error ? error->message : "no pipeline");
    return 2;
  }
  app.pipeline = gst_parse_launchv ((const char **) description, &error);
  if (!app.pipeline || error) {
    g_printerr ("rw-tap: %s\n", error->message);
    return 2;
  }
  if (bus && !(app.bus_file = test_frame_log_open (bus, append)))
    return 2;
  if (!attach_all (taps, app.pipeline, skips, TAP_SKIP) ||
      !attach_all (taps, app.pipeline, jitters, TAP_JITTER) ||
      !attach_all (taps, app.pipeline, frames, TAP_FRAMES) ||
      !attach_all (taps, app.pipeline, clicks, TAP_CLICKS))
    return 2;
  if (clock_ppm)
    use_clock (app.pipeline, clock_ppm);
  app.status = run (&app, control);
  gst_object_unref (app.pipeline);
  if (app.bus_file)
    fclose (app.bus_file);
  return app.status;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-samples.h"

#include <json-glib/json-glib.h>

/* The samples of the last hour, and how they are written. */

static JsonObject *
parse (JsonParser *parser, const RwServerSamples *history, guint connections,
       gint64 now_s)
{
  RwServerMetrics metrics = {.connections = connections};
  g_autofree char *text = rw_server_samples_to_json (history, &metrics, now_s);
  g_autoptr (GError) error = NULL;

  json_parser_load_from_data (parser, text, -1, &error);
  g_assert_no_error (error);
  return json_node_get_object (json_parser_get_root (parser));
}

static gint64
get_value (JsonObject *history, guint sample, guint field)
{
  JsonArray *samples = json_object_get_array_member (history, "samples");
  JsonArray *values = json_array_get_array_element (samples, sample);

  return json_array_get_int_element (values, field);
}

static guint
count (JsonObject *history)
{
  return json_array_get_length (
      json_object_get_array_member (history, "samples"));
}

static void
test_the_last_sample_is_now (void)
{
  g_autoptr (RwServerSamples) history = rw_server_samples_new ();
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *object = parse (parser, history, 7, 1000);
  JsonArray *fields = json_object_get_array_member (object, "fields");

  g_assert_cmpuint (count (object), ==, 1);
  g_assert_cmpstr (json_array_get_string_element (fields, 0), ==, "time");
  g_assert_cmpstr (json_array_get_string_element (fields, 1), ==,
                   "connections");
  g_assert_cmpint (get_value (object, 0, 0), ==, 1000);
  g_assert_cmpint (get_value (object, 0, 1), ==, 7);
  g_assert_cmpuint (json_array_get_length (json_array_get_array_element (
                        json_object_get_array_member (object, "samples"), 0)),
                    ==, json_array_get_length (fields));
}

static void
test_a_sample_is_due_after_the_interval (void)
{
  g_autoptr (RwServerSamples) history = rw_server_samples_new ();
  RwServerMetrics metrics = {0};

  g_assert_true (rw_server_samples_is_due (history, 1000));
  rw_server_samples_add (history, &metrics, 1000);
  g_assert_false (rw_server_samples_is_due (history, 1009));
  g_assert_true (rw_server_samples_is_due (history, 1010));
  /* A clock that was set back does not stop the history. */
  g_assert_true (rw_server_samples_is_due (history, 500));
}

static void
test_the_oldest_go_after_an_hour (void)
{
  g_autoptr (RwServerSamples) history = rw_server_samples_new ();
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *object;

  for (guint i = 0; i < RW_SERVER_SAMPLES_LENGTH + 5; i++) {
    RwServerMetrics metrics = {.connections = i};

    rw_server_samples_add (history, &metrics, 10 * i);
  }
  object = parse (parser, history, 1, 10 * (RW_SERVER_SAMPLES_LENGTH + 5));
  g_assert_cmpuint (count (object), ==, RW_SERVER_SAMPLES_LENGTH + 1);
  for (guint i = 0; i < RW_SERVER_SAMPLES_LENGTH; i++) {
    g_assert_cmpint (get_value (object, i, 0), ==, 10 * (i + 5));
    g_assert_cmpint (get_value (object, i, 1), ==, i + 5);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/history/the-last-sample-is-now",
                   test_the_last_sample_is_now);
  g_test_add_func ("/history/a-sample-is-due-after-the-interval",
                   test_a_sample_is_due_after_the_interval);
  g_test_add_func ("/history/the-oldest-go-after-an-hour",
                   test_the_oldest_go_after_an_hour);

  return g_test_run ();
}

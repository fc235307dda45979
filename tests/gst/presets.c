/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The presets of the elements can be loaded, and do what their names say. */
#include "test-process.h"

#include <gst/gst.h>

typedef struct {
  guint stall_timeout, retry_delay, retry_delay_max;
  gdouble retry_factor, retry_jitter;
  gint retries;
} Settings;

static Settings
load (const char *factory, const char *preset)
{
  g_autoptr (GstElement) element = gst_element_factory_make (factory, NULL);
  Settings s;

  g_assert_nonnull (element);
  gst_object_ref_sink (element);
  g_assert_true (gst_preset_load_preset (GST_PRESET (element), preset));
  /* clang-format off */
  g_object_get (element,
      "stall-timeout", &s.stall_timeout,
      "retry-delay", &s.retry_delay,
      "retry-delay-max", &s.retry_delay_max,
      "retry-factor", &s.retry_factor,
      "retry-jitter", &s.retry_jitter,
      "retries", &s.retries,
      NULL);
  /* clang-format on */
  return s;
}

static void
check (const char *factory)
{
  Settings patient = load (factory, "patient");
  Settings aggressive = load (factory, "aggressive");
  Settings development = load (factory, "development");
  Settings none = load (factory, "no-retry");

  g_assert_cmpint (patient.retries, ==, -1);
  g_assert_cmpint (aggressive.retries, ==, -1);
  g_assert_cmpint (development.retries, ==, 10);
  g_assert_cmpint (none.retries, ==, 0);
  g_assert_cmpuint (aggressive.retry_delay, <, patient.retry_delay);
  g_assert_cmpuint (aggressive.retry_delay_max, <, patient.retry_delay_max);
  g_assert_cmpuint (aggressive.stall_timeout, <, patient.stall_timeout);
  g_assert_cmpfloat (development.retry_jitter, ==, 0.0);
  g_assert_cmpfloat (patient.retry_factor, >, 1.0);
}

static void
test_sink (void)
{
  check ("resilientwebrtcsink");
}

static void
test_source (void)
{
  check ("resilientwebrtcsrc");
}

static void
test_room (void)
{
  check ("resilientwebrtcroom");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/presets/sink", test_sink);
  g_test_add_func ("/presets/source", test_source);
  g_test_add_func ("/presets/room", test_room);
  return test_process_run_tests ();
}

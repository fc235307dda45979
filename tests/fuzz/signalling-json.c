/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-json-text.h"
#include "rw-quality-json.h"
#include "rw-signal-json.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
check_message (const char *text, gsize len)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RwSignalMessage) message =
      rw_signal_message_parse (text, len, &error);
  g_autoptr (RwSignalMessage) again = NULL;
  g_autofree char *json = NULL;
  g_autofree char *json_again = NULL;

  g_assert ((message == NULL) == (error != NULL));
  if (message == NULL) {
    /* It may be told to the sender. */
    g_assert (g_utf8_validate (error->message, -1, NULL));
    return;
  }

  json = rw_signal_message_to_json (message);
  g_assert (rw_json_text_check (json, strlen (json), 64, NULL));
  again = rw_signal_message_parse (json, strlen (json), &error);
  /* A message close to the limit may be longer in our own hand. */
  if (again == NULL && strlen (json) > RW_SIGNAL_MAX_FRAME)
    return;
  g_assert (again != NULL);
  json_again = rw_signal_message_to_json (again);
  g_assert (strcmp (json, json_again) == 0);
}

/* An accepted message must be sound JSON when it is written again, and mean the
 * same. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  RwQualityMetrics metrics;
  guint64 seq;

  check_message ((const char *) data, size);
  rw_signal_message_peek_seq ((const char *) data, size, &seq);
  if (rw_quality_metrics_parse (&metrics, (const char *) data, size, NULL)) {
    g_autofree char *report = rw_quality_report_to_json (&metrics, 0);

    g_assert (rw_json_text_check (report, strlen (report), 64, NULL));
  }
  return 0;
}

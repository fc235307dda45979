/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes TEST_CLICK_TONES seconds of raw audio (S16LE, mono) with one click a
 * second (test-click-log.h), to be played in a circle:
 *
 *   clicks FILE
 */
#include <math.h>
#include <string.h>
#include "test-click-log.h"

static void
make_second (gint16 *samples, guint number)
{
  guint n = TEST_CLICK_RATE * TEST_CLICK_MS / 1000;

  memset (samples, 0, TEST_CLICK_RATE * sizeof *samples);
  for (guint i = 0; i < n; i++)
    samples[TEST_CLICK_RATE / 2 + i] =
        GINT16_TO_LE ((gint16) (0.9 * G_MAXINT16 *
                                sin (2 * G_PI * test_click_hz (number) * i /
                                     TEST_CLICK_RATE)));
}

int
main (int argc, char **argv)
{
  g_autofree gint16 *samples = g_new (gint16, TEST_CLICK_RATE);
  FILE *file = argc == 2 ? fopen (argv[1], "we") : NULL;
  gboolean written = TRUE;

  if (!file) {
    g_printerr ("usage: clicks FILE\n");
    return 2;
  }
  for (guint i = 0; i < TEST_CLICK_TONES; i++) {
    make_second (samples, i);
    written &= fwrite (samples, sizeof *samples, TEST_CLICK_RATE, file) ==
               TEST_CLICK_RATE;
  }
  written &= fclose (file) == 0;
  return written ? 0 : 1;
}

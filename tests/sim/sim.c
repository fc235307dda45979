/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-world.h"

#include <stdlib.h>

/*
 * Runs the delivery protocol through seeded disasters. Each seed is a world
 * of its own: a path, outages, restarts, drifting clocks. See --help.
 */
typedef struct {
  gint64 seed;
  gint64 runs;
  gboolean verbose;
  gint64 expect_failure;
} Options;

static gboolean
parse (Options *options, gint *argc, gchar ***argv)
{
  const GOptionEntry entries[] = {
      {"seed", 's', 0, G_OPTION_ARG_INT64, &options->seed,
       "The first seed (default 1)", "N"},
      {"runs", 'n', 0, G_OPTION_ARG_INT64, &options->runs,
       "How many seeds to run (default 1)", "N"},
      {"verbose", 'v', 0, G_OPTION_ARG_NONE, &options->verbose,
       "Tell what happens", NULL},
      {"expect-failure", 0, 0, G_OPTION_ARG_INT64, &options->expect_failure,
       "Succeed if one of so many seeds breaks a promise (for builds that are "
       "broken on purpose)",
       "N"},
      {NULL}};
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (g_option_context_parse (context, argc, argv, &error))
    return TRUE;
  g_printerr ("%s\n", error->message);
  return FALSE;
}

static void
report (const SimStats *stats, gint64 took_us)
{
  gdouble seconds = took_us / 1e6;

  g_print ("# %" G_GUINT64_FORMAT " runs in %.1f s: %.0f runs/s, %.0f s of "
           "life a second\n",
           stats->runs, seconds, stats->runs / seconds,
           stats->world_us / 1e6 / seconds);
  g_print ("# %" G_GUINT64_FORMAT " frames handed on, %" G_GUINT64_FORMAT
           " repairs sent, %" G_GUINT64_FORMAT
           " duplicates dropped, %" G_GUINT64_FORMAT " in %" G_GUINT64_FORMAT
           " gaps, %" G_GUINT64_FORMAT " messages, %" G_GUINT64_FORMAT
           " sessions, %" G_GUINT64_FORMAT " won over another\n",
           stats->frames, stats->repaired, stats->duplicates, stats->lost,
           stats->gaps, stats->messages, stats->links, stats->outages);
}

int
main (int argc, char **argv)
{
  Options options = {.seed = 1, .runs = 1};
  gint64 begin = g_get_monotonic_time ();
  SimWorld world;
  gint64 i;
  gboolean ok = TRUE;

  if (!parse (&options, &argc, &argv))
    return EXIT_FAILURE;
  if (options.expect_failure > 0)
    options.runs = options.expect_failure;
  sim_world_init (&world);
  world.verbose = options.verbose;
  for (i = 0; ok && i < options.runs; i++)
    ok = sim_world_run (&world, options.seed + i);

  g_print ("1..1\n");
  report (&world.stats, MAX (1, g_get_monotonic_time () - begin));
  if (!ok)
    g_print ("# seed %" G_GINT64_FORMAT " broke a promise %s\n"
             "# replay it: %s --seed %" G_GINT64_FORMAT " --verbose\n",
             options.seed + i - 1, world.failure, argv[0],
             options.seed + i - 1);
  if (options.expect_failure > 0)
    ok = !ok;
  g_print ("%s 1 - %s\n", ok ? "ok" : "not ok",
           options.expect_failure > 0 ? "a broken build is caught"
                                      : "every promise is kept");
  sim_world_clear (&world);
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

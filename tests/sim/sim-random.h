/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * SimRandom: the one source of chance of a run (SplitMix64). A seed gives the
 * same run on every machine, which GRand does not promise, and seeding costs
 * nothing.
 */
typedef struct {
  guint64 state;
} SimRandom;

static inline guint64
sim_random_next (SimRandom *random)
{
  guint64 z = random->state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/* From @low to @high, both included. */
static inline gint64
sim_random_range (SimRandom *random, gint64 low, gint64 high)
{
  return low + (gint64) (sim_random_next (random) % (guint64) (high - low + 1));
}

/* True @per_mille times of a thousand. */
static inline gboolean
sim_random_chance (SimRandom *random, guint per_mille)
{
  return per_mille > 0 && sim_random_next (random) % 1000 < per_mille;
}

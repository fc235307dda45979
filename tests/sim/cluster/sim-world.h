/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sim-client.h"

G_BEGIN_DECLS

#define SIM_N_ROOMS 2

extern const char *const sim_rooms[SIM_N_ROOMS];

/**
 * SimWorld:
 *
 * Servers that share a Redis, and their clients. All follows from the seed.
 */
typedef struct {
  guint32 seed;
  SimRandom random;
  SimBook *book;
  SimRedis *redis;
  GPtrArray *servers; /* SimServer */
  GPtrArray *clients; /* SimClient */
  guint mishaps;      /* a set of Mishap */
  guint calm;         /* actions between two mishaps */
  gboolean has_names; /* producers compete for names */
  gint64 both_us;     /* since when two clients have a floor; 0: they do not */
} SimWorld;

/** sim_world_begin: until all are there; @delay_us: of Redis, at most; 0: any
 */
void sim_world_begin (SimWorld *w, guint32 seed, gint64 delay_us);
void sim_world_end (SimWorld *w);

/** sim_world_roll: a number below @n. */
guint sim_world_roll (SimWorld *w, guint n);

SimServer *sim_world_get_server (SimWorld *w, guint i);
SimClient *sim_world_get_client (SimWorld *w, guint i);

/** sim_world_step: lets the time go on. */
void sim_world_step (SimWorld *w, gint64 us);

/** sim_world_wait_for_all: servers are well, and clients are at one. */
void sim_world_wait_for_all (SimWorld *w);

/** sim_world_check_homes: each client has one, each name one holder. */
void sim_world_check_homes (SimWorld *w);

/** sim_world_check_positions: all members of a room are at the same message. */
void sim_world_check_positions (SimWorld *w);

G_END_DECLS

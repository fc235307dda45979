/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-command.h"
#include "sim-random.h"
#include "sim-time.h"

G_BEGIN_DECLS

/**
 * SimRedis:
 *
 * A Redis in memory, in which the cluster's own scripts run (redis.lua), and
 * the network to it: RwRedis is linked with it. Commands and answers take their
 * time, in order; connections break, Redis stops answering or begins again with
 * less than it had. Of one thread.
 */
typedef struct _SimRedis SimRedis;

/** SimRedisWhat: what it has after it began again */
typedef enum {
  SIM_REDIS_ALL,
  SIM_REDIS_KEPT, /* as of the last sim_redis_keep() */
  SIM_REDIS_NOTHING,
} SimRedisWhat;

SimRedis *sim_redis_new (const char *source, SimRandom *random,
                         gint64 max_delay_us);
void sim_redis_free (SimRedis *self);

/** sim_redis_use: the one that an RwRedis connects to. */
void sim_redis_use (SimRedis *self);

/** sim_redis_run: at once; (transfer full): the answer in Redis' protocol */
GBytes *sim_redis_run (SimRedis *self, const RwCommand *command);

/** sim_redis_keep: as a Redis that writes to its disk each second. */
void sim_redis_keep (SimRedis *self);

/** sim_redis_stop: all connections end; none is made until it is started. */
void sim_redis_stop (SimRedis *self);
void sim_redis_start (SimRedis *self, SimRedisWhat what);
void sim_redis_freeze (SimRedis *self, gint64 until_us);
void sim_redis_flush (SimRedis *self);

/** sim_redis_hang_up: on the servers of @owner; NULL: on all. */
void sim_redis_hang_up (SimRedis *self, SimOwner *owner);

/** sim_redis_forget: the process of @owner is gone. */
void sim_redis_forget (SimRedis *self, SimOwner *owner);

/** sim_redis_cut: nothing passes between Redis and @owner in the directions
 * that are set. */
void sim_redis_cut (SimRedis *self, SimOwner *owner, gboolean is_to,
                    gboolean is_from);

/** sim_redis_is_away: @owner does not reach it, which it may not know yet. */
gboolean sim_redis_is_away (SimRedis *self, SimOwner *owner);
gboolean sim_redis_is_stopped (SimRedis *self);

/** sim_redis_count: commands of @owner so far */
guint64 sim_redis_count (SimRedis *self, SimOwner *owner);

G_END_DECLS

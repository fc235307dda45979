/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What Redis has to do in one piece. Any thread. */

/**
 * rw_redis_script_join:
 *
 * Keys: epoch, log, snapshot, lease. Arguments: the epoch that the node knows
 * ("" for none), a new one, the position that it has read to, its state,
 * milliseconds of the lease.
 *
 * Without an epoch, or where the log of the known one ends before the
 * position (a Redis that was restarted, and lost some), the node's state
 * becomes the first of a new epoch. Answers [epoch, state, position to read
 * from]; an empty state: the node's own is good.
 */
extern const char *const rw_redis_script_join;

/**
 * rw_redis_script_snapshot:
 *
 * Keys: epoch, log, snapshot. Arguments: the epoch, the state, its position,
 * the position up to which the log may be forgotten. Answers 0 when there is
 * another epoch, or a later snapshot.
 */
extern const char *const rw_redis_script_snapshot;

G_END_DECLS

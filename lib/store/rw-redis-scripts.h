/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What Redis has to do in one piece. Any thread. */

/**
 * rw_redis_script_join:
 *
 * Keys: epoch, log, snapshot, lease, candidate. Arguments: the epoch that the
 * node knows ("" for none), a new one, the position that it has read to, its
 * state, milliseconds of the lease, and of an election.
 *
 * Without an epoch, or where the log of the known one ends before the
 * position (a Redis that was restarted, and lost some), a state has to be the
 * first of a new epoch: that of the node which has read furthest of those that
 * come within the time of an election. Where others have gone on without the
 * entry at the position, it is the snapshot that counts.
 *
 * Answers [epoch, state, position to read from]; an empty state: the node's
 * own is good; an empty epoch: to be asked again.
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What Redis has to do in one piece. Any thread. */

/**
 * rw_redis_script_join:
 *
 * Keys: epoch, log, snapshot, lease, candidate, state, the node's upload.
 * Arguments: the epoch that the node knows ("" for none), a new one, the
 * position that it has read to, the bytes of its state that are there as its
 * upload (0 for none), milliseconds of the lease, and of an election.
 *
 * Without an epoch, or where the log of the known one ends before the
 * position (a Redis that was restarted, and lost some), a state has to be the
 * first of a new epoch: that of the node which has read furthest of those that
 * come within the time of an election. A state is large, so it is sent by who
 * has been elected only, and counts if it still is when all of it is there.
 * Where others have gone on without the entry at the position, it is the
 * snapshot that counts.
 *
 * Answers [epoch, state, position to read from]; an empty state: the node's
 * own is good; an empty epoch: to be asked again, and with the node's state
 * there if the answer's is not empty. The lease of who gets a state allows for
 * the time that it takes to arrive.
 */
extern const char *const rw_redis_script_join;

/**
 * rw_redis_script_snapshot:
 *
 * Keys: epoch, log, snapshot, state, the node's upload. Arguments: the epoch,
 * the bytes of the upload, its position, the position up to which the log may
 * be forgotten. Answers 0 when there is another epoch, or a later snapshot.
 * What the snapshot says is forgotten is the last entry that is.
 */
extern const char *const rw_redis_script_snapshot;

/**
 * rw_redis_script_read:
 *
 * Keys: log, snapshot. Arguments: the position that has been read to, entries
 * and bytes after which an answer ends; it holds one entry more than those
 * bytes at most. Answers [[[id, [field, value...]]...], whether there may be
 * more], or an error when the log has been shortened beyond the position.
 */
extern const char *const rw_redis_script_read;

G_END_DECLS

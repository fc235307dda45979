/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "test-side.h"
#include "rw-state.h"

G_BEGIN_DECLS

/*
 * The state messages of an element, read as a whole: that each message goes on
 * where the last one ended, that its fields make sense, and which rows of the
 * table of states (rw-state.c) have been seen.
 *
 * Threads: the test's.
 */

/* A field that is true where an element has taken the transition. */
typedef struct {
  gboolean seen[RW_N_STATES][RW_N_STATE_EVENTS];
} TestStateCoverage;

/* Waits for a state message that comes after @mark messages. Returns how many
 * messages there were with it, the next @mark. @reason may be NULL. */
guint test_state_log_wait (TestSide *side, guint mark, const char *state,
                           const char *reason);

/* The structure of the last state message of @side, which keeps it; about
 * @peer_id, if that is not NULL. */
const GstStructure *test_state_log_get_last (TestSide *side,
                                             const char *peer_id);

/* All that a source has told since it was made. It is stopped. */
void test_state_log_check_source (TestSide *src, TestStateCoverage *coverage);

/* The same for a sink: a chain for each consumer, and one of its own. */
void test_state_log_check_sink (TestSide *sink);

/* Fails unless each pair of the table that changes the state was seen, or has
 * a reason in this file why no element can take it. */
void test_state_coverage_assert_complete (const TestStateCoverage *coverage);

G_END_DECLS

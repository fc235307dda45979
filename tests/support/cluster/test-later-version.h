/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "test-link.h"

G_BEGIN_DECLS

/**
 * TestLaterVersion:
 *
 * Makes of what a server sends to Redis what a server of a later version would
 * send: each message between servers and each state of resumption has a further
 * member, and so have all dictionaries in them; and the scripts write a further
 * field into each record and into each entry of a stream. The member and the
 * field are called TEST_LATER_FIELD.
 *
 * Threads: made and freed by the test's, used by those of links.
 */
typedef struct _TestLaterVersion TestLaterVersion;

#define TEST_LATER_FIELD "later"

TestLaterVersion *test_later_version_new (void);
void test_later_version_free (TestLaterVersion *self);

/** test_later_version_add_link: what comes over @link is of a later version. */
void test_later_version_add_link (TestLaterVersion *self, TestLink *link);

/* So far: runs of a script of the later version; messages and states that have
 * got the member. */
guint test_later_version_count_scripts (TestLaterVersion *self);
guint test_later_version_count_messages (TestLaterVersion *self);
guint test_later_version_count_states (TestLaterVersion *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestLaterVersion, test_later_version_free)

G_END_DECLS

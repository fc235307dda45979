/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef gboolean (*TestCondition) (gpointer user_data);

/* A deadline that a loaded machine can keep. */
#define TEST_DEADLINE_S 30

/**
 * test_wait_until:
 *
 * Runs the thread-default main context until @condition holds; ends the test,
 * which "waited in vain for" @what, after TEST_DEADLINE_S. The condition is
 * asked after every event and each 20 ms, for what is no event of this context
 * (another thread's count, another program's answer).
 */
void test_wait_until (TestCondition condition, gpointer user_data,
                      const char *what);

#define test_wait(condition, user_data)                                        \
  test_wait_until (condition, user_data, #condition)

G_END_DECLS

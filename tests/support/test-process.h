/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The threads, files and memory of the test's own process, from /proc. */
guint test_process_count_threads (void);
guint test_process_count_files (void);

/* FALSE: after a time that a hung machine needs it still holds more. Objects
 * that end on a thread of their own end a little after they were told to. */
gboolean test_process_wait_usage (guint most_threads, guint most_files);

/* Ends what idles in GLib's thread pools, and waits until only those threads
 * are left that live as long as the process. */
void test_process_end_idle_threads (void);

/* A pause by chance, for a test of what happens at any moment. For anything
 * else there is a condition to wait for. */
void test_process_wait_moment (GRand *dice, gint most_us);

/* g_test_run(), and an orderly end: the leak checker stumbles over threads
 * that end while it looks. */
int test_process_run_tests (void);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a test's own process holds, from /proc. */
guint rw_process_count_threads (void);
guint rw_process_count_files (void);

/* Ends what idles in GLib's thread pools, and waits until only those threads
 * are left that live as long as the process. */
void rw_process_end_idle_threads (void);

/* g_test_run(), and an orderly end: the leak checker stumbles over threads
 * that end while it looks. */
int rw_process_run_tests (void);

G_END_DECLS

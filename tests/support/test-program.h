/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Programs that a test runs, and what they need. */

/** test_program_spawn: the program ends with this one, however that ends. */
GSubprocess *test_program_spawn (const char *const *argv,
                                 GSubprocessFlags flags);

/** test_program_kill: at once; *@program becomes NULL, and may be. */
void test_program_kill (GSubprocess **program);

/** test_program_remove_dir: with all that is in it. */
void test_program_remove_dir (const char *path);

/**
 * test_program_reserve_port:
 *
 * A port of 127.0.0.1 that no other program is given while this one runs. A
 * server of this test may listen there, and stop, and listen again; meanwhile
 * its clients are refused, instead of reaching a server of a test beside this
 * one that was given the same port.
 */
guint test_program_reserve_port (void);

/** test_program_find_udp_port: it was free a moment ago. */
guint test_program_find_udp_port (void);

G_END_DECLS

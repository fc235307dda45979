/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * TestCoturn:
 *
 * Debian's coturn on a free port of an address of this host, with the shared
 * secret that the signalling server makes credentials of.
 */
typedef struct {
  char *dir;
  char *address; /* not of loopback */
  char *port;
  char *secret_file;
  char *log_file;
  GSubprocess *process;
} TestCoturn;

#define TEST_COTURN_SECRET "north"

/** test_coturn_start: FALSE, and the test is skipped, where it is not
 * installed. It may need a moment to listen. */
gboolean test_coturn_start (TestCoturn *self);
void test_coturn_stop (TestCoturn *self);

/** test_coturn_count_allocations: of those that clients have made so far, and
 * of those that clients have given back before they expired. */
guint test_coturn_count_allocations (TestCoturn *self);
guint test_coturn_count_returned (TestCoturn *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * TestBalancer:
 *
 * Debian's haproxy as the one address of two servers on this host. It sends
 * nobody to one whose /readyz says no.
 */
typedef struct {
  char *dir;
  guint port;
  GSubprocess *process;
} TestBalancer;

/** test_balancer_start: FALSE, and the test is skipped, where it is not
 * installed. @port is its own, @first and @second are those of the servers. */
gboolean test_balancer_start (TestBalancer *self, guint port, guint first,
                              guint second);
void test_balancer_stop (TestBalancer *self);

G_END_DECLS

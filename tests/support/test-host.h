/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-server.h"

G_BEGIN_DECLS

/**
 * TestHost:
 *
 * A server as an element runs it: on a thread and a main context of its own,
 * while nobody runs the default one.
 */
typedef struct {
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
  RwServerConfig *config;
  RwServer *server;
  GAsyncQueue *ready;
  guint port;
} TestHost;

void test_host_start (TestHost *self, RwServerConfig *config);
/* After a stop, on the same port. */
void test_host_start_again (TestHost *self, RwServerConfig *config);
void test_host_stop (TestHost *self);
guint test_host_get_n_clients (TestHost *self);

G_END_DECLS

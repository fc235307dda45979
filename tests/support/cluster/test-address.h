/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "test-redis.h"

G_BEGIN_DECLS

#define TEST_ADDRESS_MAX_NODES 4

/**
 * TestAddress:
 *
 * The one address of several servers: each connection goes to the next of them
 * that takes it, and ends at once where none does. On threads of its own.
 */
typedef struct {
  TestNode node; /* as which clients use it: its port alone */
  GSocketService *service;
  guint n;
  gint ports[TEST_ADDRESS_MAX_NODES]; /* atomic */
  gint turn;                          /* atomic */
} TestAddress;

void test_address_start (TestAddress *self, guint n);
void test_address_stop (TestAddress *self);

/** test_address_set: server @i of @n is the one at @port now. */
void test_address_set (TestAddress *self, guint i, guint port);

G_END_DECLS

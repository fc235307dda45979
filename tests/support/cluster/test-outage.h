/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "test-client.h"
#include "test-link.h"

G_BEGIN_DECLS

/**
 * TestOutageKind: how Redis goes away.
 * @TEST_OUTAGE_KILLED: by SIGKILL; it comes back with all it had
 * @TEST_OUTAGE_EMPTIED: likewise; it comes back with nothing
 * @TEST_OUTAGE_FROZEN: it takes connections, and does not answer
 * @TEST_OUTAGE_CUT: connections to it end, and so do new ones
 * @TEST_OUTAGE_HELD: nothing comes through to it, nor from it, until it is back
 * @TEST_OUTAGE_NEVER: it does not
 */
typedef enum {
  TEST_OUTAGE_KILLED,
  TEST_OUTAGE_EMPTIED,
  TEST_OUTAGE_FROZEN,
  TEST_OUTAGE_CUT,
  TEST_OUTAGE_HELD,
  TEST_OUTAGE_NEVER,
} TestOutageKind;

#define TEST_OUTAGE_N_NODES 2

/* As bits: of what may happen to one node alone, and of all. */
#define KILLED  (1u << TEST_OUTAGE_KILLED)
#define EMPTIED (1u << TEST_OUTAGE_EMPTIED)
#define FROZEN  (1u << TEST_OUTAGE_FROZEN)
#define CUT     (1u << TEST_OUTAGE_CUT)
#define HELD    (1u << TEST_OUTAGE_HELD)
#define OF_ONE  (CUT | HELD)
#define OF_ALL  (OF_ONE | KILLED | EMPTIED | FROZEN)

/**
 * TestOutage:
 *
 * Two nodes, one Redis, and a network between each node and that, of which
 * either may fail. With RW_OUTAGE=never Redis stays whatever the kind: what
 * holds while it is away has to hold then as well.
 */
typedef struct {
  TestOutageKind kind;
  TestRedis redis;
  TestLink links[TEST_OUTAGE_N_NODES];
  TestNode nodes[TEST_OUTAGE_N_NODES];
  const char *options; /* (nullable): of the nodes */
} TestOutage;

const char *test_outage_get_name (TestOutageKind kind);

typedef void (*TestOutageFunc) (TestOutage *self, gconstpointer kind);

void test_outage_add (const char *path, guint usual, guint possible,
                      TestOutageFunc test);

void test_outage_init (TestOutage *self, TestOutageKind kind);
void test_outage_restart_nodes (TestOutage *self, const char *options);
void test_outage_clear (TestOutage *self);

void test_outage_start_node (TestOutage *self, guint node);
void test_outage_begin (TestOutage *self);
void test_outage_end (TestOutage *self);
void test_outage_wait_ready (TestOutage *self);
void test_outage_wait_agreed (TestOutage *self, guint n_producers);

void test_outage_begin_at (TestOutage *self, guint node);
void test_outage_end_at (TestOutage *self, guint node);

G_END_DECLS

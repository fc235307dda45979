/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "test-client.h"
#include "test-outage.h"

G_BEGIN_DECLS

typedef struct {
  TestClient *client;
  guint node; /* it is at, or was at last */
  gboolean produces;
  gboolean is_member;
  GPtrArray *lines; /* of the room, as they came */
} TestTalker;

/**
 * TestTalkers:
 *
 * Clients of both kinds, at two nodes, who come, go, lose their connections,
 * change nodes, begin and end sessions, and talk in them and in a room: by
 * dice. In a session all is heard that was said, once and in order; in the room
 * in one order for all; each client is resumed, and no connection of an
 * ordinary client is lost. Where there are @losses, both may be lost, but of no
 * session a part; and there is no room.
 */
typedef struct {
  TestOutage *outage;
  gboolean losses;
  GRand *dice;
  guint n_talkers;
  TestTalker *talkers;
  GHashTable *sessions; /* char * -> a session as its two sides know it */
  GPtrArray *order;     /* of the same, as they began */
  guint n_published;
} TestTalkers;

void test_talkers_init (TestTalkers *self, TestOutage *outage, guint n,
                        gboolean losses, guint seed);
void test_talkers_clear (TestTalkers *self);

guint test_talkers_roll (TestTalkers *self, guint sides);
void test_talkers_talk (TestTalkers *self, guint ms);
void test_talkers_settle (TestTalkers *self);
void test_talkers_assert_well (TestTalkers *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sim-book.h"
#include "sim-server.h"

G_BEGIN_DECLS

/**
 * SimClient:
 *
 * A client with resumption: a producer or a consumer, in sessions and in rooms.
 * It numbers and acknowledges as docs/signalling.md demands, comes again at any
 * server when its connection is lost, and enters into the book what it sends
 * and receives.
 */
typedef struct _SimClient SimClient;

SimClient *sim_client_new (guint index, GPtrArray *servers, SimRandom *random,
                           SimBook *book);
void sim_client_free (SimClient *self);

gboolean sim_client_is_producer (const SimClient *self);
const char *sim_client_get_id (const SimClient *self);

/** sim_client_get_server: (nullable): that of its connection */
SimServer *sim_client_get_server (const SimClient *self);

/** sim_client_is_here: it is connected, and owes and lacks nothing. */
gboolean sim_client_is_welcome (const SimClient *self);
gboolean sim_client_is_here (const SimClient *self);

/** sim_client_move: to another server, or to the same again. */
void sim_client_move (SimClient *self, guint server);
void sim_client_drop (SimClient *self);

/** sim_client_start: a session with the producer @other. */
void sim_client_start (SimClient *self, SimClient *other);
void sim_client_send (SimClient *self);
void sim_client_end (SimClient *self);

void sim_client_join (SimClient *self, const char *room);
void sim_client_leave (SimClient *self, const char *room);
void sim_client_publish (SimClient *self, const char *room);
void sim_client_press (SimClient *self, const char *room, gboolean pressed);

/** sim_client_produce: under this name. */
void sim_client_produce (SimClient *self, const char *name);

/** sim_client_has_floor: as it has been told. */
gboolean sim_client_has_floor (const SimClient *self, const char *room);

/** sim_client_get_last: (nullable): the instance of @room, and the number of
 * the last message received there */
const char *sim_client_get_last (const SimClient *self, const char *room,
                                 guint64 *sequence);

G_END_DECLS

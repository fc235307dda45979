/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwServerList:
 *
 * Selects one of several servers: the most preferred one that is not resting. A
 * server that has failed rests for 1 s, twice as long after each further
 * failure, at most a minute; if all rest, the one whose rest ends first. The
 * count of failures starts again only after the server has worked for 10 s: a
 * server that accepts every client and fails at once must not be tried again
 * and again. Pure.
 */
#define RW_SERVER_STEADY_US   (G_GINT64_CONSTANT (10000000))
#define RW_SERVER_REST_MIN_US (G_GINT64_CONSTANT (1000000))
#define RW_SERVER_REST_MAX_US (G_GINT64_CONSTANT (60000000))

typedef struct _RwServerList RwServerList;

RwServerList *rw_server_list_new (guint n);
void rw_server_list_free (RwServerList *self);

guint rw_server_list_pick (RwServerList *self, gint64 now_us);
void rw_server_list_fail (RwServerList *self, guint index, gint64 now_us);
void rw_server_list_succeed (RwServerList *self, guint index, gint64 now_us);

/** rw_server_list_get_better_us: when one that is preferred to @index may be
 * tried again, or -1 if there is none. */
gint64 rw_server_list_get_better_us (RwServerList *self, guint index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerList, rw_server_list_free)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/**
 * RwServerPending:
 *
 * The HTTP requests that have begun and are not over, in that order: also those
 * of which not a byte has come yet. Server's thread.
 */
typedef struct _RwServerPending RwServerPending;

RwServerPending *rw_server_pending_new (GDestroyNotify forget);
void rw_server_pending_free (RwServerPending *self);

void rw_server_pending_add (RwServerPending *self, SoupServerMessage *msg,
                            gint64 now_us);
void rw_server_pending_remove (RwServerPending *self, SoupServerMessage *msg);
guint rw_server_pending_get_n (RwServerPending *self);

void rw_server_pending_cut_oldest (RwServerPending *self);
void rw_server_pending_cut_late (RwServerPending *self, gint64 since_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerPending, rw_server_pending_free)

G_END_DECLS

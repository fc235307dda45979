/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-signal-message.h"
#include "sim-book.h"

G_BEGIN_DECLS

/** SimMember: a client in a room: its position there, and the floor as the
 * client has been told. */
typedef struct _SimMember SimMember;

SimMember *sim_member_new (const char *room, guint client, SimBook *book);
void sim_member_free (SimMember *self);

/** sim_member_new_join: (transfer full): with its position, if it has one */
RwSignalMessage *sim_member_new_join (SimMember *self);
void sim_member_receive (SimMember *self, const RwSignalMessage *message,
                         const char *own_id);

/** sim_member_return: the client has a new connection. */
void sim_member_return (SimMember *self);

/** sim_member_release: the client gives the floor back, or its request. */
void sim_member_release (SimMember *self);
gboolean sim_member_has_floor (const SimMember *self);

/** sim_member_is_joining: there was no answer to the last request to join. */
gboolean sim_member_is_joining (const SimMember *self);
const char *sim_member_get_last (const SimMember *self, guint64 *sequence);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwEndedSessions:
 *
 * The ids of the last few sessions of a client that have ended. Both sides may
 * end a session at once, and candidates cross an endSession on the wire: such
 * messages are passed over, and only true mistakes are errors. Pure; of one
 * thread, and of one RwHubClient.
 */
typedef struct _RwEndedSessions RwEndedSessions;

RwEndedSessions *rw_ended_sessions_new (void);
void rw_ended_sessions_free (RwEndedSessions *self);

void rw_ended_sessions_add (RwEndedSessions *self, const char *session_id);
gboolean rw_ended_sessions_contains (const RwEndedSessions *self,
                                     const char *session_id);

void rw_ended_sessions_save (const RwEndedSessions *self,
                             GVariantBuilder *builder);

/** rw_ended_sessions_load: @state may be any a{sv}. */
RwEndedSessions *rw_ended_sessions_load (GVariant *state, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwEndedSessions, rw_ended_sessions_free)

G_END_DECLS

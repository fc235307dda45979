/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-send-endpoint.h"

/* A sender whose journal drops each frame as soon as it was sent. */

RwSendEndpoint *__real_rw_send_endpoint_new (RwJournal *journal,
                                             RwCursorSet *cursors,
                                             const RwSendEndpointConfig *config,
                                             gint64 now_us);
RwSendEndpoint *__wrap_rw_send_endpoint_new (RwJournal *journal,
                                             RwCursorSet *cursors,
                                             const RwSendEndpointConfig *config,
                                             gint64 now_us);
void __real_rw_send_endpoint_free (RwSendEndpoint *session);
void __wrap_rw_send_endpoint_free (RwSendEndpoint *session);
void __real_rw_send_endpoint_note_live_sent (RwSendEndpoint *session,
                                             guint64 index, gint64 now_us);
void __wrap_rw_send_endpoint_note_live_sent (RwSendEndpoint *session,
                                             guint64 index, gint64 now_us);

static GHashTable *journals; /* of each endpoint */

RwSendEndpoint *
__wrap_rw_send_endpoint_new (RwJournal *journal, RwCursorSet *cursors,
                             const RwSendEndpointConfig *config, gint64 now_us)
{
  RwSendEndpoint *session =
      __real_rw_send_endpoint_new (journal, cursors, config, now_us);

  if (journals == NULL)
    journals = g_hash_table_new (NULL, NULL);
  g_hash_table_insert (journals, session, journal);
  return session;
}

void
__wrap_rw_send_endpoint_free (RwSendEndpoint *session)
{
  if (journals != NULL)
    g_hash_table_remove (journals, session);
  __real_rw_send_endpoint_free (session);
}

void
__wrap_rw_send_endpoint_note_live_sent (RwSendEndpoint *session, guint64 index,
                                        gint64 now_us)
{
  __real_rw_send_endpoint_note_live_sent (session, index, now_us);
  rw_journal_release (g_hash_table_lookup (journals, session), index + 1);
}

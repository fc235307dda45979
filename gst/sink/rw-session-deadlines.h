/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * RwSessionDeadlines: how long a session of the sink goes on without a
 * transport, and without a message of its consumer.
 *
 * A caller-owned struct of plain values; pure: times come as arguments.
 */
typedef struct {
  gint64 opened_us;
  gint64 started_us; /* when the handshake began, or 0 */
  gboolean is_connected;
} RwSessionDeadlines;

/* The handshake begins: returns after how long to check at the latest. */
gint64 rw_session_deadlines_start (RwSessionDeadlines *deadlines,
                                   gint64 now_us);

/* Since the last message, which came at @received_us, or 0; from the opening on
 * where there was none. */
gint64 rw_session_deadlines_get_silence_us (const RwSessionDeadlines *deadlines,
                                            gint64 received_us, gint64 now_us);

/**
 * rw_session_deadlines_check:
 * @has_messages: whether the consumer is resilient: others send none
 *
 * Returns: the reason why the session has timed out, or %NULL.
 */
const char *rw_session_deadlines_check (const RwSessionDeadlines *deadlines,
                                        gboolean has_messages,
                                        gint64 received_us, gint64 now_us);

G_END_DECLS

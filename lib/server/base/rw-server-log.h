/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * rw_server_log_set_up:
 * @format: "text", "json" or "journal"
 * @level: the lowest level that is logged: "error", "warning", "message",
 * "info" or "debug"
 *
 * From now on the program's log goes to its standard error, a line for each
 * entry, with its fields. Of other libraries only warnings and worse. Before
 * any thread is started, and once.
 */
gboolean rw_server_log_set_up (const char *format, const char *level,
                               GError **error);

/**
 * rw_server_log:
 * @connection: 0 for none
 * @address: (nullable)
 *
 * An entry with its fields apart from its text. Secrets must not be
 * logged; text of a client is escaped.
 */
void rw_server_log (GLogLevelFlags level, guint64 connection,
                    const char *address, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

G_END_DECLS

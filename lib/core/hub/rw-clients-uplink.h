/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-signal-message.h"

G_BEGIN_DECLS

/**
 * RwClientsUplink: what the clients of one server need from other servers; all
 * NULL: there are no others
 * @forward: @message is for @to, which is homed elsewhere or followed
 * @is_followed: whether messages that were forwarded to the local client @id
 *   before it came here may still be on their way: further ones must follow
 *   them, and come back by rw_clients_deliver()
 * @changed: the record of the local client @id has; it may have left
 * @reserve: whether @id may have @name: rw_clients_answer_name() brings the
 *   answer. FALSE if nobody can be asked
 * @resume: the client on @connection wants to resume as @id, which is not
 *   here: rw_clients_import(), rw_clients_restore() or
 *   rw_clients_refuse_resume() brings the answer. FALSE if nobody can be asked
 */
typedef struct {
  void (*forward) (const char *to, RwSignalMessage *message,
                   gpointer user_data);
  gboolean (*is_followed) (const char *id, gpointer user_data);
  void (*changed) (const char *id, gpointer user_data);
  gboolean (*reserve) (const char *id, const char *name, gpointer user_data);
  gboolean (*resume) (guint64 connection, const char *id, const char *secret,
                      guint64 attempt, gpointer user_data);
  gpointer user_data;
} RwClientsUplink;

G_END_DECLS

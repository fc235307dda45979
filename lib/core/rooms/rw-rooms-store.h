/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwRoomsStore: where rooms that several servers share are written; all NULL:
 * the rooms are this server's alone
 * @note: @kind is "request", "release", "away" or "back"
 *
 * Takes what local members do. The answer is an entry, read later.
 */
typedef struct {
  void (*join) (const char *room_id, const char *id, GRefString *meta,
                gpointer user_data);
  void (*leave) (const char *room_id, const char *id, gpointer user_data);
  void (*publish) (const char *room_id, const char *id, GRefString *data,
                   gpointer user_data);
  void (*note) (const char *room_id, const char *kind, const char *id,
                guint64 priority, gboolean no_wait, gpointer user_data);
  gpointer user_data;
} RwRoomsStore;

G_END_DECLS

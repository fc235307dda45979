/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-alarm.h"
#include "rw-outgoing.h"
#include "rw-receive-path.h"

G_BEGIN_DECLS

/* Called on any thread when a receive path must be pumped before its deadline.
 */
typedef void (*RwReceiveWakeFunc) (guint64 generation, gpointer data);

/*
 * RwReceivePathList: the receive paths of all sessions of the source. A
 * caller-owned struct; the owner's lock guards it.
 */
typedef struct {
  GPtrArray *paths; /* RwReceivePath, referenced */
  RwReceiveWakeFunc wake;
  gpointer wake_data;
  RwAlarm *alarm; /* for the paths at rest; NULL while stopped */
} RwReceivePathList;

void rw_receive_path_list_init (RwReceivePathList *list);
void rw_receive_path_list_clear (RwReceivePathList *list);

/* References @path. */
void rw_receive_path_list_add (RwReceivePathList *list, RwReceivePath *path);

/* Drops that reference. */
void rw_receive_path_list_remove (RwReceivePathList *list, RwReceivePath *path);

/**
 * rw_receive_path_list_take_due:
 * The generations of the paths that should be pumped earlier than planned;
 * %NULL for none. They count as woken until they are pumped. A pump costs a
 * wake-up of the control thread, so a healthy stream asks for none.
 */
GArray *rw_receive_path_list_take_due (RwReceivePathList *list);

/* Wakes the control thread for @generations, which it frees; without the lock.
 */
void rw_receive_path_list_wake (RwReceivePathList *list, GArray *generations);

/* Every path with a deadline is due. */
void rw_receive_path_list_expect_pump (RwReceivePathList *list);

/* Adds the messages to @outgoing that @path, at rest, has to send now; sets the
 * alarm to when the first path at rest is due. */
void rw_receive_path_list_collect (RwReceivePathList *list, RwReceivePath *path,
                                   RwOutgoing **outgoing);

/* One past the newest frame that a sender has announced; 0 for none. */
guint64 rw_receive_path_list_get_head (RwReceivePathList *list);

/* Of the session that does best; 0 when none is measured. */
gint64 rw_receive_path_list_get_best_rtt_us (RwReceivePathList *list);

/* Of the session that does worst. */
guint64 rw_receive_path_list_get_slowest_rtt_ns (RwReceivePathList *list);

G_END_DECLS

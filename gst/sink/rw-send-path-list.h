/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-alarm.h"
#include "rw-outgoing.h"
#include "rw-send-path.h"
#include "rw-session-request.h"

G_BEGIN_DECLS

/*
 * RwSendPathList: the send paths of all sessions of the sink, and what those
 * that are gone have sent; opens them, with the limits of all. A caller-owned
 * struct; the owner's lock guards it, and is held in every call.
 */
typedef struct {
  GMutex *lock;       /* the owner's, for the paths */
  GPtrArray *paths;   /* RwSendPath, referenced */
  GPtrArray *peers;   /* RwWebrtcPeer; never changed, only replaced */
  RwSendStats past;   /* of removed send paths */
  gdouble drain_rate; /* a multiple of real time; 0 = unlimited */
  gint64 stall_us;    /* for paths that are opened from now on */
  RwAlarm *alarm;     /* for the paths at rest; NULL while stopped */
  gint64 alarm_us;    /* what it is set to */
  guint8 *buffer;     /* for the paths: RW_CHANNEL_MAX_SIZE bytes */
} RwSendPathList;

/* @lock: the owner's */
void rw_send_path_list_init (RwSendPathList *list, GMutex *lock);
void rw_send_path_list_clear (RwSendPathList *list);

/* Another run begins; there are no paths. */
void rw_send_path_list_reset (RwSendPathList *list);

/**
 * rw_send_path_list_open:
 * @request: (nullable): of a resilient consumer, whose cursor is placed in
 *   @cursors
 *
 * A new path to @peer, of the list.
 */
RwSendPath *rw_send_path_list_open (RwSendPathList *list, RwJournal *journal,
                                    RwCursorSet *cursors, RwWebrtcPeer *peer,
                                    const RwSessionRequest *request);

/* Ends @path, and returns its peer, to be unreferenced without the lock. */
RwWebrtcPeer *rw_send_path_list_remove (RwSendPathList *list, RwSendPath *path);

/* Adds the messages to @outgoing that @path has to send now; sets the alarm
 * where it is due earlier than that. */
void rw_send_path_list_collect (RwSendPathList *list, RwSendPath *path,
                                RwOutgoing **outgoing);

/**
 * rw_send_path_list_collect_all:
 * @judges: whether it judges silence as well; else that is left to the alarm
 *
 * The same for all paths at rest; sets the alarm to the first that is due.
 */
void rw_send_path_list_collect_all (RwSendPathList *list, gboolean judges,
                                    RwOutgoing **outgoing);

/* The peers of the paths, for use without the lock: unref the array, which may
 * drop the last reference to a peer, without it as well. */
GPtrArray *rw_send_path_list_ref_peers (RwSendPathList *list);

void rw_send_path_list_set_drain_rate (RwSendPathList *list, gdouble rate,
                                       gint64 now_us);

/* @frame is about to be sent to all peers. */
void rw_send_path_list_note_live (RwSendPathList *list, const RwFrame *frame,
                                  gint64 now_us);

/* Whether a consumer on a living path is missing in @finished, a set of
 * consumer ids. */
gboolean rw_send_path_list_is_awaited (RwSendPathList *list,
                                       GHashTable *finished);

/* Adds its fields to @stats: of the present paths and of those that were
 * removed. */
void rw_send_path_list_fill_stats (RwSendPathList *list, GstStructure *stats);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-bus-message.h"

G_BEGIN_DECLS

/*
 * RwNotifier: calls handlers of the application in order, on a thread of
 * GStreamer's pool.
 *
 * A handler of the application may do anything: block, or change the element's
 * state, which waits for the control thread, or hold a lock that another thread
 * has while it changes the state. Therefore neither the control thread nor a
 * streaming thread calls one. Notifications wait here for a thread of the pool,
 * which exists only while there are notifications.
 *
 * Thread: any.
 */
typedef struct _RwNotifier RwNotifier;

typedef void (*RwNotifyFunc) (GstElement *element, gpointer data);

/* @element: referenced only while a notification is delivered. */
RwNotifier *rw_notifier_new (GstElement *element);

/* Drops pending notifications. */
void rw_notifier_free (RwNotifier *notifier);

void rw_notifier_call (RwNotifier *notifier, RwNotifyFunc func, gpointer data,
                       GDestroyNotify destroy);

/* An element message; takes @structure. */
void rw_notifier_post_structure (RwNotifier *notifier, GstStructure *structure);

/* A GST_MESSAGE_PROGRESS of code "reconnect", which gst-launch shows. */
void rw_notifier_post_progress (RwNotifier *notifier, GstProgressType type,
                                const char *text);

/* Log the text and post a message with it; @debug may be NULL. An error means
 * that the element has given up. The text names the failed operation and the
 * remedy. */
void rw_notifier_post_error (RwNotifier *notifier, GQuark domain, gint code,
                             const char *text);
void rw_notifier_post_warning (RwNotifier *notifier, GQuark domain, gint code,
                               const char *text, const char *debug);

/* @property: a static string. */
void rw_notifier_notify (RwNotifier *notifier, const char *property);

/**
 * rw_notifier_announce:
 * @state: of the element
 * @report: of the element, or of one of its peers; the previous state is filled
 *   in where it is the element's own
 *
 * The only way to announce a change: log, notify::state when @state has
 * changed, then the bus message. No lock held.
 */
void rw_notifier_announce (RwNotifier *notifier, RwState state,
                           RwStateReport *report);

/* The element's, as announced last; IDLE at first. */
RwState rw_notifier_get_state (RwNotifier *notifier);

/**
 * rw_notifier_flush:
 * Delivers pending notifications on the calling thread, at the end of a state
 * change. Waits up to 100 ms for a handler that runs on another thread, no
 * longer, because that handler may wait for the caller.
 */
void rw_notifier_flush (RwNotifier *notifier);

G_END_DECLS

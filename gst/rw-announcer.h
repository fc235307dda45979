/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * RwAnnouncer: calls the application, in the order in which it was asked to.
 *
 * A handler of the application may do anything: block, or change the
 * element's state, which waits for the control thread, or hold a lock that
 * another thread has while it changes the state. So neither the control
 * thread nor a thread that carries audio calls one. What they have to say
 * waits here for a thread of GStreamer's pool, which lives only while there is
 * something to say.
 *
 * Thread: any.
 */
typedef struct _RwAnnouncer RwAnnouncer;

typedef void (*RwAnnounceFunc) (GstElement *element, gpointer data);

/* @element: kept alive while something is being announced, not longer. */
RwAnnouncer *rw_announcer_new (GstElement *element);

/* What was not announced yet is dropped. */
void rw_announcer_free (RwAnnouncer *announcer);

void rw_announcer_call (RwAnnouncer *announcer, RwAnnounceFunc func,
                        gpointer data, GDestroyNotify destroy);

/* Takes @message. */
void rw_announcer_post (RwAnnouncer *announcer, GstMessage *message);

/* @property: a static string. */
void rw_announcer_notify (RwAnnouncer *announcer, const char *property);

/**
 * rw_announcer_flush:
 * Announces here and now what is waiting; for the end of a state change, so
 * that all that belongs to it has been said. Waits a moment for a handler
 * that is running elsewhere, but not for ever: it may wait for us.
 */
void rw_announcer_flush (RwAnnouncer *announcer);

G_END_DECLS

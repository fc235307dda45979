/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-announcer.h"

/* See the header. The queue is shared with the pool's thread by reference. */

/* A handler that is quick is waited for, to keep the order. */
#define FLUSH_WAIT_US (100 * 1000)

typedef struct {
  RwAnnounceFunc func;
  gpointer data;
  GDestroyNotify destroy;
} Announcement;

struct _RwAnnouncer {
  GstElement *element; /* owns us, so no reference */

  GMutex lock;
  GCond idle;
  GQueue queue;      /* Announcement */
  GThread *speaker;  /* who empties the queue */
  gboolean is_asked; /* a thread of the pool is on its way */
};

static void
announcement_free (Announcement *announcement)
{
  if (announcement->destroy)
    announcement->destroy (announcement->data);
  g_free (announcement);
}

static void
announcer_clear (gpointer data)
{
  RwAnnouncer *announcer = data;

  g_queue_clear_full (&announcer->queue, (GDestroyNotify) announcement_free);
  g_cond_clear (&announcer->idle);
  g_mutex_clear (&announcer->lock);
}

static void
announcer_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, announcer_clear);
}

RwAnnouncer *
rw_announcer_new (GstElement *element)
{
  RwAnnouncer *announcer = g_atomic_rc_box_new0 (RwAnnouncer);

  announcer->element = element;
  g_mutex_init (&announcer->lock);
  g_cond_init (&announcer->idle);
  g_queue_init (&announcer->queue);
  return announcer;
}

void
rw_announcer_free (RwAnnouncer *announcer)
{
  announcer_unref (announcer);
}

/* Announces until nothing waits, or another thread has taken over. */
static void
speak_locked (RwAnnouncer *announcer, GstElement *element)
{
  GThread *self = g_thread_self ();
  gboolean is_nested = announcer->speaker == self;
  Announcement *announcement;

  announcer->speaker = self;
  while (announcer->speaker == self &&
         (announcement = g_queue_pop_head (&announcer->queue)) != NULL) {
    g_mutex_unlock (&announcer->lock);
    announcement->func (element, announcement->data);
    announcement_free (announcement);
    g_mutex_lock (&announcer->lock);
  }
  if (announcer->speaker == self && !is_nested)
    announcer->speaker = NULL;
  g_cond_broadcast (&announcer->idle);
}

static void
speak_on_pool (GstElement *element, gpointer data)
{
  RwAnnouncer *announcer = data;

  g_mutex_lock (&announcer->lock);
  announcer->is_asked = FALSE;
  if (announcer->speaker == NULL)
    speak_locked (announcer, element);
  g_mutex_unlock (&announcer->lock);
}

void
rw_announcer_call (RwAnnouncer *announcer, RwAnnounceFunc func, gpointer data,
                   GDestroyNotify destroy)
{
  Announcement *announcement = g_new (Announcement, 1);
  gboolean ask;

  *announcement = (Announcement){func, data, destroy};
  g_mutex_lock (&announcer->lock);
  g_queue_push_tail (&announcer->queue, announcement);
  ask = !announcer->is_asked && announcer->speaker == NULL;
  announcer->is_asked |= ask;
  g_mutex_unlock (&announcer->lock);
  if (ask)
    gst_element_call_async (announcer->element, speak_on_pool,
                            g_atomic_rc_box_acquire (announcer),
                            announcer_unref);
}

static void
post_message (GstElement *element, gpointer data)
{
  gst_element_post_message (element, gst_message_ref (data));
}

void
rw_announcer_post (RwAnnouncer *announcer, GstMessage *message)
{
  rw_announcer_call (announcer, post_message, message,
                     (GDestroyNotify) gst_message_unref);
}

static void
notify_property (GstElement *element, gpointer data)
{
  g_object_notify (G_OBJECT (element), data);
}

void
rw_announcer_notify (RwAnnouncer *announcer, const char *property)
{
  rw_announcer_call (announcer, notify_property, (gpointer) property, NULL);
}

void
rw_announcer_flush (RwAnnouncer *announcer)
{
  gint64 end_us = g_get_monotonic_time () + FLUSH_WAIT_US;
  GThread *self = g_thread_self ();

  g_mutex_lock (&announcer->lock);
  while (announcer->speaker != NULL && announcer->speaker != self)
    if (!g_cond_wait_until (&announcer->idle, &announcer->lock, end_us))
      break;
  speak_locked (announcer, announcer->element);
  g_mutex_unlock (&announcer->lock);
}

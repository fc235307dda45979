/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-notifier.h"

GST_DEBUG_CATEGORY_STATIC (rw_notifier_debug);
#define GST_CAT_DEFAULT rw_notifier_debug

/* See the header. The queue is shared with the pool's thread by reference. */

/* The flush waits so long for a running handler, to keep the order. */
#define FLUSH_WAIT_US (100 * 1000)

typedef struct {
  RwNotifyFunc func;
  gpointer data;
  GDestroyNotify destroy;
} Notification;

struct _RwNotifier {
  GstElement *element; /* owns us, so no reference */

  GMutex lock;
  GCond idle;
  GQueue queue;          /* Notification */
  GThread *deliverer;    /* the thread that empties the queue */
  gboolean is_scheduled; /* a thread of the pool was requested */
  RwState state;
  RwState own_state; /* the last one announced of the element itself */
};

static void
notification_free (Notification *notification)
{
  if (notification->destroy)
    notification->destroy (notification->data);
  g_free (notification);
}

static void
notifier_clear (gpointer data)
{
  RwNotifier *notifier = data;

  g_queue_clear_full (&notifier->queue, (GDestroyNotify) notification_free);
  g_cond_clear (&notifier->idle);
  g_mutex_clear (&notifier->lock);
}

static void
notifier_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, notifier_clear);
}

RwNotifier *
rw_notifier_new (GstElement *element)
{
  static gsize category = 0;
  RwNotifier *notifier = g_atomic_rc_box_new0 (RwNotifier);

  if (g_once_init_enter (&category)) {
    GST_DEBUG_CATEGORY_INIT (rw_notifier_debug, "resilientwebrtc", 0,
                             "resilient WebRTC: state and servers");
    g_once_init_leave (&category, 1);
  }
  notifier->element = element;
  notifier->state = notifier->own_state = RW_STATE_IDLE;
  g_mutex_init (&notifier->lock);
  g_cond_init (&notifier->idle);
  g_queue_init (&notifier->queue);
  return notifier;
}

void
rw_notifier_free (RwNotifier *notifier)
{
  notifier_unref (notifier);
}

/* Delivers notifications until the queue is empty or another thread has taken
 * over. */
static void
deliver_locked (RwNotifier *notifier, GstElement *element)
{
  GThread *self = g_thread_self ();
  gboolean is_nested = notifier->deliverer == self;
  Notification *notification;

  notifier->deliverer = self;
  while (notifier->deliverer == self &&
         (notification = g_queue_pop_head (&notifier->queue)) != NULL) {
    g_mutex_unlock (&notifier->lock);
    notification->func (element, notification->data);
    notification_free (notification);
    g_mutex_lock (&notifier->lock);
  }
  if (notifier->deliverer == self && !is_nested)
    notifier->deliverer = NULL;
  g_cond_broadcast (&notifier->idle);
}

static void
deliver_on_pool (GstElement *element, gpointer data)
{
  RwNotifier *notifier = data;

  g_mutex_lock (&notifier->lock);
  notifier->is_scheduled = FALSE;
  if (notifier->deliverer == NULL)
    deliver_locked (notifier, element);
  g_mutex_unlock (&notifier->lock);
}

void
rw_notifier_call (RwNotifier *notifier, RwNotifyFunc func, gpointer data,
                  GDestroyNotify destroy)
{
  Notification *notification = g_new (Notification, 1);
  gboolean schedule;

  *notification = (Notification){func, data, destroy};
  g_mutex_lock (&notifier->lock);
  g_queue_push_tail (&notifier->queue, notification);
  schedule = !notifier->is_scheduled && notifier->deliverer == NULL;
  notifier->is_scheduled |= schedule;
  g_mutex_unlock (&notifier->lock);
  if (schedule)
    gst_element_call_async (notifier->element, deliver_on_pool,
                            g_atomic_rc_box_acquire (notifier), notifier_unref);
}

static void
post_message (GstElement *element, gpointer data)
{
  gst_element_post_message (element, gst_message_ref (data));
}

static void
post (RwNotifier *notifier, GstMessage *message)
{
  rw_notifier_call (notifier, post_message, message,
                    (GDestroyNotify) gst_message_unref);
}

void
rw_notifier_post_structure (RwNotifier *notifier, GstStructure *structure)
{
  post (notifier,
        gst_message_new_element (GST_OBJECT (notifier->element), structure));
}

void
rw_notifier_post_progress (RwNotifier *notifier, GstProgressType type,
                           const char *text)
{
  post (notifier, gst_message_new_progress (GST_OBJECT (notifier->element),
                                            type, "reconnect", text));
}

void
rw_notifier_post_error (RwNotifier *notifier, GQuark domain, gint code,
                        const char *text)
{
  GstObject *element = GST_OBJECT (notifier->element);
  g_autoptr (GError) error = g_error_new_literal (domain, code, text);

  GST_ERROR_OBJECT (element, "%s", text);
  post (notifier, gst_message_new_error (element, error, NULL));
}

void
rw_notifier_post_warning (RwNotifier *notifier, GQuark domain, gint code,
                          const char *text, const char *debug)
{
  GstObject *element = GST_OBJECT (notifier->element);
  g_autoptr (GError) error = g_error_new_literal (domain, code, text);

  GST_WARNING_OBJECT (element, "%s", text);
  post (notifier, gst_message_new_warning (element, error, debug));
}

static void
notify_property (GstElement *element, gpointer data)
{
  g_object_notify (G_OBJECT (element), data);
}

void
rw_notifier_notify (RwNotifier *notifier, const char *property)
{
  rw_notifier_call (notifier, notify_property, (gpointer) property, NULL);
}

static gboolean
set_state (RwNotifier *notifier, RwState state, RwStateReport *report)
{
  gboolean has_changed;

  g_mutex_lock (&notifier->lock);
  if (report->is_own) {
    report->previous = notifier->own_state;
    notifier->own_state = report->state;
  }
  has_changed = notifier->state != state;
  notifier->state = state;
  g_mutex_unlock (&notifier->lock);
  return has_changed;
}

void
rw_notifier_announce (RwNotifier *notifier, RwState state,
                      RwStateReport *report)
{
  gboolean has_changed = set_state (notifier, state, report);

  GST_INFO_OBJECT (
      notifier->element, "%s -> %s (%s), peer %s, generation %u, attempt %u",
      rw_state_to_string (report->previous), rw_state_to_string (report->state),
      GST_STR_NULL (report->reason), GST_STR_NULL (report->peer_id),
      report->generation, report->attempt);
  if (has_changed)
    rw_notifier_notify (notifier, "state");
  rw_notifier_post_structure (notifier, rw_bus_message_new_state (report));
}

RwState
rw_notifier_get_state (RwNotifier *notifier)
{
  RwState state;

  g_mutex_lock (&notifier->lock);
  state = notifier->state;
  g_mutex_unlock (&notifier->lock);
  return state;
}

void
rw_notifier_flush (RwNotifier *notifier)
{
  gint64 end_us = g_get_monotonic_time () + FLUSH_WAIT_US;
  GThread *self = g_thread_self ();

  g_mutex_lock (&notifier->lock);
  while (notifier->deliverer != NULL && notifier->deliverer != self)
    if (!g_cond_wait_until (&notifier->idle, &notifier->lock, end_us))
      break;
  deliver_locked (notifier, notifier->element);
  g_mutex_unlock (&notifier->lock);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-admission-queue.h"

#include <gst/gst.h>

#include "rw-admission.h"
#include "rw-timer.h"

/* See the header. One handshake is begun in a turn of the loop: to build a
 * session takes milliseconds, in which nothing else is answered. */

GST_DEBUG_CATEGORY_STATIC (rw_admission_queue_debug);
#define GST_CAT_DEFAULT rw_admission_queue_debug

/* How long a request waits in a crowd whose consumer is being received. */
#define HOLD_US (150 * 1000)

typedef struct {
  gpointer session;
  gint64 added_us;
  gint64 started_us; /* 0: it waits */
  gboolean is_described;
  GList link; /* in waiting or active */
} Item;

struct _RwAdmissionQueue {
  RwClock *clock;
  RwAdmissionFuncs funcs;
  RwTimer *timer;
  RwAdmission admission;
  GHashTable *items; /* session -> Item */
  GQueue waiting;    /* oldest first */
  GQueue active;     /* as started; those that still count */
};

static gint64
now_us (RwAdmissionQueue *self)
{
  return rw_clock_get_now_us (self->clock);
}

/* It counts no more among those under way. */
static void
deactivate (RwAdmissionQueue *self, Item *item)
{
  g_queue_unlink (&self->active, &item->link);
  rw_admission_end (&self->admission);
}

static gboolean
is_active (RwAdmissionQueue *self, Item *item)
{
  return item->link.prev != NULL || self->active.head == &item->link;
}

static void
item_leave (RwAdmissionQueue *self, Item *item)
{
  if (item->started_us == 0)
    g_queue_unlink (&self->waiting, &item->link);
  else if (is_active (self, item))
    deactivate (self, item);
  g_hash_table_remove (self->items, item->session);
}

static void
expire (RwAdmissionQueue *self, gint64 at_us)
{
  gint64 patience_us = rw_admission_get_patience_us (&self->admission);
  GList *first;

  while ((first = self->active.head) != NULL &&
         ((Item *) first->data)->started_us + patience_us <= at_us)
    deactivate (self, first->data);
}

/* Without a crowd a request that may be withdrawn delays no other. */
static gboolean
is_alone (RwAdmissionQueue *self)
{
  return self->waiting.length == 1 && self->active.length == 0;
}

/* The one whose turn it is; NULL, and when to look again, if there is none. */
static Item *
find_next (RwAdmissionQueue *self, gint64 at_us, gint64 *due_us)
{
  Item *oldest = NULL;

  for (GList *l = self->waiting.head; l != NULL; l = l->next) {
    Item *item = l->data;

    if (self->funcs.is_urgent (item->session))
      return item;
    if (oldest == NULL)
      oldest = item;
  }
  if (oldest == NULL || oldest->added_us + HOLD_US <= at_us || is_alone (self))
    return oldest;
  *due_us = oldest->added_us + HOLD_US;
  return NULL;
}

static void
start (RwAdmissionQueue *self, Item *item, gint64 at_us)
{
  g_queue_unlink (&self->waiting, &item->link);
  item->started_us = at_us;
  g_queue_push_tail_link (&self->active, &item->link);
  rw_admission_begin (&self->admission);
  self->funcs.start (item->session);
}

static void
serve (gpointer data)
{
  RwAdmissionQueue *self = data;
  gint64 at_us = now_us (self);
  gint64 due_us = G_MAXINT64;
  Item *next;

  expire (self, at_us);
  if (self->waiting.length == 0)
    return;
  if (!rw_admission_has_room (&self->admission)) {
    Item *first = self->active.head->data;

    due_us =
        first->started_us + rw_admission_get_patience_us (&self->admission);
  } else if ((next = find_next (self, at_us, &due_us)) != NULL) {
    due_us = at_us; /* perhaps another one, after what else the loop has */
    rw_timer_set_at (self->timer, due_us);
    start (self, next, at_us);
    return;
  }
  rw_timer_set_at (self->timer, due_us);
}

RwAdmissionQueue *
rw_admission_queue_new (RwClock *clock, GMainContext *context,
                        const RwAdmissionFuncs *funcs)
{
  static gsize has_category = 0;
  RwAdmissionQueue *self = g_new0 (RwAdmissionQueue, 1);

  if (g_once_init_enter (&has_category)) {
    GST_DEBUG_CATEGORY_INIT (rw_admission_queue_debug,
                             "resilientwebrtcadmission", 0,
                             "handshakes of the resilient WebRTC sink");
    g_once_init_leave (&has_category, 1);
  }

  self->clock = g_object_ref (clock);
  self->funcs = *funcs;
  self->timer = rw_timer_new (clock, context, "rw-handshakes", serve, self);
  self->items = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  rw_admission_init (&self->admission, g_get_num_processors ());
  return self;
}

void
rw_admission_queue_free (RwAdmissionQueue *self)
{
  rw_timer_free (self->timer);
  g_hash_table_unref (self->items);
  g_object_unref (self->clock);
  g_free (self);
}

static Item *
item_new (RwAdmissionQueue *self, gpointer session)
{
  Item *item = g_new0 (Item, 1);

  item->session = session;
  item->added_us = now_us (self);
  item->link.data = item;
  g_hash_table_insert (self->items, session, item);
  return item;
}

void
rw_admission_queue_add (RwAdmissionQueue *self, gpointer session)
{
  Item *item = item_new (self, session);

  g_queue_push_tail_link (&self->waiting, &item->link);
  rw_admission_queue_review (self);
}

void
rw_admission_queue_replace (RwAdmissionQueue *self, gpointer former,
                            gpointer session)
{
  Item *old = g_hash_table_lookup (self->items, former);
  Item *item;

  g_return_if_fail (old != NULL && old->started_us == 0);

  item = item_new (self, session);
  item->added_us = old->added_us;
  g_queue_insert_before_link (&self->waiting, &old->link, &item->link);
  item_leave (self, old);
  rw_admission_queue_review (self);
}

gboolean
rw_admission_queue_is_waiting (RwAdmissionQueue *self, gpointer session)
{
  Item *item = g_hash_table_lookup (self->items, session);

  return item != NULL && item->started_us == 0;
}

void
rw_admission_queue_note_described (RwAdmissionQueue *self, gpointer session)
{
  Item *item = g_hash_table_lookup (self->items, session);

  if (item == NULL || item->started_us == 0 || item->is_described)
    return;
  item->is_described = TRUE;
  rw_admission_take_offer_time (&self->admission,
                                now_us (self) - item->started_us);
  GST_DEBUG ("described after %" G_GINT64_FORMAT " us; %u of %.1f under way, "
             "%u waiting",
             now_us (self) - item->started_us, self->admission.n_active,
             self->admission.bound, self->waiting.length);
  rw_admission_queue_review (self);
}

void
rw_admission_queue_note_connected (RwAdmissionQueue *self, gpointer session)
{
  Item *item = g_hash_table_lookup (self->items, session);

  if (item != NULL && item->started_us != 0) {
    gint64 took_us = now_us (self) - item->started_us;

    rw_admission_take_connect_time (&self->admission, took_us);
    GST_DEBUG ("connected after %" G_GINT64_FORMAT " us", took_us);
  }
  rw_admission_queue_remove (self, session);
}

void
rw_admission_queue_remove (RwAdmissionQueue *self, gpointer session)
{
  Item *item = g_hash_table_lookup (self->items, session);

  if (item == NULL)
    return;
  item_leave (self, item);
  rw_admission_queue_review (self);
}

void
rw_admission_queue_review (RwAdmissionQueue *self)
{
  if (self->waiting.length > 0)
    rw_timer_set_at (self->timer, now_us (self));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-floor.h"

#include "rw-struct-serializer.h"

typedef struct {
  char *id;
  guint priority;
  gint64 since_us;
  gboolean away;
} Waiter;

struct _RwFloor {
  RwFloorConfig config;
  char *holder;
  gint64 hold_end_us; /* G_MAXINT64: no limit */
  gint64 away_end_us; /* G_MAXINT64: the holder is there */
  GQueue queue;
  GQueue events;
};

static const RwField floor_fields[] = {
    RW_FIELD (RwFloor, holder, STRING),
    RW_FIELD (RwFloor, hold_end_us, INT64),
    RW_FIELD (RwFloor, away_end_us, INT64),
};

static const RwField waiter_fields[] = {
    RW_FIELD (Waiter, id, STRING),
    RW_FIELD (Waiter, priority, UINT),
    RW_FIELD (Waiter, since_us, INT64),
    RW_FIELD_LIMITED (Waiter, away, TRUE),
};

static void
waiter_free (gpointer data)
{
  Waiter *waiter = data;

  g_free (waiter->id);
  g_free (waiter);
}

static RwFloorEvent *
add_event (RwFloor *self, RwFloorEventType type, const char *id)
{
  RwFloorEvent *event = g_new0 (RwFloorEvent, 1);

  event->type = type;
  event->id = g_strdup (id);
  g_queue_push_tail (&self->events, event);
  return event;
}

static gint64
get_remaining_us (const RwFloor *self, gint64 now_us)
{
  return self->hold_end_us == G_MAXINT64 ? 0
                                         : MAX (self->hold_end_us - now_us, 1);
}

static void
grant (RwFloor *self, const char *id, gint64 waited_us, gint64 now_us)
{
  RwFloorEvent *event;

  self->holder = g_strdup (id);
  self->away_end_us = G_MAXINT64;
  self->hold_end_us = self->config.max_hold_us > 0
                          ? now_us + self->config.max_hold_us
                          : G_MAXINT64;
  event = add_event (self, RW_FLOOR_GRANTED, id);
  event->remaining_us = self->config.max_hold_us;
  event->waited_us = waited_us;
}

/* Only the holder is notified. */
static void
grant_again (RwFloor *self, gint64 now_us)
{
  RwFloorEvent *event = add_event (self, RW_FLOOR_GRANTED, self->holder);

  event->again = TRUE;
  event->remaining_us = get_remaining_us (self, now_us);
}

/* A member that is away keeps its place, but is passed over. */
static void
grant_next (RwFloor *self, gint64 now_us)
{
  for (GList *l = self->queue.head; l != NULL; l = l->next) {
    Waiter *waiter = l->data;

    if (waiter->away)
      continue;
    g_queue_delete_link (&self->queue, l);
    grant (self, waiter->id, now_us - waiter->since_us, now_us);
    waiter_free (waiter);
    return;
  }
}

static void
take_back (RwFloor *self, const char *reason, gint64 now_us)
{
  RwFloorEvent *event = add_event (self, RW_FLOOR_RELEASED, self->holder);

  event->reason = reason;
  g_clear_pointer (&self->holder, g_free);
  self->hold_end_us = G_MAXINT64;
  self->away_end_us = G_MAXINT64;
  grant_next (self, now_us);
}

static GList *
find_waiter (RwFloor *self, const char *id)
{
  for (GList *l = self->queue.head; l != NULL; l = l->next) {
    if (g_str_equal (((Waiter *) l->data)->id, id))
      return l;
  }

  return NULL;
}

static void
remove_waiter (RwFloor *self, const char *id)
{
  GList *link = find_waiter (self, id);

  if (link == NULL)
    return;

  waiter_free (link->data);
  g_queue_delete_link (&self->queue, link);
}

static void
enqueue (RwFloor *self, const char *id, guint priority, gint64 now_us)
{
  Waiter *waiter = g_new0 (Waiter, 1);
  GList *before = self->queue.head;
  guint position = 1;

  waiter->id = g_strdup (id);
  waiter->priority = priority;
  waiter->since_us = now_us;
  while (before != NULL && ((Waiter *) before->data)->priority >= priority) {
    before = before->next;
    position++;
  }
  g_queue_insert_before (&self->queue, before, waiter);
  add_event (self, RW_FLOOR_QUEUED, id)->position = position;
}

RwFloor *
rw_floor_new (const RwFloorConfig *config)
{
  RwFloor *self = g_new0 (RwFloor, 1);

  self->config = *config;
  self->hold_end_us = G_MAXINT64;
  self->away_end_us = G_MAXINT64;

  return self;
}

static void
event_free (gpointer data)
{
  rw_floor_event_clear (data);
  g_free (data);
}

/** rw_floor_free: NULL is fine. */
void
rw_floor_free (RwFloor *self)
{
  if (self == NULL)
    return;

  g_queue_clear_full (&self->queue, waiter_free);
  g_queue_clear_full (&self->events, event_free);
  g_free (self->holder);
  g_free (self);
}

/**
 * rw_floor_request:
 * @priority: the higher, the sooner
 * @may_wait: whether to queue if somebody else talks
 *
 * A member that requests again while it waits, waits with its new priority, at
 * the end of those that have it. The holder is notified that it is one, and
 * keeps its deadline.
 */
void
rw_floor_request (RwFloor *self, const char *id, guint priority,
                  gboolean may_wait, gint64 now_us)
{
  remove_waiter (self, id);

  if (self->holder == NULL) {
    grant (self, id, 0, now_us);
  } else if (g_str_equal (self->holder, id)) {
    grant_again (self, now_us);
  } else if (may_wait && self->queue.length < self->config.max_queue) {
    enqueue (self, id, priority, now_us);
  } else {
    add_event (self, RW_FLOOR_DENIED, id);
  }
}

/** rw_floor_release: @id has done talking, or does not want to any more. */
void
rw_floor_release (RwFloor *self, const char *id, gint64 now_us)
{
  remove_waiter (self, id);
  if (g_strcmp0 (self->holder, id) == 0)
    take_back (self, "released", now_us);
}

static void
set_holder_away (RwFloor *self, gboolean away, gint64 now_us)
{
  if (away && self->config.grace_us == 0) {
    take_back (self, "lost", now_us);
  } else if (away) {
    self->away_end_us = now_us + self->config.grace_us;
  } else if (self->away_end_us != G_MAXINT64) {
    self->away_end_us = G_MAXINT64;
    grant_again (self, now_us);
  }
}

/** rw_floor_set_away: the connection of @id is lost, or there again. */
void
rw_floor_set_away (RwFloor *self, const char *id, gboolean away, gint64 now_us)
{
  GList *link = find_waiter (self, id);

  if (link != NULL)
    ((Waiter *) link->data)->away = away;
  if (g_strcmp0 (self->holder, id) == 0)
    set_holder_away (self, away, now_us);
  else if (link != NULL && !away && self->holder == NULL)
    grant_next (self, now_us);
}

/** rw_floor_remove: @id has left the room. */
void
rw_floor_remove (RwFloor *self, const char *id, gint64 now_us)
{
  remove_waiter (self, id);
  if (g_strcmp0 (self->holder, id) == 0)
    take_back (self, "left", now_us);
}

/** rw_floor_get_wake_us: when to call rw_floor_wake(); G_MAXINT64 for never. */
gint64
rw_floor_get_wake_us (const RwFloor *self)
{
  return MIN (self->hold_end_us, self->away_end_us);
}

void
rw_floor_wake (RwFloor *self, gint64 now_us)
{
  if (self->holder == NULL)
    return;

  if (now_us >= self->away_end_us)
    take_back (self, "lost", now_us);
  else if (now_us >= self->hold_end_us)
    take_back (self, "time", now_us);
}

/** rw_floor_get_holder: (nullable) (transfer none) */
const char *
rw_floor_get_holder (const RwFloor *self)
{
  return self->holder;
}

/** rw_floor_pop: the oldest event, to be cleared; FALSE if there is none. */
gboolean
rw_floor_pop (RwFloor *self, RwFloorEvent *event)
{
  g_autofree RwFloorEvent *head = g_queue_pop_head (&self->events);

  if (head == NULL)
    return FALSE;

  *event = *head;
  return TRUE;
}

void
rw_floor_event_clear (RwFloorEvent *event)
{
  g_clear_pointer (&event->id, g_free);
}

/* --- Saved, and gone on from --- */

/** rw_floor_save: (transfer floating): all but the events, which are popped. */
GVariant *
rw_floor_save (const RwFloor *self)
{
  GVariantBuilder builder;

  g_return_val_if_fail (g_queue_is_empty ((GQueue *) &self->events), NULL);

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  rw_struct_serializer_save (floor_fields, G_N_ELEMENTS (floor_fields), self,
                             &builder);
  rw_struct_serializer_add (
      &builder, "queue",
      rw_struct_serializer_save_all (
          waiter_fields, G_N_ELEMENTS (waiter_fields), &self->queue));
  return g_variant_builder_end (&builder);
}

static gboolean
load_waiters (RwFloor *self, GVariant *queue, GError **error)
{
  GVariantIter iter;
  GVariant *entry;

  g_variant_iter_init (&iter, queue);
  while ((entry = g_variant_iter_next_value (&iter)) != NULL) {
    g_autoptr (GVariant) owned = entry;
    Waiter *waiter = g_new0 (Waiter, 1);

    g_queue_push_tail (&self->queue, waiter);
    if (!rw_struct_serializer_load (waiter_fields, G_N_ELEMENTS (waiter_fields),
                                    waiter, owned, error))
      return FALSE;
    if (waiter->id == NULL)
      return rw_struct_serializer_fail (error, "id of who waits for a floor");
  }

  return TRUE;
}

/** rw_floor_load: NULL if @state is damaged. */
RwFloor *
rw_floor_load (const RwFloorConfig *config, GVariant *state, GError **error)
{
  g_autoptr (GVariant) queue =
      rw_struct_serializer_get (state, "queue", "aa{sv}", error);
  g_autoptr (RwFloor) self = NULL;

  if (queue == NULL)
    return NULL;

  self = g_new0 (RwFloor, 1);
  self->config = *config;
  if (!rw_struct_serializer_load (floor_fields, G_N_ELEMENTS (floor_fields),
                                  self, state, error) ||
      !load_waiters (self, queue, error))
    return NULL;
  if (self->holder == NULL)
    self->hold_end_us = self->away_end_us = G_MAXINT64;

  return g_steal_pointer (&self);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-producer-list.h"

/* So many names can be read at a glance. */
#define MAX_DESCRIBED 8

/* A producer that could not be played so often has no further chance. */
#define MAX_LEFT 3

struct _RwProducerList {
  char *wanted;
  GPtrArray *entries; /* RwProducerEntry, in order of appearance */
};

static void
entry_free (gpointer data)
{
  RwProducerEntry *entry = data;

  g_free (entry->id);
  g_free (entry->name);
  g_free (entry->stream_id);
  g_free (entry);
}

RwProducerList *
rw_producer_list_new (const char *wanted)
{
  RwProducerList *self = g_new0 (RwProducerList, 1);

  self->wanted = g_strdup (wanted);
  self->entries = g_ptr_array_new_with_free_func (entry_free);
  return self;
}

void
rw_producer_list_free (RwProducerList *self)
{
  g_ptr_array_unref (self->entries);
  g_free (self->wanted);
  g_free (self);
}

RwProducerEntry *
rw_producer_list_find (RwProducerList *self, const char *id)
{
  for (guint i = 0; i < self->entries->len; i++) {
    RwProducerEntry *entry = g_ptr_array_index (self->entries, i);

    if (g_str_equal (entry->id, id))
      return entry;
  }
  return NULL;
}

void
rw_producer_list_remove (RwProducerList *self, const char *id)
{
  for (guint i = 0; i < self->entries->len; i++) {
    RwProducerEntry *entry = g_ptr_array_index (self->entries, i);

    if (g_str_equal (entry->id, id)) {
      g_ptr_array_remove_index (self->entries, i);
      return;
    }
  }
}

void
rw_producer_list_put (RwProducerList *self, const char *id, const char *name,
                      const char *stream_id)
{
  RwProducerEntry *former = rw_producer_list_find (self, id);
  RwProducerEntry *entry = g_new0 (RwProducerEntry, 1);

  if (former) {
    entry->n_left = former->n_left;
    entry->has_closed = former->has_closed;
    entry->is_unusable =
        former->is_unusable && (former->n_left >= MAX_LEFT ||
                                g_strcmp0 (former->stream_id, stream_id) == 0);
  }
  rw_producer_list_remove (self, id);
  entry->id = g_strdup (id);
  entry->name = g_strdup (name);
  entry->stream_id = g_strdup (stream_id);
  g_ptr_array_add (self->entries, entry);
}

void
rw_producer_list_doubt_all (RwProducerList *self)
{
  for (guint i = 0; i < self->entries->len; i++) {
    RwProducerEntry *entry = g_ptr_array_index (self->entries, i);

    entry->is_doubtful = TRUE;
  }
}

void
rw_producer_list_reopen (RwProducerList *self)
{
  for (guint i = 0; i < self->entries->len; i++) {
    RwProducerEntry *entry = g_ptr_array_index (self->entries, i);

    entry->has_closed = FALSE;
  }
}

static gboolean
is_wanted (RwProducerList *self, const RwProducerEntry *entry)
{
  if (entry->is_unusable || entry->has_closed || entry->is_doubtful)
    return FALSE;
  return self->wanted == NULL || g_strcmp0 (entry->name, self->wanted) == 0 ||
         g_str_equal (entry->id, self->wanted);
}

RwProducerEntry *
rw_producer_list_choose (RwProducerList *self)
{
  for (guint i = 0; i < self->entries->len; i++) {
    guint n = self->wanted ? self->entries->len - 1 - i : i;
    RwProducerEntry *entry = g_ptr_array_index (self->entries, n);

    if (is_wanted (self, entry))
      return entry;
  }
  return NULL;
}

const char *
rw_producer_list_get_wanted (RwProducerList *self)
{
  return self->wanted;
}

gboolean
rw_producer_list_is_empty (RwProducerList *self)
{
  return self->entries->len == 0;
}

char *
rw_producer_list_describe (RwProducerList *self)
{
  guint n = MIN (self->entries->len, MAX_DESCRIBED);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n; i++) {
    RwProducerEntry *entry = g_ptr_array_index (self->entries, i);

    g_string_append_printf (text, "%s\"%s\"", i > 0 ? ", " : "",
                            entry->name ? entry->name : entry->id);
  }
  if (self->entries->len > n)
    g_string_append_printf (text, " and %u more", self->entries->len - n);
  return g_string_free (text, FALSE);
}

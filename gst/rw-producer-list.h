/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * RwProducerList: the producers that the signalling server told of, and which
 * of them is the one to receive.
 *
 * Pure; one thread at a time.
 */
typedef struct _RwProducerList RwProducerList;

typedef struct {
  char *id;
  char *name;
  char *stream_id;
  gboolean is_unusable; /* it cannot be played */
} RwProducerEntry;

/* @wanted: a name or an id; NULL for any. */
RwProducerList *rw_producer_list_new (const char *wanted);
void rw_producer_list_free (RwProducerList *self);

/* New, or as it is now; the newest. @name and @stream_id may be NULL. */
void rw_producer_list_put (RwProducerList *self, const char *id,
                           const char *name, const char *stream_id);
void rw_producer_list_remove (RwProducerList *self, const char *id);

/**
 * rw_producer_list_choose:
 * The newest of the wanted name: an older one is a ghost of the same producer
 * that the server has not noticed yet. Without a name the first one. NULL when
 * there is none that can be played. Borrowed until the list is changed.
 */
RwProducerEntry *rw_producer_list_choose (RwProducerList *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * RwProducerList: the producers announced by the signalling server, and the
 * choice of the one to receive.
 *
 * Pure; one thread at a time.
 */
typedef struct _RwProducerList RwProducerList;

typedef struct {
  char *id;
  char *name;
  char *stream_id;
  gboolean is_unusable; /* it cannot be played */
  guint n_left;         /* how often it could not */
  gboolean has_closed;  /* an open session: it wants none */
  gboolean is_doubtful; /* announced on a connection of another identity */
} RwProducerEntry;

/* @wanted: a name or an id; NULL for any. */
RwProducerList *rw_producer_list_new (const char *wanted);
void rw_producer_list_free (RwProducerList *self);

/* The name or id that is wanted, or NULL. */
const char *rw_producer_list_get_wanted (RwProducerList *self);
gboolean rw_producer_list_is_empty (RwProducerList *self);

/* The names, or ids, of the first few, for the user. Free it. */
char *rw_producer_list_describe (RwProducerList *self);

/* New, or as it is now; the newest. @name and @stream_id may be NULL. */
void rw_producer_list_put (RwProducerList *self, const char *id,
                           const char *name, const char *stream_id);
void rw_producer_list_remove (RwProducerList *self, const char *id);

/* The server may be another one, or have lost its state: each is asked again
 * only once it is put again. */
void rw_producer_list_doubt_all (RwProducerList *self);

/* The one of that peer id; NULL if it is not there. Borrowed likewise. */
RwProducerEntry *rw_producer_list_find (RwProducerList *self, const char *id);

/* Those that have closed a session may be asked again. */
void rw_producer_list_reopen (RwProducerList *self);

/**
 * rw_producer_list_choose:
 * The newest of the wanted name: an older one is a dead connection of the same
 * producer that the server has not detected yet. Without a name the first one.
 * NULL when there is none that can be played. Borrowed until the list is
 * changed.
 */
RwProducerEntry *rw_producer_list_choose (RwProducerList *self);

G_END_DECLS

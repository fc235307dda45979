/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwSpeakerWish:
 * @id: of the member, another one each time that it joins
 * @name: of the member; several may have one
 * @priority: 0 to 255, as the member announces it
 * @is_background: it needs no floor, and does not have it (see RwSpeakerMerge)
 * @is_newcomer: it came after us; all that it says is for us
 */
typedef struct {
  char *stream;
  char *id;
  char *name;
  guint priority;
  gboolean is_background;
  gboolean is_newcomer;
} RwSpeakerWish;

void rw_speaker_wish_free (gpointer wish);

/* (nullable): of @wishes, that for @stream. */
const RwSpeakerWish *rw_speaker_wish_find (GPtrArray *wishes,
                                           const char *stream);

G_END_DECLS

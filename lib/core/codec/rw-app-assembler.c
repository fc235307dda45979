/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-app-assembler.h"

#include <string.h>

/* See the header. The sender's parts of one message follow each other at once,
 * so few places suffice: what is overtaken by several messages has lost a part
 * and is never completed. */

typedef struct {
  guint8 *data; /* NULL: the place is free */
  guint16 number;
  guint8 n_parts;
  guint8 n_missing;
  guint16 last_size;
  guint64 begun; /* order of the first parts */
  gboolean has[RW_APP_MAX_PARTS];
} Incomplete;

struct _RwAppAssembler {
  Incomplete places[RW_APP_MAX_INCOMPLETE];
  guint64 n_begun;
};

RwAppAssembler *
rw_app_assembler_new (void)
{
  return g_new0 (RwAppAssembler, 1);
}

void
rw_app_assembler_free (RwAppAssembler *self)
{
  guint i;

  for (i = 0; i < RW_APP_MAX_INCOMPLETE; i++)
    g_free (self->places[i].data);
  g_free (self);
}

/* The message's own place, else a free one, else that of the oldest. */
static Incomplete *
find_place (RwAppAssembler *self, guint16 number)
{
  Incomplete *best = &self->places[0];
  guint i;

  for (i = 0; i < RW_APP_MAX_INCOMPLETE; i++) {
    Incomplete *place = &self->places[i];

    if (place->data != NULL && place->number == number)
      return place;
    if (best->data != NULL &&
        (place->data == NULL || place->begun < best->begun))
      best = place;
  }
  return best;
}

static void
begin (RwAppAssembler *self, Incomplete *place, const RwAppPacket *part)
{
  g_free (place->data);
  *place = (Incomplete){
      .data = g_malloc ((gsize) part->n_parts * RW_APP_PART_SIZE),
      .number = part->number,
      .n_parts = part->n_parts,
      .n_missing = part->n_parts,
      .begun = ++self->n_begun,
  };
}

static GBytes *
complete (Incomplete *place)
{
  gsize size =
      (gsize) (place->n_parts - 1) * RW_APP_PART_SIZE + place->last_size;

  return g_bytes_new_take (g_steal_pointer (&place->data), size);
}

GBytes *
rw_app_assembler_add (RwAppAssembler *self, const RwAppPacket *part)
{
  Incomplete *place;

  g_return_val_if_fail (part->index < part->n_parts, NULL);
  g_return_val_if_fail (part->n_parts <= RW_APP_MAX_PARTS, NULL);

  if (part->n_parts == 1)
    return g_bytes_new (part->data, part->size);
  place = find_place (self, part->number);
  if (place->data == NULL || place->number != part->number ||
      place->n_parts != part->n_parts)
    begin (self, place, part);
  if (place->has[part->index])
    return NULL;
  place->has[part->index] = TRUE;
  memcpy (place->data + part->index * RW_APP_PART_SIZE, part->data, part->size);
  if (part->index + 1 == part->n_parts)
    place->last_size = part->size;
  return --place->n_missing == 0 ? complete (place) : NULL;
}

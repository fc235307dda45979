/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-speaker-wish.h"

void
rw_speaker_wish_free (gpointer wish)
{
  RwSpeakerWish *self = wish;

  g_free (self->stream);
  g_free (self->id);
  g_free (self->name);
  g_free (self);
}

const RwSpeakerWish *
rw_speaker_wish_find (GPtrArray *wishes, const char *stream)
{
  for (guint i = 0; i < wishes->len; i++) {
    const RwSpeakerWish *wish = g_ptr_array_index (wishes, i);

    if (g_str_equal (wish->stream, stream))
      return wish;
  }
  return NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ended-sessions.h"

#include "rw-struct-serializer.h"

#define MAX_KEPT 16

struct _RwEndedSessions {
  char *ended[MAX_KEPT];
  guint n_ended; /* since the start */
};

static const RwField fields[] = {
    RW_FIELD (RwEndedSessions, n_ended, UINT),
};

RwEndedSessions *
rw_ended_sessions_new (void)
{
  return g_new0 (RwEndedSessions, 1);
}

/** rw_ended_sessions_free: NULL is fine. */
void
rw_ended_sessions_free (RwEndedSessions *self)
{
  if (self == NULL)
    return;

  for (guint i = 0; i < MAX_KEPT; i++)
    g_free (self->ended[i]);
  g_free (self);
}

void
rw_ended_sessions_add (RwEndedSessions *self, const char *session_id)
{
  char **slot = &self->ended[self->n_ended++ % MAX_KEPT];

  g_free (*slot);
  *slot = g_strdup (session_id);
}

gboolean
rw_ended_sessions_contains (const RwEndedSessions *self, const char *session_id)
{
  for (guint i = 0; i < MAX_KEPT; i++) {
    if (g_strcmp0 (self->ended[i], session_id) == 0)
      return TRUE;
  }

  return FALSE;
}

void
rw_ended_sessions_save (const RwEndedSessions *self, GVariantBuilder *builder)
{
  GVariantBuilder ended;

  if (self->n_ended == 0)
    return;

  rw_struct_serializer_save (fields, G_N_ELEMENTS (fields), self, builder);
  g_variant_builder_init (&ended, G_VARIANT_TYPE ("ams"));
  for (guint i = 0; i < MAX_KEPT; i++)
    g_variant_builder_add (&ended, "ms", self->ended[i]);
  rw_struct_serializer_add (builder, "ended", g_variant_builder_end (&ended));
}

static gboolean
load_ids (RwEndedSessions *self, GVariant *state, GError **error)
{
  g_autoptr (GVariant) ended =
      rw_struct_serializer_get (state, "ended", "ams", error);

  if (ended == NULL)
    return FALSE;
  if (g_variant_n_children (ended) != MAX_KEPT)
    return rw_struct_serializer_fail (error, "ended");

  for (guint i = 0; i < MAX_KEPT; i++)
    g_variant_get_child (ended, i, "ms", &self->ended[i]);
  return TRUE;
}

RwEndedSessions *
rw_ended_sessions_load (GVariant *state, GError **error)
{
  g_autoptr (RwEndedSessions) self = rw_ended_sessions_new ();

  if (!rw_struct_serializer_load (fields, G_N_ELEMENTS (fields), self, state,
                                  error) ||
      (self->n_ended > 0 && !load_ids (self, state, error)))
    return NULL;

  return g_steal_pointer (&self);
}

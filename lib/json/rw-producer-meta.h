/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * RwProducerMeta:
 * @name: the stream's name, or NULL if the peer has none
 * @resilient: the version of our protocol that the peer speaks; 0 for others
 * @stream_id: the stream's UUID, or NULL
 *
 * The members of a producer's `meta` that are used. Other clients put any JSON
 * there, so that reading never fails: what is absent or of another type is
 * simply not known.
 */
typedef struct {
  char *name;
  guint resilient;
  char *stream_id;
} RwProducerMeta;

void rw_producer_meta_read (RwProducerMeta *self, const char *meta);
void rw_producer_meta_read_node (RwProducerMeta *self, JsonNode *meta);
void rw_producer_meta_clear (RwProducerMeta *self);

GRefString *rw_producer_meta_new_text (const char *name, const char *stream_id);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RwProducerMeta, rw_producer_meta_clear)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-redis-reply.h"

#include <string.h>

/** rw_reply_get: (nullable): element @n of an array. */
const redisReply *
rw_reply_get (const redisReply *reply, gsize n)
{
  return n < rw_reply_get_length (reply) ? reply->element[n] : NULL;
}

/** rw_reply_get_length: of an array; 0 where there is none. */
gsize
rw_reply_get_length (const redisReply *reply)
{
  return reply != NULL && reply->type == REDIS_REPLY_ARRAY ? reply->elements
                                                           : 0;
}

static gboolean
is_string (const redisReply *reply)
{
  return reply != NULL && reply->type == REDIS_REPLY_STRING;
}

/* (nullable) */
static const char *
get_text (const redisReply *reply, gsize max)
{
  return is_string (reply) && reply->len <= max &&
                 g_utf8_validate (reply->str, (gssize) reply->len, NULL)
             ? reply->str
             : NULL;
}

/* 0 if it is none. */
static guint64
get_number (const redisReply *reply)
{
  const char *text = get_text (reply, 20);
  guint64 number = 0;

  if (reply != NULL && reply->type == REDIS_REPLY_INTEGER)
    return reply->integer > 0 ? (guint64) reply->integer : 0;
  if (text != NULL)
    g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, &number, NULL);
  return number;
}

/* (transfer full) (nullable) */
static GVariant *
get_variant (const redisReply *reply, const char *type)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GVariant) variant = NULL;

  if (!is_string (reply) || reply->len == 0)
    return NULL;

  bytes = g_bytes_new (reply->str, reply->len);
  variant = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE (type), bytes, FALSE));
  return g_variant_is_normal_form (variant) ? g_steal_pointer (&variant) : NULL;
}

/** rw_reply_get_text: (nullable): element @n, a text without NUL. */
const char *
rw_reply_get_text (const redisReply *reply, gsize n)
{
  return get_text (rw_reply_get (reply, n), RW_REPLY_MAX_TEXT);
}

/** rw_reply_get_number: element @n, a number or the text of one; else 0. */
guint64
rw_reply_get_number (const redisReply *reply, gsize n)
{
  return get_number (rw_reply_get (reply, n));
}

/** rw_reply_get_variant: (transfer full) (nullable): element @n, the data of a
 * variant of @type in normal form. */
GVariant *
rw_reply_get_variant (const redisReply *reply, gsize n, const char *type)
{
  return get_variant (rw_reply_get (reply, n), type);
}

/* (nullable): the value of @name. */
static const redisReply *
find (const redisReply *fields, const char *name)
{
  gsize len = strlen (name);

  for (gsize i = 0; i + 1 < rw_reply_get_length (fields); i += 2) {
    const redisReply *key = fields->element[i];

    if (is_string (key) && key->len == len && memcmp (key->str, name, len) == 0)
      return fields->element[i + 1];
  }

  return NULL;
}

static const char *
get_field (const redisReply *fields, const char *name, gsize max)
{
  const char *text = get_text (find (fields, name), max);

  return text != NULL && *text != '\0' ? text : NULL;
}

/** rw_fields_has: whether @name is there, and not empty. */
gboolean
rw_fields_has (const redisReply *fields, const char *name)
{
  const redisReply *value = find (fields, name);

  return value != NULL && (!is_string (value) || value->len > 0);
}

/** rw_fields_get_text: (nullable): NULL if empty. */
const char *
rw_fields_get_text (const redisReply *fields, const char *name)
{
  return get_field (fields, name, RW_REPLY_MAX_TEXT);
}

/** rw_fields_get_id: (nullable): NULL if empty. */
const char *
rw_fields_get_id (const redisReply *fields, const char *name)
{
  return get_field (fields, name, RW_REPLY_MAX_ID);
}

/** rw_fields_get_number: 0 where there is none. */
guint64
rw_fields_get_number (const redisReply *fields, const char *name)
{
  return get_number (find (fields, name));
}

/** rw_fields_get_variant: (transfer full) (nullable): of @type, in normal form.
 */
GVariant *
rw_fields_get_variant (const redisReply *fields, const char *name,
                       const char *type)
{
  return get_variant (find (fields, name), type);
}

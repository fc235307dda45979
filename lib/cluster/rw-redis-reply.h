/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hiredis/hiredis.h>

#include <glib.h>

G_BEGIN_DECLS

/* Parts of what Redis answers, which may be of any type and size: a part that
 * is missing, too long, no UTF-8 or of another type reads as absent. All are
 * borrowed from the reply, unless said otherwise. */

#define RW_REPLY_MAX_ID   256
#define RW_REPLY_MAX_TEXT (1024 * 1024)

/* Elements of an array. */
const redisReply *rw_reply_get (const redisReply *reply, gsize n);
gsize rw_reply_get_length (const redisReply *reply);
const char *rw_reply_get_text (const redisReply *reply, gsize n);
guint64 rw_reply_get_number (const redisReply *reply, gsize n);
GVariant *rw_reply_get_variant (const redisReply *reply, gsize n,
                                const char *type);

/* Fields of a hash or of a stream's entry: an array of names and values. */
gboolean rw_fields_has (const redisReply *fields, const char *name);
const char *rw_fields_get_text (const redisReply *fields, const char *name);
const char *rw_fields_get_id (const redisReply *fields, const char *name);
guint64 rw_fields_get_number (const redisReply *fields, const char *name);
GVariant *rw_fields_get_variant (const redisReply *fields, const char *name,
                                 const char *type);

G_END_DECLS

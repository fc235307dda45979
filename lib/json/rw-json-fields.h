/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Typed reading of an object's members, for messages from untrusted peers. Each
 * function leaves its out argument alone when the member is absent and may
 * be; each error is RW_SIGNAL_ERROR_INVALID and names the member. */

/** RwJsonNeed: whether a member may be absent (or null, which is the same).
 */
typedef enum {
  RW_JSON_OPTIONAL,
  RW_JSON_REQUIRED,
} RwJsonNeed;

/** rw_json_is_present: neither absent nor null. */
gboolean rw_json_is_present (JsonObject *object, const char *member);

gboolean rw_json_read_string (JsonObject *object, const char *member,
                              RwJsonNeed need, char **out, GError **error);
gboolean rw_json_read_id (JsonObject *object, const char *member,
                          RwJsonNeed need, char **out, GError **error);
gboolean rw_json_read_uint (JsonObject *object, const char *member,
                            RwJsonNeed need, guint64 *out, GError **error);
gboolean rw_json_read_double (JsonObject *object, const char *member,
                              RwJsonNeed need, double *out, GError **error);
gboolean rw_json_read_bool (JsonObject *object, const char *member,
                            RwJsonNeed need, gboolean *out, GError **error);
gboolean rw_json_read_object (JsonObject *object, const char *member,
                              RwJsonNeed need, JsonObject **out,
                              GError **error);
gboolean rw_json_read_array (JsonObject *object, const char *member,
                             RwJsonNeed need, JsonArray **out, GError **error);

G_END_DECLS

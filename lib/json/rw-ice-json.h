/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "rw-ice-server.h"

G_BEGIN_DECLS

/* The list of a web page's RTCIceServer objects, from a stranger. */

#define RW_ICE_JSON_MAX_SERVERS 16
#define RW_ICE_JSON_MAX_URLS    8
#define RW_ICE_JSON_MAX_TEXT    1024

gboolean rw_ice_json_read (JsonObject *object, const char *member,
                           GPtrArray **servers, GError **error);

G_END_DECLS

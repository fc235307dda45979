/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Small pieces of HTTP: what a request wants, and how it is answered. The
 * routes are in rw-server-requests.c. Server's thread. */

gboolean rw_server_http_wants_websocket (SoupServerMessage *msg);
gboolean rw_server_http_is_get (SoupServerMessage *msg);
gboolean rw_server_http_is_post (SoupServerMessage *msg);
gboolean rw_server_http_origin_allowed (SoupServerMessage *msg,
                                        char *const *origins);

char *rw_server_http_dup_token (SoupServerMessage *msg, GHashTable *query);
gboolean rw_server_http_get_ping_interval (GHashTable *query, guint *seconds);

void rw_server_http_answer_unauthorized (SoupServerMessage *msg,
                                         const char *why);
void rw_server_http_answer (SoupServerMessage *msg, guint status,
                            const char *text);
void rw_server_http_answer_later (SoupServerMessage *msg, guint status,
                                  guint retry_after_s, const char *text);
void rw_server_http_answer_json (SoupServerMessage *msg, const char *text);
void rw_server_http_answer_error (SoupServerMessage *msg, guint status,
                                  const char *what);
void rw_server_http_answer_metrics (SoupServerMessage *msg, const char *text);
void rw_server_http_answer_plain (SoupServerMessage *msg, const char *uri);

G_END_DECLS

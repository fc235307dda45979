/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwMessageRate:
 *
 * How many messages one client may send: a token bucket, in which a long
 * message costs several tokens. Part of RwServerSocket. A caller-owned struct.
 * Server's thread. Pure: the time is an argument.
 */
typedef struct {
  /*< private >*/
  guint rate;
  guint burst;
  double tokens;
  gint64 tokens_us;
} RwMessageRate;

/** rw_message_rate_init: @rate: tokens a second, 0: no limit; @burst: tokens at
 * first and at the most. */
void rw_message_rate_init (RwMessageRate *self, guint rate, guint burst,
                           gint64 now_us);

/** rw_message_rate_take: a message of @len bytes. FALSE when the client sends
 * more than its share. */
gboolean rw_message_rate_take (RwMessageRate *self, gsize len, gint64 now_us);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-link.h"
#include "rw-window.h"

G_BEGIN_DECLS

/*
 * RwHelloWriter: repeats the HELLO until the sender's WELCOME arrives, after
 * 10 ms at first and 500 ms in the end; part of #RwReceiveEndpoint. A
 * caller-owned struct without a lock: the endpoint's owner holds the window's
 * lock around every call.
 */
typedef struct {
  gint64 due_us; /* when the next HELLO is due */
  /*< private >*/
  gchar *consumer_id;
  RwStart start;
  gint64 delay_us;
} RwHelloWriter;

/* The first HELLO is due at @now_us. @start: where to begin if the sender does
 * not know @consumer_id. */
void rw_hello_writer_init (RwHelloWriter *writer, const gchar *consumer_id,
                           RwStart start, gint64 now_us);
void rw_hello_writer_clear (RwHelloWriter *writer);

/* Fills in a HELLO that is sent now. FALSE if none is due. */
gboolean rw_hello_writer_next (RwHelloWriter *writer, RwLink *link,
                               const RwWindow *window, gint64 now_us,
                               RwMessage *out);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-signal-message.h"

G_BEGIN_DECLS

/**
 * RwClientsOutput: something to do at a connection
 * @connection: the connection
 * @message: (nullable): to send; NULL: close the connection instead
 * @seq: its number, 0 for none
 * @has_ack: whether @ack goes with it
 * @close_code: for a close
 * @close_why: for a close; static
 */
typedef struct {
  guint64 connection;
  RwSignalMessage *message;
  guint64 seq;
  guint64 ack;
  gboolean has_ack;
  guint close_code;
  const char *close_why;
} RwClientsOutput;

/** Close codes; 4001 is from the range that is free for applications. */
#define RW_CLOSE_PROTOCOL_ERROR 1002
#define RW_CLOSE_POLICY         1008
#define RW_CLOSE_RESUMED        4001

void rw_clients_output_clear (RwClientsOutput *output);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RwClientsOutput, rw_clients_output_clear)

G_END_DECLS

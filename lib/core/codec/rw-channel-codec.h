/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-message.h"

G_BEGIN_DECLS

/*
 * The data channel's messages as bytes: big-endian, one version byte, one
 * type byte, strict bounds. docs/protocol.md has the layout. No state.
 */

/* No message is longer: one frame of the largest size and its headers. */
#define RW_CHANNEL_MAX_SIZE 65536u

typedef enum {
  RW_CHANNEL_ERROR_TRUNCATED,
  RW_CHANNEL_ERROR_VERSION, /* the peer uses another version */
  RW_CHANNEL_ERROR_INVALID, /* a field out of its bounds, or bytes left over */
} RwChannelError;

#define RW_CHANNEL_ERROR rw_channel_error_quark ()
GQuark rw_channel_error_quark (void);

/**
 * rw_channel_encode:
 * @buffer: (out): at least %RW_CHANNEL_MAX_SIZE bytes
 *
 * Returns: the bytes written; never 0 for a message of the endpoints.
 */
gsize rw_channel_encode (const RwMessage *message, guint8 *buffer,
                         gsize buffer_size);

/**
 * rw_channel_decode:
 * @data: lends its bytes to @message
 * @message: (out caller-allocates): undefined on error
 */
gboolean rw_channel_decode (const guint8 *data, gsize size, RwMessage *message,
                            GError **error);

G_END_DECLS

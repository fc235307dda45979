/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-receiver.h"

G_BEGIN_DECLS

/**
 * RwSessionMedia:
 * Hands the media of one session to the receiver, on the session's streaming
 * threads: the user data of rw_session_media_funcs. It keeps both alive until
 * the session's peer frees it.
 */
typedef struct _RwSessionMedia RwSessionMedia;

extern const RwWebrtcPeerFuncs rw_session_media_funcs;

RwSessionMedia *rw_session_media_new (RwReceiver *receiver,
                                      RwReceivePath *receive_path);

/** rw_session_media_free: a GDestroyNotify. Any thread. */
void rw_session_media_free (gpointer self);

G_END_DECLS

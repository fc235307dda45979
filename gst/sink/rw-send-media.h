/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-transmitter.h"

G_BEGIN_DECLS

/*
 * RwSendMedia: brings the messages of one session of the sink from the threads
 * where they arrive to the transmitter.
 */
typedef struct _RwSendMedia RwSendMedia;

/**
 * rw_send_media_new:
 * @request: (nullable): of a resilient consumer
 * @config: of the session's peer, which owns the RwSendMedia; all is filled in
 *   but the caps
 */
RwSendMedia *rw_send_media_new (RwTransmitter *transmitter,
                                const RwSessionRequest *request,
                                RwWebrtcPeerConfig *config);

/* Before the session's peer is started. */
void rw_send_media_set_path (RwSendMedia *self, RwSendPath *path);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-conversation.h"
#include "rw-signaller.h"

G_BEGIN_DECLS

/**
 * RwSignalDispatch:
 * Turns what a server says into the signals of an RwSignaller, and remembers
 * which producers it has told of, so that those that went while the line was
 * down are told too. Control thread.
 */
typedef struct _RwSignalDispatch RwSignalDispatch;

/** rw_signal_dispatch_new: @signaller and @conversation outlive it. The latter
 * knows which question an answer belongs to. */
RwSignalDispatch *rw_signal_dispatch_new (RwSignaller *signaller,
                                          RwConversation *conversation);
void rw_signal_dispatch_free (RwSignalDispatch *self);

/** rw_signal_dispatch_set_listening: whether lists of producers are wanted. */
void rw_signal_dispatch_set_listening (RwSignalDispatch *self,
                                       gboolean listening);

/** rw_signal_dispatch_open: a new line, on which we are @peer_id. The next list
 * on it is compared with what was told before. */
void rw_signal_dispatch_open (RwSignalDispatch *self, const char *peer_id);

/** rw_signal_dispatch_forget: a clean end: nobody was ever there. */
void rw_signal_dispatch_forget (RwSignalDispatch *self);

void rw_signal_dispatch_hear (RwSignalDispatch *self,
                              const RwSignalMessage *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwSignalDispatch, rw_signal_dispatch_free)

G_END_DECLS

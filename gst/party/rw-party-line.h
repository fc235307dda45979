/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-party-mix.h"

G_BEGIN_DECLS

/*
 * RwPartyLine: the control half of resilientwebrtcroom: follows the members of
 * the room in which its sender is, has every other one received (RwSpeakers)
 * and mixed (RwPartyMix), and announces the element's state.
 *
 * Threads: new, start and stop: the application's, stop while nothing streams;
 * is_origin and fail: any; else the control threads of both elements.
 */
#define RW_TYPE_PARTY_LINE (rw_party_line_get_type ())
G_DECLARE_FINAL_TYPE (RwPartyLine, rw_party_line, RW, PARTY_LINE, GObject)

/**
 * rw_party_line_new:
 * @endpoint: of the element
 * @sender: the sink in it
 * @sender_endpoint: of the sink, whose room is followed
 * @source_type: of the sources that receive
 */
RwPartyLine *rw_party_line_new (RwEndpoint *endpoint, GstElement *sender,
                                RwEndpoint *sender_endpoint, RwPartyMix *mix,
                                GType source_type);

/* @stream: of the sender, which is not received. */
void rw_party_line_start (RwPartyLine *self, const char *stream);
void rw_party_line_stop (RwPartyLine *self);

/* Whether @origin is one of the sources, or in one; and that it has given up:
 * the others go on without it. */
gboolean rw_party_line_is_origin (RwPartyLine *self, GstObject *origin);
void rw_party_line_fail (RwPartyLine *self, GstObject *origin);

/* How many members are received. */
guint rw_party_line_get_n_speakers (RwPartyLine *self);

G_END_DECLS

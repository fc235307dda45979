/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-party-ducking.h"
#include "rw-party-members.h"
#include "rw-speakers.h"

G_BEGIN_DECLS

/*
 * RwPartyMix: the audio of a party line: a mixer for what is received, with a
 * strip (RwPartyStrip) for each stream, and a strip for what is sent. The mixer
 * runs with the clock, whether there are streams or not, and waits for a stream
 * no longer than the latency.
 *
 * Threads: new, free, open and close: the application's, while nothing streams;
 * the output of the speakers: theirs; the rest: any.
 */
typedef struct _RwPartyMix RwPartyMix;

/* @bin owns the elements; all arguments outlive the mix. */
RwPartyMix *rw_party_mix_new (GstBin *bin, RwEndpoint *endpoint,
                              RwPartyMembers *members);
void rw_party_mix_free (RwPartyMix *self);

/* FALSE, and an element error, where the mixer is not installed. */
gboolean rw_party_mix_check (RwPartyMix *self);

/* The mixed audio; NULL where the mixer is not installed. */
GstPad *rw_party_mix_get_src (RwPartyMix *self);

/**
 * rw_party_mix_open:
 * @room, @name, @stream: the element's own member
 * @sender: what takes the audio to be sent
 *
 * Returns: (transfer full): the sink pad for it
 */
GstPad *rw_party_mix_open (RwPartyMix *self, const char *room, const char *name,
                           const char *stream, GstElement *sender);
void rw_party_mix_close (RwPartyMix *self);

/* The pipeline begins to play, perhaps again: the output begins at its time,
 * which may be an hour. */
void rw_party_mix_begin (RwPartyMix *self);

/* Ends the output with EOS. */
void rw_party_mix_end (RwPartyMix *self);

/* Of the mixed audio, which is live. */
gboolean rw_party_mix_query_latency (RwPartyMix *self, GstQuery *query);
void rw_party_mix_set_latency (RwPartyMix *self, guint latency_ms);

/* Between two messages about a member's level; 0: none. */
void rw_party_mix_set_level_interval (RwPartyMix *self, guint interval_ms);
guint rw_party_mix_get_level_interval (RwPartyMix *self);

RwPartyDucking *rw_party_mix_get_ducking (RwPartyMix *self);

/* For RwSpeakerOutput; @data is an RwPartyMix. */
GstPad *rw_party_mix_add (gpointer data, const RwSpeakerWish *wish,
                          GstElement *source);
void rw_party_mix_update (gpointer data, GstPad *pad,
                          const RwSpeakerWish *wish);
void rw_party_mix_stop (gpointer data, GstPad *pad);
void rw_party_mix_remove (gpointer data, GstPad *pad);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstbasetransform.h>

#include "rw-party-ducking.h"
#include "rw-party-level.h"
#include "rw-party-member.h"

G_BEGIN_DECLS

/*
 * RwPartyStrip: an element for the audio of one stream of a party line, as a
 * strip of a mixing desk: the member's volume, the lowering for an urgent call,
 * and the level, which is measured behind both.
 *
 * Of a received stream nothing passes but audio: silence that fills a hole, GAP
 * events and EOS are dropped, because the mixer goes on without this stream,
 * and must not be held up by what is over.
 *
 * Threads: new and set_priority: any; else the streaming thread.
 */
#define RW_PARTY_CAPS                                                          \
  "audio/x-raw,format=" RW_PARTY_FORMAT                                        \
  ",layout=interleaved,rate=48000,channels=[1,2]"
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
#define RW_PARTY_FORMAT "S16LE"
#else
#define RW_PARTY_FORMAT "S16BE"
#endif

#define RW_TYPE_PARTY_STRIP (rw_party_strip_get_type ())
G_DECLARE_FINAL_TYPE (RwPartyStrip, rw_party_strip, RW, PARTY_STRIP,
                      GstBaseTransform)

/**
 * RwPartyStripConfig:
 * @name: of the element
 * @member: whose audio it is
 * @ducking: (nullable): of the party line; NULL for what is sent
 * @interval_ms: (nullable): atomic; between two reports of the level, 0 for
 *   none; outlives the strip
 * @report: of the level; on the streaming thread, without a lock
 */
typedef struct {
  const char *name;
  RwPartyMember *member;
  RwPartyDucking *ducking;
  const gint *interval_ms;
  void (*report) (gpointer data, const RwPartyLevel *level);
  gpointer data;
  GDestroyNotify destroy;
} RwPartyStripConfig;

GstElement *rw_party_strip_new (const RwPartyStripConfig *config);

/* 0 to 255, of the member. */
void rw_party_strip_set_priority (RwPartyStrip *self, guint priority);

G_END_DECLS

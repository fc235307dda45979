/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * RwPartyMember: how loud a member of a party line is for this one: a child of
 * resilientwebrtcroom with the properties `volume` and `mute`. Its name is the
 * member's; it outlives the member where it was set.
 *
 * Thread: any.
 */
#define RW_TYPE_PARTY_MEMBER (rw_party_member_get_type ())
G_DECLARE_FINAL_TYPE (RwPartyMember, rw_party_member, RW, PARTY_MEMBER,
                      GstObject)

RwPartyMember *rw_party_member_new (const char *name);

/* The factor for its samples; 0.0 where it is muted. */
gdouble rw_party_member_get_gain (RwPartyMember *self);

/* Whether volume or mute are other than at first. */
gboolean rw_party_member_is_set (RwPartyMember *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-party-member.h"

G_BEGIN_DECLS

/*
 * RwPartyMembers: the children of a resilientwebrtcroom by their names. A
 * member that has left stays where its volume or mute was set, so that it comes
 * back as it was.
 *
 * Thread: any; the table has a lock. The signals child-added and child-removed
 * of @element are emitted without it.
 */
typedef struct _RwPartyMembers RwPartyMembers;

/* @element, a GstChildProxy, outlives the table. */
RwPartyMembers *rw_party_members_new (GstElement *element);
void rw_party_members_free (RwPartyMembers *self);

/* One more stream of the member with this name; the reference is the caller's,
 * who gives it back with leave. */
RwPartyMember *rw_party_members_enter (RwPartyMembers *self, const char *name);
void rw_party_members_leave (RwPartyMembers *self, RwPartyMember *member);

/* A GInterfaceInitFunc of GstChildProxy, for the type of the element. */
void rw_party_members_init_child_proxy (gpointer iface, gpointer data);

G_END_DECLS

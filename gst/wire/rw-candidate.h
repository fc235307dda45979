/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * rw_candidate_check:
 * @candidate: untrusted.
 *
 * The candidate with "candidate:" in front, or NULL if it is none that an ICE
 * agent could use.
 */
char *rw_candidate_check (const char *candidate);

/** rw_candidate_is_link_local: whether @candidate, a checked one, has an
 * address that means something on one link only (fe80::/10). */
gboolean rw_candidate_is_link_local (const char *candidate);

/**
 * rw_candidate_announce:
 * @candidate: of this host's agent
 * @address: behind a 1:1 NAT the address from which the others see this host
 *
 * @candidate with @address if it is one of the host's own of that family, else
 * a copy.
 */
char *rw_candidate_announce (const char *candidate, const char *address);

G_END_DECLS

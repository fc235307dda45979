/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* SDP fingerprints, such as "sha-256 AB:CD:...", by SHA-1, 256, 384 or 512.
 * Pure, any thread. */

/** rw_fingerprint_get_strength: of its hash, from 1 on; 0 for one that is
 * malformed, of another hash, or NULL. */
guint rw_fingerprint_get_strength (const char *fingerprint);

/** rw_fingerprint_is_whole: whether @certificate, in PEM, has an end. GStreamer
 * keeps 4096 bytes of a remote certificate. */
gboolean rw_fingerprint_is_whole (const char *certificate);

/**
 * rw_fingerprint_matches_any:
 * @fingerprints: @n of one description.
 * @certificate: one certificate in PEM.
 *
 * Whether the certificate is one that the description announced, which nothing
 * else in the pipeline checks: without it, who controls the path can stand in
 * for the other peer. Of several, those of the strongest hash count (RFC 8122),
 * and one of them has to match.
 */
gboolean rw_fingerprint_matches_any (const char *const *fingerprints, guint n,
                                     const char *certificate);

G_END_DECLS

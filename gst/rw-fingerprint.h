/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * rw_fingerprint_matches:
 * @fingerprint: an SDP fingerprint, such as "sha-256 AB:CD:...".
 * @certificate: one certificate in PEM.
 *
 * Whether the certificate is the one that the description announced, which
 * nothing else in the pipeline checks: without it, who controls the path can
 * stand in for the other peer. SHA-1, 256, 384 and 512; FALSE for another
 * hash. Pure, any thread.
 */
gboolean rw_fingerprint_matches (const char *fingerprint,
                                 const char *certificate);

G_END_DECLS

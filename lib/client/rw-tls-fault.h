/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * rw_tls_fault_describe:
 * Describes the faults of a server's @certificate (or NULL) for each of
 * @errors, and what can be done about it. Pure.
 */
char *rw_tls_fault_describe (GTlsCertificate *certificate,
                             GTlsCertificateFlags errors);

G_END_DECLS

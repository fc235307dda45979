/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwFailure: why an attempt to connect came to nothing. Also the codes of the
 * error domain RW_FAILURE_ERROR, whose messages say what was tried and what
 * the user can do.
 */
typedef enum {
  RW_FAILURE_REFUSED,       /* the other side said no */
  RW_FAILURE_TIMED_OUT,     /* nothing came of it in time */
  RW_FAILURE_UNAUTHORIZED,  /* our credentials are not accepted */
  RW_FAILURE_RATE_LIMITED,  /* come again later: Retry-After */
  RW_FAILURE_TLS,           /* the server is not who it should be */
  RW_FAILURE_NO_PRODUCER,   /* nobody to connect to; one will be announced */
  RW_FAILURE_NO_SIGNALLING, /* no line to ask on; its return will be told */
  RW_FAILURE_ICE,           /* no path, or the path broke */
  RW_FAILURE_INCOMPATIBLE,  /* no codec in common, a plugin missing */
  RW_FAILURE_UNREACHABLE,   /* no route, no such host, nobody listens */
  RW_FAILURE_PROTOCOL,      /* what answers does not speak our language */
  RW_FAILURE_SETTINGS,      /* a setting of ours cannot be used */
} RwFailure;
#define RW_N_FAILURES (RW_FAILURE_SETTINGS + 1)

#define RW_FAILURE_ERROR (rw_failure_error_quark ())
GQuark rw_failure_error_quark (void);

/**
 * RwFailurePolicy: what to do about it.
 * @RW_FAILURE_POLICY_RETRY: again after the back-off.
 * @RW_FAILURE_POLICY_WAIT: again when told that something has changed; time
 *   alone will not help, and it is nobody's fault.
 * @RW_FAILURE_POLICY_GIVE_UP: it will not heal by itself: tell at once.
 */
typedef enum {
  RW_FAILURE_POLICY_RETRY,
  RW_FAILURE_POLICY_WAIT,
  RW_FAILURE_POLICY_GIVE_UP,
} RwFailurePolicy;

const char *rw_failure_to_string (RwFailure failure);
RwFailurePolicy rw_failure_get_policy (RwFailure failure);

G_END_DECLS

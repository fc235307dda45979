/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwFailure: why an attempt to connect failed. Also the codes of the error
 * domain RW_FAILURE_ERROR, whose messages name the failed operation and the
 * remedy.
 */
typedef enum {
  RW_FAILURE_REFUSED,       /* the other side rejected the request */
  RW_FAILURE_TIMED_OUT,     /* no answer in time */
  RW_FAILURE_UNAUTHORIZED,  /* the credentials are rejected */
  RW_FAILURE_RATE_LIMITED,  /* retry later: Retry-After */
  RW_FAILURE_TLS,           /* the server's certificate is not trusted */
  RW_FAILURE_NO_PRODUCER,   /* no producer yet; one will be announced */
  RW_FAILURE_NO_SIGNALLING, /* no signalling; its return is announced */
  RW_FAILURE_ICE,           /* no path, or the path broke */
  RW_FAILURE_INCOMPATIBLE,  /* no codec in common, a plugin missing */
  RW_FAILURE_UNREACHABLE,   /* no route, no such host, no listener */
  RW_FAILURE_PROTOCOL,      /* the answer is in another protocol */
  RW_FAILURE_SETTINGS,      /* a setting cannot be used */
} RwFailure;
#define RW_N_FAILURES (RW_FAILURE_SETTINGS + 1)

#define RW_FAILURE_ERROR (rw_failure_error_quark ())
GQuark rw_failure_error_quark (void);

/**
 * RwFailurePolicy: how to handle a failure.
 * @RW_FAILURE_POLICY_RETRY: retry after the back-off.
 * @RW_FAILURE_POLICY_WAIT: again when a change is announced; time alone does
 * not help.
 * @RW_FAILURE_POLICY_GIVE_UP: the failure is permanent: report it at once.
 */
typedef enum {
  RW_FAILURE_POLICY_RETRY,
  RW_FAILURE_POLICY_WAIT,
  RW_FAILURE_POLICY_GIVE_UP,
} RwFailurePolicy;

const char *rw_failure_to_string (RwFailure failure);
RwFailurePolicy rw_failure_get_policy (RwFailure failure);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-failure.h"

static const struct {
  const char *name;
  RwFailurePolicy policy;
} failures[RW_N_FAILURES] = {
    [RW_FAILURE_REFUSED] = {"refused", RW_FAILURE_POLICY_RETRY},
    [RW_FAILURE_TIMED_OUT] = {"timed-out", RW_FAILURE_POLICY_RETRY},
    [RW_FAILURE_UNAUTHORIZED] = {"unauthorized", RW_FAILURE_POLICY_GIVE_UP},
    [RW_FAILURE_RATE_LIMITED] = {"rate-limited", RW_FAILURE_POLICY_RETRY},
    [RW_FAILURE_TLS] = {"tls", RW_FAILURE_POLICY_GIVE_UP},
    [RW_FAILURE_NO_PRODUCER] = {"no-producer", RW_FAILURE_POLICY_WAIT},
    [RW_FAILURE_NO_SIGNALLING] = {"no-signalling", RW_FAILURE_POLICY_WAIT},
    [RW_FAILURE_ICE] = {"ice-failed", RW_FAILURE_POLICY_RETRY},
    [RW_FAILURE_INCOMPATIBLE] = {"incompatible", RW_FAILURE_POLICY_WAIT},
    [RW_FAILURE_UNREACHABLE] = {"unreachable", RW_FAILURE_POLICY_RETRY},
    [RW_FAILURE_PROTOCOL] = {"protocol", RW_FAILURE_POLICY_RETRY},
    [RW_FAILURE_SETTINGS] = {"settings", RW_FAILURE_POLICY_GIVE_UP},
};

G_DEFINE_QUARK (rw - failure - error - quark, rw_failure_error)

const char *
rw_failure_to_string (RwFailure failure)
{
  g_return_val_if_fail ((guint) failure < RW_N_FAILURES, NULL);

  return failures[failure].name;
}

RwFailurePolicy
rw_failure_get_policy (RwFailure failure)
{
  g_return_val_if_fail ((guint) failure < RW_N_FAILURES,
                        RW_FAILURE_POLICY_RETRY);

  return failures[failure].policy;
}

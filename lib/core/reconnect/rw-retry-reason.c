/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-retry-reason.h"

const char *
rw_retry_reason_to_string (RwRetryReason reason)
{
  static const char *const names[RW_N_RETRY_REASONS] = {
      [RW_RETRY_NETWORK_CHANGED] = "network-changed",
      [RW_RETRY_SIGNALLING_RESUMED] = "signalling-resumed",
      [RW_RETRY_PATH_ALIVE] = "path-alive",
      [RW_RETRY_PRODUCER_ANNOUNCED] = "producer-announced",
      [RW_RETRY_SIGNALLING_OPENED] = "signalling-opened",
      [RW_RETRY_REQUESTED] = "requested",
  };

  return names[reason];
}

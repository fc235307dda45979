/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** RwRetryReason: the evidence that an attempt is worth more than waiting. */
typedef enum {
  /* The path is better. Such evidence begins no attempt beside one that waits:
   * another would only come to wait behind it. */
  RW_RETRY_NETWORK_CHANGED,
  RW_RETRY_SIGNALLING_RESUMED, /* nothing that was sent is lost */
  RW_RETRY_PATH_ALIVE,
  /* The message that an attempt waits for will not come any more. */
  RW_RETRY_PRODUCER_ANNOUNCED,
  RW_RETRY_SIGNALLING_OPENED,
  RW_RETRY_REQUESTED, /* by the user: also while connected */
} RwRetryReason;
#define RW_N_RETRY_REASONS (RW_RETRY_REQUESTED + 1)

const char *rw_retry_reason_to_string (RwRetryReason reason);

G_END_DECLS

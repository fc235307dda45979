/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-backoff.h"

G_BEGIN_DECLS

/**
 * RwReconnectConfig:
 * @backoff: between attempts; its retries: 0: a lost session is not replaced.
 * @attempt_timeout_us: until an attempt is overdue, at the least: it has more
 *   where the steps of attempts have taken longer lately (RwStepTime).
 * @breaker_failures: in a row, that open the circuit breaker; 0: never.
 * @breaker_delay_us: for how long; no longer than the back-off's maximum.
 * @max_attempts: under way at once, besides the session in use; at most
 *   RW_MAX_ATTEMPTS. One is enough while it is young, another keeps an older
 *   one, which may yet win, until its successor has had its time; more where
 *   attempts are cheap, but for attempts with evidence only.
 * @spread_us: the first attempt after a loss waits for a random part of it, so
 *   that the clients of a server that went do not all return at once.
 */
typedef struct {
  RwBackoffConfig backoff;
  gint64 attempt_timeout_us;
  guint breaker_failures;
  gint64 breaker_delay_us;
  guint max_attempts;
  gint64 spread_us;
} RwReconnectConfig;

#define RW_RECONNECT_CONFIG_DEFAULT                                            \
  ((RwReconnectConfig){.backoff = RW_BACKOFF_CONFIG_DEFAULT,                   \
                       .attempt_timeout_us = 3000000,                          \
                       .breaker_failures = 8,                                  \
                       .breaker_delay_us = 30000000,                           \
                       .max_attempts = 2})

G_END_DECLS

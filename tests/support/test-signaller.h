/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-failure.h"
#include "rw-ws-signaller.h"

G_BEGIN_DECLS

/**
 * TestSignaller:
 * A signaller on the default context, and what it has told since it was
 * started. Zeros are one that was not. Every wait has test_wait()'s end.
 */
typedef struct {
  RwClock *clock;
  RwWsSignaller *ws;
  GArray *delays_us; /* gint64, of each "closed" */
  GError *error;     /* the last one told */
  guint n_opened;
  guint n_closed;
  guint n_failed;
  guint n_ended; /* sessions */
  guint n_wanted;
} TestSignaller;

/** test_signaller_start: at @uri, or, if NULL, as @config says; with no spread.
 * It is stopped first. */
void test_signaller_start (TestSignaller *self,
                           const RwWsSignallerConfig *config, const char *uri);

/** test_signaller_stop: nothing of it is left. */
void test_signaller_stop (TestSignaller *self);

guint64 test_signaller_count_attempts (TestSignaller *self);

/** test_signaller_wait_opened: for the @n-th time; it may not fail. */
void test_signaller_wait_opened (TestSignaller *self, guint n);

/* Until so much has come to pass, or it has failed. */
void test_signaller_wait_closed (TestSignaller *self, guint n);
void test_signaller_wait_attempts (TestSignaller *self, guint64 n);

/* It never opens: it gives up and says so once, or it has been closed twice and
 * is tried again. @says is NULL or part of why. */
void test_signaller_expect_failed (TestSignaller *self, RwFailure failure,
                                   const char *says);
void test_signaller_expect_retried (TestSignaller *self, RwFailure failure,
                                    const char *says);

G_END_DECLS

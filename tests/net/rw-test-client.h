/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-failure.h"
#include "rw-ws-signaller.h"

G_BEGIN_DECLS

/**
 * RwTestClient:
 * A signaller on the default context, and what it has told since it was
 * started. Zeros are one that was not. Every wait has rw_test_wait()'s end.
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
} RwTestClient;

/** rw_test_client_start: at @uri, or, if NULL, as @config says; with no spread.
 * It is stopped first. */
void rw_test_client_start (RwTestClient *self,
                           const RwWsSignallerConfig *config, const char *uri);

/** rw_test_client_stop: nothing of it is left. */
void rw_test_client_stop (RwTestClient *self);

guint64 rw_test_client_count_attempts (RwTestClient *self);

/** rw_test_client_wait_opened: for the @n-th time; it may not fail. */
void rw_test_client_wait_opened (RwTestClient *self, guint n);

/* Until so much has come to pass, or it has failed. */
void rw_test_client_wait_closed (RwTestClient *self, guint n);
void rw_test_client_wait_attempts (RwTestClient *self, guint64 n);

/* It never opens: it gives up and says so once, or it has been closed twice and
 * is tried again. @says is NULL or part of why. */
void rw_test_client_expect_failed (RwTestClient *self, RwFailure failure,
                                   const char *says);
void rw_test_client_expect_retried (RwTestClient *self, RwFailure failure,
                                    const char *says);

G_END_DECLS

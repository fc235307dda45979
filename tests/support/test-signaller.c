/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-signaller.h"

#include <string.h>

#include "test-server.h"

static void
take_error (TestSignaller *self, const GError *error)
{
  g_clear_error (&self->error);
  self->error = error != NULL ? g_error_copy (error) : NULL;
  g_test_message ("%s", error != NULL ? error->message : "no error");
}

static void
on_opened (RwSignaller *signaller, const char *peer_id, TestSignaller *self)
{
  self->n_opened++;
}

static void
on_closed (RwSignaller *signaller, const GError *error, gboolean will_retry,
           gint64 delay_us, TestSignaller *self)
{
  self->n_closed++;
  g_array_append_val (self->delays_us, delay_us);
  take_error (self, error);
}

static void
on_failed (RwSignaller *signaller, const GError *error, TestSignaller *self)
{
  self->n_failed++;
  take_error (self, error);
}

static void
on_session_ended (RwSignaller *signaller, const char *session_id,
                  const char *reason, TestSignaller *self)
{
  self->n_ended++;
}

void
test_signaller_start (TestSignaller *self, const RwWsSignallerConfig *config,
                      const char *uri)
{
  const char *uris[] = {uri, NULL};
  RwWsSignallerConfig own = *config;
  g_autoptr (GError) error = NULL;

  test_signaller_stop (self);
  if (uri != NULL)
    own.uris = uris;
  own.spread_us = 0;
  self->clock = rw_clock_new ();
  self->delays_us = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->ws = rw_ws_signaller_new (self->clock, NULL, NULL, &own, &error);
  g_assert_no_error (error);
  g_signal_connect (self->ws, "opened", G_CALLBACK (on_opened), self);
  g_signal_connect (self->ws, "closed", G_CALLBACK (on_closed), self);
  g_signal_connect (self->ws, "failed", G_CALLBACK (on_failed), self);
  g_signal_connect (self->ws, "session-ended", G_CALLBACK (on_session_ended),
                    self);
  rw_signaller_start (RW_SIGNALLER (self->ws));
}

void
test_signaller_stop (TestSignaller *self)
{
  if (self->ws == NULL)
    return;

  g_assert_finalize_object (self->ws);
  g_object_unref (self->clock);
  g_array_unref (self->delays_us);
  g_clear_error (&self->error);
  *self = (TestSignaller){0};
}

guint64
test_signaller_count_attempts (TestSignaller *self)
{
  RwWsSignallerCounts counts;

  rw_ws_signaller_get_counts (self->ws, &counts);
  return counts.attempts;
}

static gboolean
has_opened (gpointer data)
{
  TestSignaller *self = data;

  return self->n_opened >= self->n_wanted || self->n_failed > 0;
}

static gboolean
has_closed (gpointer data)
{
  TestSignaller *self = data;

  return self->n_closed >= self->n_wanted || self->n_failed > 0;
}

static gboolean
has_attempted (gpointer data)
{
  TestSignaller *self = data;

  return test_signaller_count_attempts (self) >= self->n_wanted ||
         self->n_failed > 0;
}

static void
wait_for (TestSignaller *self, TestCondition done, guint n)
{
  self->n_wanted = n;
  test_wait (done, self);
}

void
test_signaller_wait_opened (TestSignaller *self, guint n)
{
  wait_for (self, has_opened, n);
  g_assert_cmpuint (self->n_failed, ==, 0);
}

void
test_signaller_wait_closed (TestSignaller *self, guint n)
{
  wait_for (self, has_closed, n);
}

void
test_signaller_wait_attempts (TestSignaller *self, guint64 n)
{
  wait_for (self, has_attempted, (guint) n);
}

static void
check_told (TestSignaller *self, RwFailure failure, const char *says)
{
  g_assert_cmpuint (self->n_opened, ==, 0);
  g_assert_error (self->error, RW_FAILURE_ERROR, (int) failure);
  if (says != NULL && strstr (self->error->message, says) == NULL)
    g_error ("\"%s\" does not say \"%s\"", self->error->message, says);
}

void
test_signaller_expect_failed (TestSignaller *self, RwFailure failure,
                              const char *says)
{
  wait_for (self, has_closed, 2);
  g_assert_cmpuint (self->n_failed, ==, 1);
  g_assert_cmpuint (self->n_closed, ==, 0);
  check_told (self, failure, says);
}

void
test_signaller_expect_retried (TestSignaller *self, RwFailure failure,
                               const char *says)
{
  wait_for (self, has_closed, 2);
  g_assert_cmpuint (self->n_failed, ==, 0);
  g_assert_cmpuint (self->n_closed, ==, 2);
  check_told (self, failure, says);
}

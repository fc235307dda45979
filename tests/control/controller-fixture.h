/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-controller.h"
#include "test-fake-clock.h"

G_BEGIN_DECLS

#define MS G_GINT64_CONSTANT (1000)

/* A controller with a fake clock, and a log of what it announced, as words:
 * "attempt 1", "connected connected". */
typedef struct {
  TestFakeClock *clock;
  RwController *controller;
  RwReconnectConfig config;
  GPtrArray *log;
  RwStateInfo last_info;
  guint64 newest;
  guint64 stop_on_attempt;
  guint64 fail_on_attempt;
  RwFailure failure;
} ControllerFixture;

typedef ControllerFixture Fixture;

void controller_set_up (Fixture *f, gconstpointer data);
void controller_tear_down (Fixture *f, gconstpointer data);
/* Compares all that was announced since the last time; @expected has commas. */
void controller_expect (Fixture *f, const char *expected);
void controller_advance (Fixture *f, gint64 ms);
/* Generation 1 is in use, and nothing is left to be announced. */
void controller_connect_first (Fixture *f);

G_END_DECLS

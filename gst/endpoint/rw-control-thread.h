/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-loop.h"
#include "rw-teardown.h"

G_BEGIN_DECLS

/*
 * RwControlThread: the control thread of an element, from NULL to READY and
 * back, and what lives as long: the teardown of its sessions. Part of
 * RwEndpoint.
 *
 * Thread: start and stop: state changes; dup_loop: any; else those two and the
 * control thread. The lock guards the pointer to the loop alone.
 */
typedef struct {
  GMutex lock;
  RwLoop *loop; /* NULL while stopped */
  RwTeardown *teardown;
} RwControlThread;

void rw_control_thread_init (RwControlThread *self);

/* It is stopped. */
void rw_control_thread_clear (RwControlThread *self);

/* @name: of the thread. */
void rw_control_thread_start (RwControlThread *self, const char *name);

/* No callback runs afterwards, and every session's pipeline is in NULL. */
void rw_control_thread_stop (RwControlThread *self);

/* (transfer full): NULL while stopped. */
RwLoop *rw_control_thread_dup_loop (RwControlThread *self);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clock.h"
#include "rw-producer-list.h"

G_BEGIN_DECLS

/*
 * RwNameCheck: notices that there are producers, but none of the wanted name,
 * which may be misspelt. Reported once, and never after the wanted one was
 * there. Control thread.
 */
typedef struct _RwNameCheck RwNameCheck;

/* @producers outlives it. @report (@data, @text) has the text for the user. */
RwNameCheck *rw_name_check_new (
    RwClock *clock, GMainContext *context, RwProducerList *producers,
    void (*report) (gpointer data, const char *text), gpointer data);
void rw_name_check_free (RwNameCheck *self);

/* After each change of the list. */
void rw_name_check_update (RwNameCheck *self);

G_END_DECLS

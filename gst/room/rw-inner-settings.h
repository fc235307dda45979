/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"

G_BEGIN_DECLS

/*
 * RwInnerSettings: the settings of an element that has other elements of ours
 * inside: which of its properties they have as well, and how they get them.
 * Pure functions.
 *
 * Thread: any.
 */

/* Sets all properties that both have and that are set from outside; the server
 * and the token are those that @endpoint, which is of @outer, uses. */
void rw_inner_settings_apply (RwEndpoint *endpoint, GObject *outer,
                              GObject *inner);

/* @pspec of @outer was set; nothing happens where it is not shared. */
void rw_inner_settings_follow (RwEndpoint *endpoint, GObject *outer,
                               GObject *inner, GParamSpec *pspec);

/* For the signal "request-token" of an inner element: asks the application by
 * the same signal of @outer. */
char *rw_inner_settings_on_request_token (GstElement *inner, gpointer outer);

G_END_DECLS

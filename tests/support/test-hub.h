/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-hub.h"

G_BEGIN_DECLS

/**
 * TestHub:
 *
 * The hub in memory. The output is rendered as one line a message, "<client>
 * <type> <fields>", and compared whole: nothing may be missing, out of order,
 * or there without a cause.
 */
typedef struct {
  RwHub *hub;
  guint n_ids;
} TestHub;

/* For g_test_add(). */
void test_hub_set_up (TestHub *f, gconstpointer unused);
void test_hub_tear_down (TestHub *f, gconstpointer unused);

/* --- Output --- */

void test_hub_expect (TestHub *f, const char *first,
                      ...) G_GNUC_NULL_TERMINATED;
void test_hub_expect_nothing (TestHub *f);
void test_hub_drop_output (TestHub *f);

/* --- Messages of the client @id --- */

/* Takes @message. */
void test_hub_send (TestHub *f, const char *id, RwSignalMessage *message);
void test_hub_send_type (TestHub *f, const char *id, RwSignalType type);
void test_hub_send_version (TestHub *f, const char *id, RwSignalVersion version,
                            gboolean resilient);
void test_hub_send_status (TestHub *f, const char *id, RwRoles roles,
                           const char *meta, const char *name);
void test_hub_send_start (TestHub *f, const char *id, const char *peer,
                          const char *offer);
void test_hub_send_end (TestHub *f, const char *id, const char *session,
                        const char *reason);
void test_hub_send_peer (TestHub *f, const char *id, const char *session,
                         const char *body);

/* --- Clients --- */

void test_hub_add (TestHub *f, const char *id, RwRoles roles);

/* Producer "p" and consumer "c" in the session "s1". */
void test_hub_add_pair (TestHub *f);

G_END_DECLS

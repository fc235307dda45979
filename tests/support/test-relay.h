/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * TestRelay:
 * A cable between a client and a server on 127.0.0.1 that can be cut without
 * either being told: bytes are held, new connections are accepted by the kernel
 * and go nowhere. One thread, the default context.
 */
typedef struct _TestRelay TestRelay;

TestRelay *test_relay_new (guint target_port);
void test_relay_free (TestRelay *self);
guint test_relay_get_port (TestRelay *self);

/** test_relay_set_frozen: what is frozen comes through when it thaws. */
void test_relay_set_frozen (TestRelay *self, gboolean frozen);

/** test_relay_forget_all: the connections there are never come back; new
 * ones work. As after a change of address. */
void test_relay_forget_all (TestRelay *self);

/** test_relay_cut_after: the connection is reset when so many bytes have
 * passed from here on, counted in both directions; negative for never. */
void test_relay_cut_after (TestRelay *self, gssize n_bytes);

guint64 test_relay_get_n_bytes (TestRelay *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestRelay, test_relay_free)

G_END_DECLS

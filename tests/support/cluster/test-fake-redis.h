/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-redis.h"

G_BEGIN_DECLS

/* Takes the place of RwRedis in a test that is linked with it: commands are
 * kept until the test answers them. The store's first connection is for
 * commands, its second for reads. */

RwRedis *test_fake_redis_get (guint n);
void test_fake_redis_go_up (RwRedis *self);
void test_fake_redis_go_down (RwRedis *self);

/** test_fake_redis_skip: answers all that waits with "OK". */
void test_fake_redis_skip (RwRedis *self);
guint test_fake_redis_get_n (RwRedis *self);

/** test_fake_redis_dup_args: (nullable): of the oldest command that is not
 * answered, with spaces between them. */
char *test_fake_redis_dup_args (RwRedis *self);

/** test_fake_redis_answer: the oldest command, in the protocol's own form. */
void test_fake_redis_answer (RwRedis *self, const char *resp, gssize len);

/* Parts of an answer. */
void test_resp_add_array (GString *resp, guint n);
void test_resp_add_text (GString *resp, const char *text, gssize len);

G_END_DECLS

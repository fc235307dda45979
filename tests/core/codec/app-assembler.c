/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-app-assembler.h"

#include <string.h>

static guint8 message[65536];

static void
fill_message (void)
{
  guint i;

  for (i = 0; i < sizeof message; i++)
    message[i] = (guint8) (i * 31 >> 3);
}

static GBytes *
add (RwAppAssembler *assembler, guint16 number, gsize size, guint index)
{
  RwAppPacket part = rw_app_take_part (1, number, message, size, index);

  return rw_app_assembler_add (assembler, &part);
}

static void
assert_complete (GBytes *bytes, gsize size)
{
  g_assert_nonnull (bytes);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                   message, size);
  g_bytes_unref (bytes);
}

static void
test_one_part_is_complete_at_once (void)
{
  g_autoptr (RwAppAssembler) assembler = rw_app_assembler_new ();

  assert_complete (add (assembler, 1, 1, 0), 1);
  assert_complete (add (assembler, 1, RW_APP_PART_SIZE, 0), RW_APP_PART_SIZE);
}

/* Every order of the largest message's parts is as good as any. */
static void
test_joins_parts_in_any_order (void)
{
  g_autoptr (RwAppAssembler) assembler = rw_app_assembler_new ();
  guint order[RW_APP_MAX_PARTS];
  guint round, i;

  for (i = 0; i < RW_APP_MAX_PARTS; i++)
    order[i] = i;
  for (round = 0; round < 100; round++) {
    for (i = RW_APP_MAX_PARTS - 1; i > 0; i--) {
      guint j = g_test_rand_int_range (0, i + 1);
      guint swapped = order[i];

      order[i] = order[j];
      order[j] = swapped;
    }
    for (i = 0; i < RW_APP_MAX_PARTS - 1; i++)
      g_assert_null (add (assembler, round, sizeof message, order[i]));
    assert_complete (add (assembler, round, sizeof message, order[i]),
                     sizeof message);
  }
}

static void
test_ignores_a_part_that_comes_twice (void)
{
  g_autoptr (RwAppAssembler) assembler = rw_app_assembler_new ();

  g_assert_null (add (assembler, 1, 2200, 0));
  g_assert_null (add (assembler, 1, 2200, 0));
  assert_complete (add (assembler, 1, 2200, 1), 2200);
}

static void
test_interleaved_messages_stay_apart (void)
{
  g_autoptr (RwAppAssembler) assembler = rw_app_assembler_new ();
  guint i;

  for (i = 0; i < RW_APP_MAX_INCOMPLETE; i++)
    g_assert_null (add (assembler, i, 1101 + i, 0));
  for (i = 0; i < RW_APP_MAX_INCOMPLETE; i++)
    assert_complete (add (assembler, i, 1101 + i, 1), 1101 + i);
}

/* A message that lacks a part gives way to newer ones. */
static void
test_an_incomplete_message_is_replaced (void)
{
  g_autoptr (RwAppAssembler) assembler = rw_app_assembler_new ();
  guint i;

  for (i = 0; i <= RW_APP_MAX_INCOMPLETE; i++)
    g_assert_null (add (assembler, i, 2200, 0));
  g_assert_null (add (assembler, 0, 2200, 1)); /* replaces 1 */
  for (i = 2; i <= RW_APP_MAX_INCOMPLETE; i++)
    assert_complete (add (assembler, i, 2200, 1), 2200);
}

/* Numbers come again after 65,536 messages. */
static void
test_another_message_of_the_number_begins_anew (void)
{
  g_autoptr (RwAppAssembler) assembler = rw_app_assembler_new ();

  g_assert_null (add (assembler, 1, 3300, 0));
  g_assert_null (add (assembler, 1, 3300, 1));
  g_assert_null (add (assembler, 1, 2200, 0));
  assert_complete (add (assembler, 1, 2200, 1), 2200);
}

/* On any input, memory is bounded and nothing is touched that is not ours (the
 * sanitizers watch). */
static void
test_survives_random_parts (void)
{
  g_autoptr (RwAppAssembler) assembler = rw_app_assembler_new ();
  guint i;

  for (i = 0; i < 20000; i++) {
    gsize size = g_test_rand_int_range (1, sizeof message + 1);
    guint index = g_test_rand_int_range (0, rw_app_count_parts (size));
    g_autoptr (GBytes) bytes =
        add (assembler, g_test_rand_int_range (0, 6), size, index);

    g_assert_true (bytes == NULL || g_bytes_get_size (bytes) <= sizeof message);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  fill_message ();
  g_test_add_func ("/app-assembler/one-part-is-complete-at-once",
                   test_one_part_is_complete_at_once);
  g_test_add_func ("/app-assembler/joins-parts-in-any-order",
                   test_joins_parts_in_any_order);
  g_test_add_func ("/app-assembler/ignores-a-part-that-comes-twice",
                   test_ignores_a_part_that_comes_twice);
  g_test_add_func ("/app-assembler/interleaved-messages-stay-apart",
                   test_interleaved_messages_stay_apart);
  g_test_add_func ("/app-assembler/an-incomplete-message-is-replaced",
                   test_an_incomplete_message_is_replaced);
  g_test_add_func ("/app-assembler/another-message-of-the-number-begins-anew",
                   test_another_message_of_the_number_begins_anew);
  g_test_add_func ("/app-assembler/survives-random-parts",
                   test_survives_random_parts);
  return g_test_run ();
}

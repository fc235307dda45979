/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-producer-list.h"

/* The choice of the producer to receive. */

typedef RwProducerList List;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (List, rw_producer_list_free)

static const char *
choose (List *list)
{
  RwProducerEntry *entry = rw_producer_list_choose (list);

  return entry ? entry->id : NULL;
}

static void
test_newest_of_the_name (void)
{
  g_autoptr (List) list = rw_producer_list_new ("studio");

  rw_producer_list_put (list, "a", "studio", NULL);
  rw_producer_list_put (list, "b", "foyer", NULL);
  g_assert_cmpstr (choose (list), ==, "a");
  rw_producer_list_put (list, "c", "studio", NULL);
  g_assert_cmpstr (choose (list), ==, "c");
  rw_producer_list_remove (list, "c");
  g_assert_cmpstr (choose (list), ==, "a");
}

/* A server that knows this client by another id may not know the producer at
 * all: a request to it would be an attempt in vain. */
static void
test_doubtful_until_it_is_announced_again (void)
{
  g_autoptr (List) list = rw_producer_list_new (NULL);

  rw_producer_list_put (list, "a", "studio", NULL);
  rw_producer_list_put (list, "b", "foyer", NULL);
  rw_producer_list_doubt_all (list);
  g_assert_null (choose (list));
  rw_producer_list_put (list, "b", "foyer", NULL);
  g_assert_cmpstr (choose (list), ==, "b");
  rw_producer_list_put (list, "a", "studio", NULL);
  g_assert_nonnull (choose (list));
}

/* It wants no session until it has gone and come again. */
static void
test_closed_stays_closed (void)
{
  g_autoptr (List) list = rw_producer_list_new (NULL);

  rw_producer_list_put (list, "a", "studio", NULL);
  rw_producer_list_choose (list)->has_closed = TRUE;
  rw_producer_list_doubt_all (list);
  rw_producer_list_put (list, "a", "studio", NULL);
  g_assert_null (choose (list));
  rw_producer_list_remove (list, "a");
  rw_producer_list_put (list, "a", "studio", NULL);
  g_assert_cmpstr (choose (list), ==, "a");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/producer-list/newest-of-the-name",
                   test_newest_of_the_name);
  g_test_add_func ("/producer-list/doubtful-until-it-is-announced-again",
                   test_doubtful_until_it_is_announced_again);
  g_test_add_func ("/producer-list/closed-stays-closed",
                   test_closed_stays_closed);
  return g_test_run ();
}

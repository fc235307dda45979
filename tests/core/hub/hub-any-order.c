/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-hub.h"

/* Hostile orderings: anything, by any client, in any order. */

#define N_CLIENTS 6

typedef struct {
  GHashTable *open[N_CLIENTS];
  guint n_started;
  guint n_ended;
} Model;

/* Each client sees each session begin once and end at most once. */
static void
check_output (TestHub *f, Model *model)
{
  for (;;) {
    g_autofree char *id = NULL;
    g_autoptr (RwSignalMessage) m = rw_hub_pop (f->hub, &id);
    GHashTable *open;

    if (m == NULL)
      return;

    open = model->open[id[0] - 'a'];
    if (m->type == RW_SIGNAL_SESSION_STARTED ||
        m->type == RW_SIGNAL_START_SESSION)
      g_assert_true (g_hash_table_add (open, g_strdup (m->session_id)));
    else if (m->type == RW_SIGNAL_END_SESSION ||
             m->type == RW_SIGNAL_END_SESSION_V1_1)
      g_assert_true (g_hash_table_remove (open, m->session_id));
    else if (m->type == RW_SIGNAL_PEER)
      g_assert_true (g_hash_table_contains (open, m->session_id));
  }
}

static void
do_anything (TestHub *f, Model *model)
{
  char id[2] = {'a' + g_test_rand_int_range (0, N_CLIENTS), '\0'};
  char other[2] = {'a' + g_test_rand_int_range (0, N_CLIENTS), '\0'};
  g_autofree char *session =
      g_strdup_printf ("s%d", g_test_rand_int_range (0, (int) f->n_ids + 2));
  GHashTable *open = model->open[id[0] - 'a'];

  if (!rw_hub_has_client (f->hub, id)) {
    g_hash_table_remove_all (open);
    rw_hub_add_client (f->hub, id);
    return;
  }

  switch (g_test_rand_int_range (0, 12)) {
  case 0:
    rw_hub_remove_client (f->hub, id, "gone");
    g_hash_table_remove_all (open);
    break;
  case 1:
    test_hub_send_version (f, id, g_test_rand_int_range (0, 2),
                           g_test_rand_bit ());
    break;
  case 2:
  case 3:
    test_hub_send_status (f, id, g_test_rand_int_range (0, 8), NULL,
                          g_test_rand_bit () ? "n" : NULL);
    break;
  case 4:
  case 5:
  case 6:
    test_hub_send_start (f, id, other, NULL);
    break;
  case 7:
    test_hub_send_end (f, id, session, NULL);
    g_hash_table_remove (open, session);
    break;
  case 8:
    rw_hub_set_connected (f->hub, id, g_test_rand_bit ());
    break;
  case 9:
    test_hub_send_type (f, id, RW_SIGNAL_LIST);
    break;
  case 10:
    test_hub_send_type (f, id, RW_SIGNAL_WELCOME);
    break;
  default:
    test_hub_send_peer (f, id, session, "x");
    break;
  }
}

static void
test_any_order_keeps_the_counts_right (TestHub *f, gconstpointer unused)
{
  Model model = {{NULL}, 0, 0};
  RwHubCounts counts;

  for (guint i = 0; i < N_CLIENTS; i++)
    model.open[i] =
        g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < 30000; i++) {
    guint open = 0;

    do_anything (f, &model);
    check_output (f, &model);
    for (guint c = 0; c < N_CLIENTS; c++) {
      char id[2] = {'a' + c, '\0'};

      if (rw_hub_has_client (f->hub, id))
        open += g_hash_table_size (model.open[c]);
    }
    rw_hub_get_counts (f->hub, &counts);
    g_assert_cmpuint (open, ==, 2 * counts.sessions);
  }

  for (guint c = 0; c < N_CLIENTS; c++) {
    char id[2] = {'a' + c, '\0'};

    rw_hub_remove_client (f->hub, id, NULL);
  }
  rw_hub_get_counts (f->hub, &counts);
  g_assert_cmpuint (counts.clients, ==, 0);
  g_assert_cmpuint (counts.producers, ==, 0);
  g_assert_cmpuint (counts.sessions, ==, 0);
  test_hub_drop_output (f);
  for (guint i = 0; i < N_CLIENTS; i++)
    g_hash_table_unref (model.open[i]);
}

#define ADD(path, func)                                                        \
  g_test_add ("/hub-any-order/" path, TestHub, NULL, test_hub_set_up, func,    \
              test_hub_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("any-order-keeps-the-counts-right",
       test_any_order_keeps_the_counts_right);

  return g_test_run ();
}

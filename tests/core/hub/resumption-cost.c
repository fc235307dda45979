/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-resumption.h"

/* How much a message counts against the bytes that may wait for a client. */

#define LEN 10000

typedef struct {
  RwSignalKind kind;
  const char *name;
  gsize offset;
} Member;

/* Every field of a message, from the table itself. */
static const Member members[] = {
#define MEMBER(kind, field, ...)                                               \
  {RW_SIGNAL_KIND_##kind, #field, G_STRUCT_OFFSET (RwSignalMessage, field)},
#define TYPE(...)
#define END_TYPE
#define ALSO(...)
#define FIELD  MEMBER
#define PART   MEMBER
#define COMMON MEMBER
#define HIDDEN MEMBER
#include "rw-signal-messages.def"
};

/* FALSE where the member is no text. */
static gboolean
fill_in (RwSignalMessage *message, const Member *member)
{
  gpointer *field = G_STRUCT_MEMBER_P (message, member->offset);
  g_autofree char *text = g_strnfill (LEN, 'x');
  g_autoptr (GRefString) meta = g_ref_string_new (text);

  switch (member->kind) {
  case RW_SIGNAL_KIND_STRING:
  case RW_SIGNAL_KIND_ID:
    *field = g_steal_pointer (&text);
    return TRUE;
  case RW_SIGNAL_KIND_JSON:
    *field = g_steal_pointer (&meta);
    return TRUE;
  case RW_SIGNAL_KIND_PEERS:
    *field = rw_signal_peers_new ();
    rw_signal_peers_add (*field, "p", meta);
    return TRUE;
  default:
    return FALSE;
  }
}

static RwResumptionVerdict
check (const RwSignalMessage *message)
{
  const RwResumptionLimits limits = {.max_kept = 100, .max_kept_bytes = LEN};
  g_autoptr (RwResumption) resumption =
      rw_resumption_new (&limits, g_strdup ("secret"));

  return rw_resumption_check (resumption, message, FALSE);
}

static void
test_a_text_in_any_member_counts (void)
{
  guint n_texts = 0;

  for (guint i = 0; i < G_N_ELEMENTS (members); i++) {
    g_autoptr (RwSignalMessage) message = rw_signal_message_new (RW_SIGNAL_ACK);

    g_assert_cmpint (check (message), ==, RW_RESUMPTION_FITS);
    if (!fill_in (message, &members[i]))
      continue;
    n_texts++;
    g_test_message ("%s", members[i].name);
    g_assert_cmpint (check (message), !=, RW_RESUMPTION_FITS);
  }
  g_assert_cmpuint (n_texts, >, 10);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/resumption-cost/a-text-in-any-member-counts",
                   test_a_text_in_any_member_counts);
  return g_test_run ();
}

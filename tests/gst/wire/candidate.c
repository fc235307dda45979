/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-candidate.h"

#include "test-process.h"

static void
test_only_well_formed_candidates_pass (void)
{
  g_autofree char *plain =
      rw_candidate_check ("1 1 UDP 2 ::1 9 typ host generation 0");
  g_autofree char *whole =
      rw_candidate_check ("a=candidate:1 1 udp 2 x.local 9 typ host");

  g_assert_cmpstr (plain, ==,
                   "candidate:1 1 UDP 2 ::1 9 typ host generation 0");
  g_assert_cmpstr (whole, ==, "candidate:1 1 udp 2 x.local 9 typ host");
  g_assert_null (rw_candidate_check ("1 1 udp 2 127.0.0.1 9 host"));
  g_assert_null (rw_candidate_check ("1 1 udp 2 127.0.0.1 -9 typ host"));
  g_assert_null (rw_candidate_check ("1 1 udp 2 127.0.0.1 9 typ host\na=x"));
}

static void
test_link_local_addresses_are_found (void)
{
  g_assert_true (rw_candidate_is_link_local (
      "candidate:1 1 UDP 2 fe80::1c2f:2 9 typ host"));
  g_assert_true (
      rw_candidate_is_link_local ("candidate:1 1 UDP 2 FEBF::1 9 typ host"));
  g_assert_false (
      rw_candidate_is_link_local ("candidate:1 1 UDP 2 fec0::1 9 typ host"));
  g_assert_false (
      rw_candidate_is_link_local ("candidate:1 1 UDP 2 169.254.1.1 9 typ "
                                  "host"));
  g_assert_false (
      rw_candidate_is_link_local ("candidate:1 1 UDP 2 fe80.local 9 typ host"));
  g_assert_false (rw_candidate_is_link_local ("candidate:1"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/candidate/only-well-formed-ones-pass",
                   test_only_well_formed_candidates_pass);
  g_test_add_func ("/candidate/link-local-addresses-are-found",
                   test_link_local_addresses_are_found);
  return test_process_run_tests ();
}

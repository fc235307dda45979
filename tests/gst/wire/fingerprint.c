/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-fingerprint.h"

#include "sdp-lines.h"
#include "test-process.h"

static gboolean
matches (const char *pem, const char *first, const char *second)
{
  const char *fingerprints[] = {first, second};

  return rw_fingerprint_matches_any (fingerprints, second != NULL ? 2 : 1, pem);
}

static void
test_the_strongest_hash_counts (void)
{
  /* The base64 of "abc", whose digests are in the standard's examples. */
  const char *pem = "-----BEGIN CERTIFICATE-----\nYWJj\n"
                    "-----END CERTIFICATE-----\n";
  const char *sha256 =
      "SHA-256 BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:"
      "B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:ad";

  const char *sha1 =
      "sha-1 A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:9C:D0:D8:9D";
  const char *other =
      "sha-1 A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:9C:D0:D8:9E";

  g_assert_true (matches (pem, sha256, NULL));
  g_assert_true (matches (pem, sha1, NULL));
  g_assert_false (matches (pem, other, NULL));
  g_assert_false (matches (pem, "sha-256 BA:78", NULL));
  g_assert_false (matches (pem, "sha-256 ", NULL));
  g_assert_false (matches (pem, "sha-256", NULL));
  g_assert_false (matches (pem, "md2 BA", NULL));
  g_assert_false (matches ("YWJj", sha256, NULL));
  /* One of several fits, and the strongest hash is the one that counts. */
  g_assert_true (matches (pem, other, sha1));
  g_assert_true (matches (pem, FINGERPRINT, sha256));
  g_assert_true (matches (pem, other, sha256));
  g_assert_false (matches (pem, sha1, FINGERPRINT));
  g_assert_true (matches (pem, "sha-256 BA:78", sha1));
}

/* Cut off at some length, as GStreamer does. */
static void
test_a_certificate_without_an_end_is_not_whole (void)
{
  g_assert_true (rw_fingerprint_is_whole ("-----BEGIN CERTIFICATE-----\nYWJj\n"
                                          "-----END CERTIFICATE-----\n"));
  g_assert_false (
      rw_fingerprint_is_whole ("-----BEGIN CERTIFICATE-----\nYWJj\n----"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fingerprint/the-strongest-hash-counts",
                   test_the_strongest_hash_counts);
  g_test_add_func ("/fingerprint/a-certificate-without-an-end-is-not-whole",
                   test_a_certificate_without_an_end_is_not_whole);
  return test_process_run_tests ();
}

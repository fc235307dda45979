/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-fingerprint.h"

#include <string.h>

/* The check that ties a DTLS connection to its description (RFC 8122). */

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"
#define PEM_END   "-----END CERTIFICATE-----"

/* By their strength, from the weakest on. */
static const struct {
  const char *name;
  GChecksumType type;
} hashes[] = {
    {"sha-1", G_CHECKSUM_SHA1},
    {"sha-256", G_CHECKSUM_SHA256},
    {"sha-384", G_CHECKSUM_SHA384},
    {"sha-512", G_CHECKSUM_SHA512},
};

gboolean
rw_fingerprint_is_whole (const char *certificate)
{
  return strstr (certificate, PEM_END) != NULL;
}

static guint8 *
decode_pem (const char *certificate, gsize *size)
{
  const char *begin = strstr (certificate, PEM_BEGIN);
  const char *end = begin != NULL ? strstr (begin, PEM_END) : NULL;
  g_autofree char *base64 = NULL;

  if (end == NULL)
    return NULL;
  begin += strlen (PEM_BEGIN);
  base64 = g_strndup (begin, (gsize) (end - begin));
  return g_base64_decode (base64, size);
}

/* "AB:CD" is the checksum "abcd". */
static gboolean
same_digest (const char *announced, const char *digest)
{
  for (; *digest != '\0'; announced += 3, digest += 2) {
    if (g_ascii_strncasecmp (announced, digest, 2) != 0 ||
        announced[2] != (digest[2] != '\0' ? ':' : '\0'))
      return FALSE;
  }
  return TRUE;
}

guint
rw_fingerprint_get_strength (const char *fingerprint)
{
  const char *digest = fingerprint != NULL ? strchr (fingerprint, ' ') : NULL;
  gsize i;

  if (digest == NULL)
    return 0;
  for (i = 0; i < G_N_ELEMENTS (hashes); i++) {
    gsize n_digits = 2 * (gsize) g_checksum_type_get_length (hashes[i].type);

    if (strlen (hashes[i].name) == (gsize) (digest - fingerprint) &&
        g_ascii_strncasecmp (fingerprint, hashes[i].name,
                             (gsize) (digest - fingerprint)) == 0 &&
        strlen (digest + 1) == n_digits / 2 * 3 - 1 &&
        strspn (digest + 1, "0123456789abcdefABCDEF:") == strlen (digest + 1))
      return (guint) i + 1;
  }
  return 0;
}

static gboolean
matches (const char *fingerprint, guint strength, const guint8 *bytes,
         gsize size)
{
  g_autofree char *digest =
      g_compute_checksum_for_data (hashes[strength - 1].type, bytes, size);

  return same_digest (strchr (fingerprint, ' ') + 1, digest);
}

gboolean
rw_fingerprint_matches_any (const char *const *fingerprints, guint n,
                            const char *certificate)
{
  g_autofree guint8 *bytes = NULL;
  guint strongest = 0;
  gsize size = 0;
  guint i;

  for (i = 0; i < n; i++)
    strongest = MAX (strongest, rw_fingerprint_get_strength (fingerprints[i]));
  bytes = decode_pem (certificate, &size);
  if (bytes == NULL || strongest == 0)
    return FALSE;

  for (i = 0; i < n; i++) {
    if (rw_fingerprint_get_strength (fingerprints[i]) == strongest &&
        matches (fingerprints[i], strongest, bytes, size))
      return TRUE;
  }
  return FALSE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-fingerprint.h"

#include <string.h>

/* The check that ties a DTLS connection to its description (RFC 8122). */

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"
#define PEM_END   "-----END CERTIFICATE-----"

static const struct {
  const char *name;
  GChecksumType type;
} hashes[] = {
    {"sha-256", G_CHECKSUM_SHA256},
    {"sha-1", G_CHECKSUM_SHA1},
    {"sha-384", G_CHECKSUM_SHA384},
    {"sha-512", G_CHECKSUM_SHA512},
};

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

gboolean
rw_fingerprint_matches (const char *fingerprint, const char *certificate)
{
  const char *announced = strchr (fingerprint, ' ');
  g_autofree guint8 *bytes = NULL;
  gsize size = 0;
  gsize i;

  if (announced == NULL)
    return FALSE;
  bytes = decode_pem (certificate, &size);

  for (i = 0; bytes != NULL && i < G_N_ELEMENTS (hashes); i++) {
    g_autofree char *digest = NULL;

    if (strlen (hashes[i].name) != (gsize) (announced - fingerprint) ||
        g_ascii_strncasecmp (fingerprint, hashes[i].name,
                             strlen (hashes[i].name)) != 0)
      continue;
    digest = g_compute_checksum_for_data (hashes[i].type, bytes, size);
    return same_digest (announced + 1, digest);
  }
  return FALSE;
}

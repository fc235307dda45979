/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-candidate.h"

#include <gio/gio.h>
#include <string.h>

#include "rw-sdp-text.h"

/* ICE candidates as text, checked before an ICE agent parses them. */

#define MAX_CANDIDATE 512

char *
rw_candidate_check (const char *candidate)
{
  /* foundation component transport priority address port "typ" type */
  g_auto (GStrv) parts = NULL;
  guint64 number;

  if (candidate == NULL)
    return NULL;
  if (g_str_has_prefix (candidate, "a="))
    candidate += strlen ("a=");
  if (g_str_has_prefix (candidate, "candidate:"))
    candidate += strlen ("candidate:");
  if (!rw_sdp_is_plain (candidate, MAX_CANDIDATE))
    return NULL;

  parts = g_strsplit (candidate, " ", 9);
  if (g_strv_length (parts) < 8 || strlen (parts[0]) > 32 ||
      parts[0][0] == '\0' || !rw_sdp_read_number (parts[1], 2, &number) ||
      number == 0 || !rw_sdp_read_number (parts[3], G_MAXUINT32, &number) ||
      strlen (parts[4]) < 2 || !rw_sdp_read_number (parts[5], 65535, &number) ||
      strcmp (parts[6], "typ") != 0)
    return NULL;
  if (g_ascii_strcasecmp (parts[2], "udp") != 0 &&
      g_ascii_strcasecmp (parts[2], "tcp") != 0)
    return NULL;

  return g_strdup_printf ("candidate:%s", candidate);
}

gboolean
rw_candidate_is_link_local (const char *candidate)
{
  g_auto (GStrv) parts = g_strsplit (candidate, " ", 6);
  g_autoptr (GInetAddress) address = NULL;

  if (g_strv_length (parts) < 6)
    return FALSE;
  address = g_inet_address_new_from_string (parts[4]);
  return address != NULL &&
         g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6 &&
         g_inet_address_get_is_link_local (address);
}

/* "candidate:FOUNDATION COMPONENT TRANSPORT PRIORITY ADDRESS PORT typ TYPE". */
#define ADDRESS_FIELD 4
#define TYPE_FIELD    7

char *
rw_candidate_announce (const char *candidate, const char *address)
{
  g_auto (GStrv) fields = g_strsplit (candidate, " ", TYPE_FIELD + 2);

  if (g_strv_length (fields) <= TYPE_FIELD ||
      !g_str_equal (fields[TYPE_FIELD], "host") ||
      (strchr (fields[ADDRESS_FIELD], ':') != NULL) !=
          (strchr (address, ':') != NULL))
    return g_strdup (candidate);
  g_free (fields[ADDRESS_FIELD]);
  fields[ADDRESS_FIELD] = g_strdup (address);
  return g_strjoinv (" ", fields);
}

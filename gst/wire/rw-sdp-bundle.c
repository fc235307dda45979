/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-sdp-bundle.h"

#include <string.h>

#include "rw-sdp-line.h"
#include "rw-sdp-text.h"

/* Which lines share one transport (RFC 8843). */

#define PREFIX "BUNDLE "

/* The most names that are read of a group. */
#define MAX_NAMES 32
#define MAX_GROUP (MAX_NAMES * (RW_SDP_MAX_MID + 1))

static const char *
mid_of (const GstSDPMessage *message, guint index)
{
  return gst_sdp_media_get_attribute_val (
      gst_sdp_message_get_media (message, index), "mid");
}

gboolean
rw_sdp_bundle_has (const GstSDPMessage *message, const char *mid)
{
  const char *group = gst_sdp_message_get_attribute_val (message, "group");
  g_auto (GStrv) mids = NULL;

  if (mid == NULL || !rw_sdp_is_plain (group, MAX_GROUP) ||
      !g_str_has_prefix (group, PREFIX))
    return FALSE;
  mids = g_strsplit (group, " ", MAX_NAMES);
  return g_strv_contains ((const char *const *) mids + 1, mid);
}

/* The line whose transport @media has: its own, unless it is bundled. */
const GstSDPMedia *
rw_sdp_bundle_find_transport (const GstSDPMessage *message,
                              const GstSDPMedia *media)
{
  const char *mid = gst_sdp_media_get_attribute_val (media, "mid");
  const GstSDPMedia *first = NULL;
  g_auto (GStrv) mids = NULL;
  guint i;

  if (rw_sdp_bundle_has (message, mid))
    mids = g_strsplit (gst_sdp_message_get_attribute_val (message, "group"),
                       " ", 3);
  for (i = 0; i < gst_sdp_message_medias_len (message); i++) {
    const GstSDPMedia *other = gst_sdp_message_get_media (message, i);

    if (!rw_sdp_line_has (other, "ice-ufrag"))
      continue;
    if (mids != NULL &&
        g_strcmp0 (gst_sdp_media_get_attribute_val (other, "mid"), mids[1]) ==
            0)
      return other;
    if (first == NULL)
      first = other;
  }

  if (first == NULL || rw_sdp_line_has (media, "ice-ufrag"))
    return media;
  return first;
}

static void
append (GString *group, const char *mid)
{
  g_string_append_printf (group, " %s", mid);
}

/* @group may be empty, for none. */
static void
set_group (GstSDPMessage *message, const char *group)
{
  guint i = gst_sdp_message_attributes_len (message);

  while (i-- > 0) {
    if (g_strcmp0 (gst_sdp_message_get_attribute (message, i)->key, "group") ==
        0)
      gst_sdp_message_remove_attribute (message, i);
  }
  if (group[0] != '\0')
    gst_sdp_message_add_attribute (message, "group", group);
}

void
rw_sdp_bundle_write (GstSDPMessage *message, const GstSDPMessage *from,
                     guint mline)
{
  g_autoptr (GString) names = g_string_new (NULL);
  g_autofree char *group = NULL;
  guint n_used = 0;
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (message); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (message, i);

    if (gst_sdp_media_get_port (media) == 0)
      continue;
    n_used++;
    if (rw_sdp_bundle_has (from, mid_of (message, i)))
      append (names, mid_of (message, i));
  }
  /* Without a group webrtcbin makes a transport for rejected lines as well. */
  if (names->len == 0 && n_used == 1)
    append (names, mid_of (message, mline));
  group =
      names->len > 0 ? g_strconcat ("BUNDLE", names->str, NULL) : g_strdup ("");
  set_group (message, group);
}

void
rw_sdp_bundle_add (GstSDPMessage *message, const char *mid)
{
  const char *group = gst_sdp_message_get_attribute_val (message, "group");
  g_autofree char *longer = NULL;

  if (rw_sdp_bundle_has (message, mid))
    return;
  longer = g_strconcat (group ? group : "BUNDLE", " ", mid, NULL);
  set_group (message, longer);
}

void
rw_sdp_bundle_restrict (GstSDPMessage *message, guint32 without)
{
  g_autoptr (GString) names = g_string_new (NULL);
  g_autofree char *group = NULL;
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (message); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (message, i);

    if (gst_sdp_media_get_port (media) != 0 && !(without & (1u << i)) &&
        rw_sdp_bundle_has (message, mid_of (message, i)))
      append (names, mid_of (message, i));
  }
  group =
      names->len > 0 ? g_strconcat ("BUNDLE", names->str, NULL) : g_strdup ("");
  set_group (message, group);
}

guint
rw_sdp_bundle_get_transport (const GstSDPMessage *message, guint mline)
{
  guint i;

  if (mline >= gst_sdp_message_medias_len (message) ||
      !rw_sdp_bundle_has (
          message, gst_sdp_media_get_attribute_val (
                       gst_sdp_message_get_media (message, mline), "mid")))
    return mline;

  for (i = 0; i < mline; i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (message, i);

    if (rw_sdp_bundle_has (message,
                           gst_sdp_media_get_attribute_val (media, "mid")))
      return i;
  }
  return mline;
}

/* We offer one bundle, but not every peer answers with one; what is not on the
 * first line's transport is given up, which is the data channel at worst. */
void
rw_sdp_bundle_force (GstSDPMessage *message)
{
  const GstSDPMedia *first = gst_sdp_message_get_media (message, 0);
  g_autoptr (GString) bundle = g_string_new ("BUNDLE ");
  guint i;

  g_string_append (bundle, gst_sdp_media_get_attribute_val (first, "mid"));
  for (i = 1; i < gst_sdp_message_medias_len (message); i++) {
    GstSDPMedia *media = (GstSDPMedia *) gst_sdp_message_get_media (message, i);

    if (rw_sdp_bundle_get_transport (message, i) == 0)
      g_string_append_printf (bundle, " %s",
                              gst_sdp_media_get_attribute_val (media, "mid"));
    else
      gst_sdp_media_set_port_info (media, 0, 0);
  }
  set_group (message, bundle->str);
}

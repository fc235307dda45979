/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-party-member.h"

/* See the header. The object's lock guards both values. */

struct _RwPartyMember {
  GstObject parent_instance;

  gdouble volume;
  gboolean is_muted;
};

enum { PROP_0, PROP_VOLUME, PROP_MUTE, N_PROPS };

G_DEFINE_FINAL_TYPE (RwPartyMember, rw_party_member, GST_TYPE_OBJECT)

static void
rw_party_member_set_property (GObject *object, guint id, const GValue *value,
                              GParamSpec *pspec)
{
  RwPartyMember *self = RW_PARTY_MEMBER (object);

  GST_OBJECT_LOCK (self);
  if (id == PROP_VOLUME)
    self->volume = g_value_get_double (value);
  else if (id == PROP_MUTE)
    self->is_muted = g_value_get_boolean (value);
  GST_OBJECT_UNLOCK (self);
}

static void
rw_party_member_get_property (GObject *object, guint id, GValue *value,
                              GParamSpec *pspec)
{
  RwPartyMember *self = RW_PARTY_MEMBER (object);

  GST_OBJECT_LOCK (self);
  if (id == PROP_VOLUME)
    g_value_set_double (value, self->volume);
  else if (id == PROP_MUTE)
    g_value_set_boolean (value, self->is_muted);
  GST_OBJECT_UNLOCK (self);
}

static void
rw_party_member_class_init (RwPartyMemberClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  object_class->set_property = rw_party_member_set_property;
  object_class->get_property = rw_party_member_get_property;
  g_object_class_install_property (
      object_class, PROP_VOLUME,
      g_param_spec_double ("volume", "Volume",
                           "Factor for what is heard of this member; of the "
                           "element's own member, for what is sent",
                           0.0, 10.0, 1.0, flags));
  g_object_class_install_property (
      object_class, PROP_MUTE,
      g_param_spec_boolean ("mute", "Mute", "Nothing is heard, or sent", FALSE,
                            flags));
}

static void
rw_party_member_init (RwPartyMember *self)
{
  self->volume = 1.0;
}

RwPartyMember *
rw_party_member_new (const char *name)
{
  RwPartyMember *self = g_object_new (RW_TYPE_PARTY_MEMBER, "name", name, NULL);

  return gst_object_ref_sink (self);
}

gdouble
rw_party_member_get_gain (RwPartyMember *self)
{
  gdouble gain;

  GST_OBJECT_LOCK (self);
  gain = self->is_muted ? 0.0 : self->volume;
  GST_OBJECT_UNLOCK (self);
  return gain;
}

gboolean
rw_party_member_is_set (RwPartyMember *self)
{
  gboolean is_set;

  GST_OBJECT_LOCK (self);
  is_set = self->is_muted || self->volume < 1.0 || self->volume > 1.0;
  GST_OBJECT_UNLOCK (self);
  return is_set;
}

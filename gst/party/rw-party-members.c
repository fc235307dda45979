/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-party-members.h"

/* See the header. */

typedef struct {
  RwPartyMember *member;
  guint n_streams;
} Entry;

struct _RwPartyMembers {
  GstElement *element;

  GMutex lock;
  GPtrArray *entries; /* Entry, as they came */
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  gst_object_unparent (GST_OBJECT (entry->member));
  gst_object_unref (entry->member);
  g_free (entry);
}

/* By which the element has its table. */
static GQuark
get_quark (void)
{
  return g_quark_from_static_string ("rw-party-members");
}

RwPartyMembers *
rw_party_members_new (GstElement *element)
{
  RwPartyMembers *self = g_new0 (RwPartyMembers, 1);

  g_mutex_init (&self->lock);
  self->element = element;
  self->entries = g_ptr_array_new_with_free_func (entry_free);
  g_object_set_qdata (G_OBJECT (element), get_quark (), self);
  return self;
}

void
rw_party_members_free (RwPartyMembers *self)
{
  g_ptr_array_unref (self->entries);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static Entry *
find_locked (RwPartyMembers *self, const char *name)
{
  for (guint i = 0; i < self->entries->len; i++) {
    Entry *entry = g_ptr_array_index (self->entries, i);

    if (g_str_equal (GST_OBJECT_NAME (entry->member), name))
      return entry;
  }
  return NULL;
}

static Entry *
add_locked (RwPartyMembers *self, const char *name)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->member = rw_party_member_new (name);
  gst_object_set_parent (GST_OBJECT (entry->member),
                         GST_OBJECT (self->element));
  g_ptr_array_add (self->entries, entry);
  return entry;
}

RwPartyMember *
rw_party_members_enter (RwPartyMembers *self, const char *name)
{
  RwPartyMember *member;
  gboolean is_new;
  Entry *entry;

  g_mutex_lock (&self->lock);
  entry = find_locked (self, name);
  is_new = entry == NULL;
  if (is_new)
    entry = add_locked (self, name);
  entry->n_streams++;
  member = gst_object_ref (entry->member);
  g_mutex_unlock (&self->lock);
  if (is_new)
    gst_child_proxy_child_added (GST_CHILD_PROXY (self->element),
                                 G_OBJECT (member), name);
  return member;
}

/* TRUE: it is no child any more. */
static gboolean
drop (RwPartyMembers *self, const char *name)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Entry *entry = find_locked (self, name);

  if (--entry->n_streams > 0 || rw_party_member_is_set (entry->member))
    return FALSE;
  g_ptr_array_remove (self->entries, entry);
  return TRUE;
}

void
rw_party_members_leave (RwPartyMembers *self, RwPartyMember *member)
{
  g_autofree char *name = gst_object_get_name (GST_OBJECT (member));

  if (drop (self, name))
    gst_child_proxy_child_removed (GST_CHILD_PROXY (self->element),
                                   G_OBJECT (member), name);
  gst_object_unref (member);
}

/* ---- GstChildProxy ---- */

static RwPartyMembers *
get_members (GstChildProxy *proxy)
{
  return g_object_get_qdata (G_OBJECT (proxy), get_quark ());
}

static GObject *
get_child_by_name (GstChildProxy *proxy, const gchar *name)
{
  RwPartyMembers *self = get_members (proxy);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Entry *entry = find_locked (self, name);

  return entry ? g_object_ref (G_OBJECT (entry->member)) : NULL;
}

static GObject *
get_child_by_index (GstChildProxy *proxy, guint index)
{
  RwPartyMembers *self = get_members (proxy);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Entry *entry = index < self->entries->len
                     ? g_ptr_array_index (self->entries, index)
                     : NULL;

  return entry ? g_object_ref (G_OBJECT (entry->member)) : NULL;
}

static guint
get_children_count (GstChildProxy *proxy)
{
  RwPartyMembers *self = get_members (proxy);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->entries->len;
}

void
rw_party_members_init_child_proxy (gpointer iface, gpointer data)
{
  GstChildProxyInterface *proxy = iface;

  proxy->get_child_by_name = get_child_by_name;
  proxy->get_child_by_index = get_child_by_index;
  proxy->get_children_count = get_children_count;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-config.h"

#include "rw-server-options.h"

/** rw_server_config_new: the defaults. */
RwServerConfig *
rw_server_config_new (void)
{
  RwServerConfig *self = g_new0 (RwServerConfig, 1);
  guint n_options;
  const RwServerOption *options = rw_server_options_get (&n_options);

  for (guint i = 0; i < n_options; i++) {
    if (options[i].preset != NULL &&
        !rw_server_options_set (self, options[i].key, options[i].preset, NULL))
      g_assert_not_reached ();
  }

  return self;
}

static void
copy_member (const RwServerOption *option, RwServerConfig *to)
{
  gpointer member = G_STRUCT_MEMBER_P (to, option->offset);

  if (option->type == RW_SERVER_OPTION_STRING)
    *(char **) member = g_strdup (*(char **) member);
  else if (option->type == RW_SERVER_OPTION_STRV)
    *(char ***) member = g_strdupv (*(char ***) member);
}

RwServerConfig *
rw_server_config_copy (const RwServerConfig *self)
{
  RwServerConfig *copy;
  guint n_options;
  const RwServerOption *options = rw_server_options_get (&n_options);

  g_return_val_if_fail (self != NULL, NULL);

  copy = g_new (RwServerConfig, 1);
  *copy = *self;
  for (guint i = 0; i < n_options; i++)
    copy_member (&options[i], copy);

  return copy;
}

static void
clear_member (const RwServerOption *option, RwServerConfig *self)
{
  gpointer member = G_STRUCT_MEMBER_P (self, option->offset);

  if (option->type == RW_SERVER_OPTION_STRING)
    g_free (*(char **) member);
  else if (option->type == RW_SERVER_OPTION_STRV)
    g_strfreev (*(char ***) member);
}

/** rw_server_config_has_own_web_root: a folder that is not the default. */
gboolean
rw_server_config_has_own_web_root (const RwServerConfig *self)
{
  return self->web_root != NULL && !g_str_equal (self->web_root, RW_WEB_ROOT);
}

/** rw_server_config_free: NULL is fine. */
void
rw_server_config_free (RwServerConfig *self)
{
  guint n_options;
  const RwServerOption *options = rw_server_options_get (&n_options);

  if (self == NULL)
    return;

  for (guint i = 0; i < n_options; i++)
    clear_member (&options[i], self);
  g_free (self);
}

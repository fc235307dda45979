/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-command.h"

#include <string.h>

RwCommand *
rw_command_new_empty (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
}

/** rw_command_new: of texts, with a NULL at the end. */
RwCommand *
rw_command_new (const char *first, ...)
{
  RwCommand *self = rw_command_new_empty ();
  va_list list;

  va_start (list, first);
  for (const char *text = first; text != NULL; text = va_arg (list, char *))
    rw_command_add (self, text);
  va_end (list);
  return self;
}

/** rw_command_add: @text: (nullable): NULL is the empty text */
void
rw_command_add (RwCommand *self, const char *text)
{
  const char *data = text != NULL ? text : "";

  g_ptr_array_add (self, g_bytes_new (data, strlen (data)));
}

void
rw_command_add_number (RwCommand *self, guint64 number)
{
  char text[24];

  g_snprintf (text, sizeof text, "%" G_GUINT64_FORMAT, number);
  rw_command_add (self, text);
}

void
rw_command_add_bytes (RwCommand *self, GBytes *bytes)
{
  g_ptr_array_add (self, g_bytes_ref (bytes));
}

/** rw_command_add_variant: @value: (nullable): its serialized data */
void
rw_command_add_variant (RwCommand *self, GVariant *value)
{
  if (value != NULL)
    g_ptr_array_add (self, g_variant_get_data_as_bytes (value));
  else
    rw_command_add (self, NULL);
}

/** rw_command_add_all: those of @args. */
void
rw_command_add_all (RwCommand *self, const RwCommand *args)
{
  for (guint i = 0; i < args->len; i++)
    rw_command_add_bytes (self, g_ptr_array_index (args, i));
}

gsize
rw_command_get_size (const RwCommand *self)
{
  gsize size = 0;

  for (guint i = 0; i < self->len; i++)
    size += g_bytes_get_size (g_ptr_array_index (self, i));
  return size;
}

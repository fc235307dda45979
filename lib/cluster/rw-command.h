/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** RwCommand: a command for Redis, or the end of one: an array of GBytes, its
 * arguments. Shared by reference; not changed once it is shared. One thread. */
typedef GPtrArray RwCommand;

RwCommand *rw_command_new_empty (void);
RwCommand *rw_command_new (const char *first, ...) G_GNUC_NULL_TERMINATED;
void rw_command_add (RwCommand *self, const char *text);
void rw_command_add_number (RwCommand *self, guint64 number);
void rw_command_add_bytes (RwCommand *self, GBytes *bytes);
void rw_command_add_variant (RwCommand *self, GVariant *value);
void rw_command_add_all (RwCommand *self, const RwCommand *args);
gsize rw_command_get_size (const RwCommand *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwCommand, g_ptr_array_unref)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/**
 * RwWebRoot:
 *
 * A folder of static files, served over HTTP: the web page of the server. It
 * serves regular files of at most RW_WEB_ROOT_MAX_FILE bytes whose names are
 * plain, follows no symbolic link below the folder, and lists nothing. Answers
 * share one copy of each file, so that slow readers cost no memory. Server's
 * thread; owned by RwServerRequests.
 */
typedef struct _RwWebRoot RwWebRoot;

#define RW_WEB_ROOT_MAX_FILE (1024 * 1024)

gboolean rw_web_root_check (const char *path, GError **error);

RwWebRoot *rw_web_root_new (const char *path);
void rw_web_root_free (RwWebRoot *self);

void rw_web_root_answer (RwWebRoot *self, SoupServerMessage *msg,
                         const char *path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwWebRoot, rw_web_root_free)

G_END_DECLS

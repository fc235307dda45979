/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-server-config.h"

G_BEGIN_DECLS

/* Every key of RwServerConfig, once: the configuration file, the command line
 * and the copying of a configuration all go by this table. */

/** RwServerOptionType: of the member in RwServerConfig. */
typedef enum {
  RW_SERVER_OPTION_UINT,   /* guint */
  RW_SERVER_OPTION_STRING, /* char *, NULL for not set */
  RW_SERVER_OPTION_STRV,   /* char **, NULL for not set; ';' between them */
} RwServerOptionType;

/**
 * RwServerOption:
 * @key: in the file's group [server], and with "--" on the command line
 * @offset: of the member in RwServerConfig
 * @min: for a number
 * @max: for a number
 * @preset: the default: as text; NULL for not set
 * @argument: what --help calls the value
 * @help: one line
 * @check: (nullable): of a list: whether it may have such an entry
 * @wanted: what @check wants
 */
typedef struct {
  const char *key;
  RwServerOptionType type;
  gsize offset;
  guint min;
  guint max;
  const char *preset;
  const char *argument;
  const char *help;
  gboolean (*check) (const char *entry);
  const char *wanted;
} RwServerOption;

const RwServerOption *rw_server_options_get (guint *n_options);

gboolean rw_server_options_set (RwServerConfig *config, const char *key,
                                const char *value, GError **error);
gboolean rw_server_options_load (RwServerConfig *config, const char *path,
                                 GError **error);
char *rw_server_options_to_example (void);

G_END_DECLS

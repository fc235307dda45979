/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-rooms-config.h"

RwFloorConfig
rw_rooms_config_get_floor (const RwRoomsConfig *self, const char *id)
{
  RwFloorConfig floor = self->floor;

  for (char *const *l = self->strict_rooms; l != NULL && *l != NULL; l++) {
    if (g_pattern_match_simple (*l, id))
      floor.grace_us = 0;
  }

  return floor;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-room-state.h"

/* See the header. */

void
rw_room_state_announce (RwRoomState *self, RwState state, const char *reason)
{
  RwStateReport report = {
      .is_own = TRUE, .state = state, .reason = reason, .retries = -1};

  if (self->state == state)
    return;
  self->state = state;
  rw_endpoint_announce (self->endpoint, state, &report);
}

/* A speaker whose source is still connecting, or has given up, is no outage of
 * the room. */
void
rw_room_state_follow (RwRoomState *self, RwSpeakers *speakers)
{
  RwState worst;

  if (!rw_speakers_get_worst_state (speakers, &worst) ||
      (worst != RW_STATE_SUSPECT && worst != RW_STATE_RECONNECTING))
    worst = RW_STATE_CONNECTED;
  rw_room_state_announce (self, worst, "room");
}

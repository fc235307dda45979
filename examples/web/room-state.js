/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of a room, from its messages. Pure; room.js has the member's side
 * of it. */

const MAX_MESSAGES = 200;

export const newRoom = (id) => ({
  id, isJoined: false, instance: null, sequence: 0, members: new Map(),
  holder: null, messages: [],
});

const joined = (room, message) => ({
  ...room,
  isJoined: true,
  instance: message.instance || null,
  /* With a position, missed messages follow; without, it is the room's end. */
  sequence: message.sequence,
  members: new Map((message.members || []).map(({ id, meta }) => (
    [id, { id, meta }]))),
  holder: message.floorHolder || null,
});

const withMember = (room, { peerId, meta }) => ({
  ...room,
  members: new Map(room.members).set(peerId, { id: peerId, meta }),
});

const withoutMember = (room, { peerId }) => {
  const members = new Map(room.members);
  members.delete(peerId);
  return {
    ...room, members, holder: room.holder === peerId ? null : room.holder,
  };
};

/* A message that was published again, as nobody knew whether it had arrived,
 * has the same key. */
const withMessage = (room, { sequence, peerId, data }, now) => {
  const next = { ...room, sequence: Math.max(room.sequence, sequence) };
  const key = data && data.key;
  if (key && room.messages.some((other) => other.key === key))
    return next;
  return {
    ...next,
    messages: [...room.messages, {
      key, from: nameOfMember(room.members.get(peerId)) || data && data.from
        || peerId,
      text: textOf(data), at: now,
    }].slice(-MAX_MESSAGES),
  };
};

const withNote = (room, text, now) => ({
  ...room,
  messages: [...room.messages, { text, at: now, isNote: true }]
    .slice(-MAX_MESSAGES),
});

export const textOf = (data) => (
  data && typeof data === 'object' && typeof data.text === 'string'
    ? data.text : typeof data === 'string' ? data : JSON.stringify(data));

export const nameOfMember = (member) => (
  member && member.meta && typeof member.meta.name === 'string'
    ? member.meta.name : member ? member.id.slice(0, 8) : null);

const afterOutage = (room, message, now) => {
  const seconds = Math.round(message.outageMs / 100) / 10;
  const next = { ...room, holder: message.floorHolder || null };
  if (!message.missed && !message.lost)
    return next;
  return withNote(next, `${seconds} s away: ${message.missed} messages follow`
    + (message.lost ? `, ${message.lost} are lost` : ''), now);
};

/* The room after @message; the same object if it is none of its business. */
export const reduce = (room, message, now) => {
  if (message.roomId !== room.id)
    return room;
  switch (message.type) {
  case 'roomJoined': return joined(room, message);
  case 'memberJoined': return withMember(room, message);
  case 'memberLeft': return withoutMember(room, message);
  case 'roomMessage': return withMessage(room, message, now);
  case 'reconnection-detected': return afterOutage(room, message, now);
  case 'floorTaken': return { ...room, holder: message.peerId };
  case 'floorReleased': return {
    ...room, holder: room.holder === message.peerId ? null : room.holder,
  };
  default: return room;
  }
};

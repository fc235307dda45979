/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plays everybody in the room who sends: a line for each name. A name that is
 * missing after a restart of the server has a moment to come back. */
import { Line } from './line.js';

const MISSING_MS = 30000;

/* The names to play, and those to drop. Pure. */
export const plan = (room, producers, self, lines, now) => {
  const wanted = new Map(); /* name to peer id */
  if (room)
    room.members.forEach((member) => {
      const producer = producers.get(member.id);
      if (producer && producer.name && member.id !== self)
        wanted.set(producer.name, member.id);
    });
  const drop = [];
  lines.forEach((line, name) => {
    if (wanted.has(name)) {
      line.missingSince = null;
      line.peerId = wanted.get(name);
    } else if (!room || line.left) {
      drop.push(name);
    } else if (!line.missingSince) {
      line.missingSince = now;
    } else if (now - line.missingSince > MISSING_MS) {
      drop.push(name);
    }
  });
  return { add: [...wanted.keys()].filter((name) => !lines.has(name)), drop };
};

export class RoomAudio {
  constructor (app) {
    this.app = app;
    this.lines = new Map();
    this.roomId = null;
    app.member.addEventListener('change', () => this.update());
    app.sessions.addEventListener('producers', () => this.update());
    app.signalling.addEventListener('message', ({ detail }) => {
      if (detail.type === 'memberLeft')
        this.onLeft(detail.peerId);
    });
    setInterval(() => this.update(), 5000);
  }

  /* The line of a member; undefined if it does not send. */
  lineOf (peerId) {
    return [...this.lines.values()].find((line) => line.peerId === peerId);
  }

  onLeft (peerId) {
    const line = this.lineOf(peerId);
    if (line)
      line.left = true;
    this.update();
  }

  update () {
    const { member, sessions, signalling } = this.app;
    const id = member.room && member.room.id;
    if (id !== this.roomId)
      [...this.lines.keys()].forEach((name) => this.drop(name));
    this.roomId = id;
    const { add, drop } = plan(member.room, sessions.producers,
                               signalling.peerId, this.lines, Date.now());
    drop.forEach((name) => this.drop(name));
    add.forEach((name) => this.lines.set(name, new Line(this.app, name, null)));
    if (add.length > 0)
      this.update();
  }

  drop (name) {
    this.lines.get(name).close();
    this.lines.delete(name);
  }
}

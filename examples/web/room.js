/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A member of one room: joins, and joins again by its position when the server
 * has forgotten it; publishes; and asks for the floor as the talk key says.
 *
 * Events: 'change'. */
import { newRoom, reduce } from './room-state.js';
import { TalkKey } from './talk-key.js';

const REQUEST_LIFE_MS = 2000;
/* Shorter than the server's floor-grace, as for the elements. */
const FLOOR_KEPT_MS = 3500;

export class RoomMember extends EventTarget {
  constructor (signalling, microphone) {
    super();
    this.signalling = signalling;
    this.microphone = microphone;
    this.key = new TalkKey();
    this.room = null;
    this.name = '';
    this.talks = false;
    this.error = null;
    signalling.addEventListener('message', ({ detail }) => this.handle(detail));
    signalling.addEventListener('open', ({ detail }) => this.onOpen(detail));
    signalling.addEventListener('state', () => this.onState());
  }

  get isOnAir () { return this.key.isOpen && !this.microphone.isMuted; }

  /* talks: others may hear this member, under its name. */
  join (roomId, name, talks) {
    this.leave();
    this.name = name;
    this.talks = talks;
    this.error = null;
    this.room = newRoom(roomId);
    this.signalling.setStatus(
      talks ? ['listener', 'producer'] : ['listener'],
      { name, room: roomId });
    this.sendJoin();
    this.changed();
  }

  leave () {
    if (!this.room)
      return;
    this.letGo();
    this.signalling.send({ type: 'leaveRoom', roomId: this.room.id });
    this.room = null;
    this.signalling.setStatus(['listener'], null);
    this.changed();
  }

  sendJoin () {
    const { id, instance, sequence } = this.room;
    this.signalling.send({
      type: 'joinRoom', roomId: id,
      meta: {
        name: this.name, ...(this.talks ? { stream: this.name } : {}),
      },
      ...(instance ? { instance, sequence } : {}),
    });
  }

  publish (text) {
    this.send({
      type: 'publish',
      data: { text, from: this.name, key: crypto.randomUUID
        ? crypto.randomUUID() : `${Date.now()}-${Math.random()}` },
    });
  }

  send (message, expiresAt) {
    this.signalling.send({ ...message, roomId: this.room.id }, expiresAt);
  }

  /* --- The talk key --- */

  press () { this.act(this.key.press()); }
  letGo () { this.act(this.key.letGo()); }
  setMode (mode) { this.act(this.key.setMode(mode)); }

  act (action) {
    this.microphone.setOpen(this.key.isOpen);
    if (action === 'request' && this.room)
      this.send({ type: 'requestFloor' }, Date.now() + REQUEST_LIFE_MS);
    else if (action === 'release' && this.room)
      this.send({ type: 'releaseFloor' });
    this.changed();
  }

  /* --- From the server --- */

  /* Without the server nobody can tell who has the floor for long. */
  onState () {
    clearTimeout(this.suspendTimer);
    if (this.signalling.state !== 'open')
      this.suspendTimer = setTimeout(
        () => this.act(this.key.suspend()), FLOOR_KEPT_MS);
  }

  onOpen ({ resumed, lost }) {
    if (resumed || !this.room)
      return;
    this.room = { ...this.room, isJoined: false };
    this.sendJoin();
    lost.filter(({ type, roomId }) => (
      type === 'publish' && roomId === this.room.id))
      .forEach((message) => this.signalling.send(message));
    this.act(this.key.rejoin());
  }

  handle (message) {
    if (message.type === 'error')
      this.onError(message);
    if (!this.room || message.roomId !== this.room.id)
      return;
    this.room = reduce(this.room, message, Date.now());
    this.act(this.onFloor(message));
  }

  onFloor (message) {
    const own = message.peerId === this.signalling.peerId;
    switch (message.type) {
    case 'floorGranted':
      this.room = { ...this.room, holder: this.signalling.peerId };
      return this.key.granted(message.maxHoldMs || 0, Date.now());
    case 'floorQueued': return this.key.queued(message.position);
    case 'floorDenied': return this.key.denied();
    case 'floorReleased': return own ? this.key.released() : null;
    case 'reconnection-detected':
      return this.key.resumed(
        message.floorHolder === this.signalling.peerId);
    default: return null;
    }
  }

  onError ({ code, details, roomId }) {
    const ours = this.room && (roomId === this.room.id
      || code === 'name-taken' || code === 'meta-too-large');
    if (!ours)
      return;
    this.error = code === 'name-taken'
      ? `the name ${this.name} is taken: choose another one` : details;
    this.changed();
  }

  changed () { this.dispatchEvent(new CustomEvent('change')); }
}

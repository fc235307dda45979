/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The view of the room: who is here and how well connected, who is on air, and
 * the messages. */
import { $, make, setState, setText } from './dom.js';
import { nameOfMember } from './room-state.js';
import { bearer } from './signalling.js';

/* A full room has long lists, and many that ask for them. */
const POLL_MS = 3000;
const POLL_MEMBER_MS = 100;

const QUALITY = {
  good: { text: 'good', tone: 'good' },
  fair: { text: 'fair', tone: 'fair' },
  poor: { text: 'poor', tone: 'bad' },
  unknown: { text: 'not measured', tone: 'idle' },
};

/* The quality of a member's connection: as the server sees it, and by its
 * audio. */
const describeMember = (state, line) => {
  if (state && state.is_connected === false)
    return { text: 'reconnecting', tone: 'bad' };
  if (line && line.receiver.state === 'down')
    return { text: 'no audio', tone: 'bad' };
  return QUALITY[state && state.connection_quality] || QUALITY.unknown;
};

export class RoomView {
  constructor (app) {
    this.app = app;
    this.states = new Map(); /* peer id to {quality, connected} */
    this.shown = 0;
    $('message-form').addEventListener('submit', (event) => this.onSend(event));
    app.member.addEventListener('change', () => this.show());
    this.show();
  }

  open () {
    this.close();
    this.loadStates();
    const { room } = this.app.member;
    const members = room ? room.members.size : 0;
    this.timer = setTimeout(() => this.open(), POLL_MS + POLL_MEMBER_MS * members);
  }

  close () { clearTimeout(this.timer); }

  async loadStates () {
    const { member, signalling } = this.app;
    if (!member.room || signalling.state !== 'open')
      return;
    const path = `/webrtc/rooms/${encodeURIComponent(member.room.id)}/members`;
    try {
      const answer = await fetch(
        path, { headers: bearer(signalling.accessToken) });
      if (!answer.ok)
        return;
      const { members } = await answer.json();
      this.states = new Map(members.map((state) => [state.peer_id, state]));
      this.show();
    } catch {
      /* away: the last states stay */
    }
  }

  onSend (event) {
    event.preventDefault();
    const text = $('message').value.trim();
    if (!text || !this.app.member.room)
      return;
    this.app.member.publish(text);
    $('message').value = '';
  }

  show () {
    const { room } = this.app.member;
    $('room-panel').hidden = room === null;
    $('room-none').hidden = room !== null;
    if (!room)
      return;
    setText($('room-title'), room.id);
    $('members').replaceChildren(...[...room.members.values()]
      .map((member) => this.showMember(member))
      .sort((a, b) => a.dataset.name.localeCompare(b.dataset.name)));
    this.showMessages(room.messages);
  }

  showMember (member) {
    const { signalling, member: { room }, roomAudio } = this.app;
    const name = nameOfMember(member);
    const state = this.states.get(member.id);
    const words = make('span', { class: 'state' });
    const line = roomAudio.lineOf(member.id);
    setState(words, describeMember(state, line));
    return make(
      'li', { 'data-name': name },
      make('span', { class: 'who' },
           member.id === signalling.peerId ? `${name} (you)` : name),
      room.holder === member.id
        ? make('span', { class: 'air' }, 'on air') : null,
      words, line ? line.meter.element : null);
  }

  showMessages (messages) {
    const list = $('messages');
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    const last = messages[messages.length - 1];
    if (last === this.last && messages.length === list.children.length)
      return;
    this.last = last;
    list.replaceChildren(...messages.map((message) => make(
      'li', { class: message.isNote ? 'note' : null },
      make('time', {}, new Date(message.at).toLocaleTimeString(
        [], { hour: '2-digit', minute: '2-digit' })),
      message.isNote ? null : make('b', {}, message.from),
      make('span', {}, message.text))));
    if (atEnd)
      list.scrollTop = list.scrollHeight;
  }
}

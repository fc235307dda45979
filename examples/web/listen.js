/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The view to listen: the streams and rooms of the server, one click each. */
import { $, make } from './dom.js';
import { Line } from './line.js';
import { bearer } from './signalling.js';

export class ListenView {
  constructor (app) {
    this.app = app;
    this.lines = new Map();
    this.rooms = [];
    app.sessions.addEventListener('producers', () => this.show());
    app.member.addEventListener('change', () => this.show());
    $('tone').checked = app.tone.isOn;
    $('tone').addEventListener('change', () => {
      app.tone.isOn = $('tone').checked;
    });
    this.show();
  }

  open () {
    this.loadRooms();
    this.timer = setInterval(() => this.loadRooms(), 5000);
  }

  close () { clearInterval(this.timer); }

  async loadRooms () {
    if (this.app.signalling.state !== 'open')
      return;
    try {
      const answer = await fetch('/webrtc/rooms', {
        headers: bearer(this.app.signalling.accessToken),
      });
      if (!answer.ok)
        return;
      ({ rooms: this.rooms } = await answer.json());
      this.show();
    } catch {
      /* away: the list stays as it was */
    }
  }

  listen (name) {
    this.app.wake();
    if (this.lines.has(name))
      return;
    const line = new Line(this.app, name, () => this.stop(name));
    this.lines.set(name, line);
    $('lines').append(line.element);
    this.show();
  }

  stop (name) {
    this.lines.get(name).close();
    this.lines.delete(name);
    this.show();
  }

  show () {
    const { sessions, member } = this.app;
    const streams = [...sessions.producers.values()]
      .filter(({ name, meta }) => name && !(meta && meta.room))
      .map(({ name }) => name).sort();
    const joined = member.room && member.room.id;
    fill($('streams'), streams.map((name) => ({
      key: name, text: name, pressed: this.lines.has(name),
      act: () => (this.lines.has(name) ? this.stop(name) : this.listen(name)),
    })), 'No stream is announced.');
    fill($('rooms'), this.rooms.map(({ room_id: id, members }) => ({
      key: id, text: id, note: `${members} here`, pressed: id === joined,
      act: () => {
        this.app.wake();
        if (id === joined)
          member.leave();
        else
          member.join(id, this.app.name, false);
      },
    })), 'No room is open.');
  }
}

/* Keeps what is there, and with it the focus. */
const fill = (list, entries, empty) => {
  const before = new Map([...list.querySelectorAll('button')]
    .map((button) => [button.dataset.key, button]));
  const items = entries.map((entry) => {
    const button = before.get(entry.key) || make(
      'button', { type: 'button', 'data-key': entry.key },
      make('span'), make('small'));
    button.onclick = entry.act;
    button.setAttribute('aria-pressed', String(entry.pressed));
    button.firstChild.textContent = entry.text;
    button.lastChild.textContent = entry.pressed ? 'listening'
      : entry.note || '';
    return button.parentElement || make('li', {}, button);
  });
  if (items.length === 0)
    list.replaceChildren(make('li', { class: 'empty' }, empty));
  else if (items.length !== list.children.length
           || items.some((item, i) => item !== list.children[i]))
    list.replaceChildren(...items);
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A line that is listened to: one receiver, its loudspeaker, meter, words, and
 * the tone when it is down. */
import { make, setState } from './dom.js';
import { Meter } from './meter.js';
import { describe } from './reception.js';
import { Receiver } from './receiver.js';

export class Line {
  /* onStop: of a button; null for a member of a room, which may pause */
  constructor (app, name, onStop) {
    this.app = app;
    this.name = name;
    this.receiver = new Receiver(app.sessions, name, onStop === null);
    this.meter = new Meter(`level of ${name}`);
    this.player = new Audio();
    this.words = make('p', { class: 'state', role: 'status' });
    this.element = make(
      'article', { class: 'line card', 'data-name': name },
      make('h3', {}, name), this.words, this.meter.element,
      onStop ? make('button', {
        type: 'button', onclick: onStop, class: 'quiet',
        'aria-label': `Stop ${name}`,
      }, 'Stop') : null);
    this.receiver.addEventListener('state', () => this.show());
    this.receiver.addEventListener('stream', () => this.play());
    this.show();
  }

  play () {
    const { stream } = this.receiver;
    this.player.srcObject = stream;
    this.player.play().catch((error) => {
      if (error.name !== 'AbortError')
        console.warn(`${this.name}: ${error.message}`);
    });
  }

  show () {
    const { state, since, delayMs, present } = this.receiver;
    setState(this.words, describe(
      { state, since, delayMs, present, name: this.name }));
    this.element.dataset.state = state;
    this.meter.setLevel(this.receiver.level, 0.25);
    this.app.tone.setDown(this, state === 'down');
  }

  close () {
    this.app.tone.setDown(this, false);
    this.receiver.close();
    this.player.pause();
    this.player.srcObject = null;
    this.element.remove();
  }
}

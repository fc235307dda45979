/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tone of a line that is down: two falling notes at once, and again every
 * ten seconds until it is back. */

const AGAIN_MS = 10000;
const NOTES = [[880, 0], [587, 0.18]];

export class Tone {
  constructor (context, storage) {
    this.context = context;
    this.storage = storage;
    this.timers = new Map();
  }

  get isOn () { return this.storage.getItem('tone') !== 'off'; }
  set isOn (on) { this.storage.setItem('tone', on ? 'on' : 'off'); }

  setDown (line, down) {
    if (down === this.timers.has(line))
      return;
    if (!down) {
      clearInterval(this.timers.get(line));
      this.timers.delete(line);
      return;
    }
    this.sound();
    this.timers.set(line, setInterval(() => this.sound(), AGAIN_MS));
  }

  sound () {
    if (!this.isOn)
      return;
    NOTES.forEach(([frequency, after]) => this.note(frequency, after));
  }

  note (frequency, after) {
    const start = this.context.currentTime + after;
    const oscillator = this.context.createOscillator();
    const gain = this.context.createGain();
    oscillator.frequency.value = frequency;
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(0.2, start + 0.01);
    gain.gain.setValueAtTime(0.2, start + 0.13);
    gain.gain.linearRampToValueAtTime(0, start + 0.16);
    oscillator.connect(gain).connect(this.context.destination);
    oscillator.start(start);
    oscillator.stop(start + 0.2);
  }
}

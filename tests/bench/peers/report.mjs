/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an adapter prints, one line each, with the wall clock in microseconds:
 *
 *   S WALL_US EVENT       of a session: request, open, end
 *   A WALL_US PACKETS DB  twenty times a second while it listens: packets received
 *                         since the start, and the level since the last line */
const now = () => Math.round((performance.timeOrigin + performance.now()) * 1e3);

export const reportSession = (event) => console.log(`S ${now()} ${event}`);

export const reportAudio = (packets, db) =>
  console.log(`A ${now()} ${packets} ${db.toFixed(1)}`);

export const toDecibels = (power) => (power > 1e-10 ? 10 * Math.log10(power)
  : -100);

/* Counts packets and measures samples, which are floats up to 1. */
export class Meter {
  packets = 0;
  #power = 0;
  #samples = 0;

  constructor() {
    setInterval(() => this.#report(), 50);
  }

  add(samples) {
    for (const sample of samples)
      this.#power += sample * sample;
    this.#samples += samples.length;
  }

  #report() {
    reportAudio(this.packets, toDecibels(
      this.#samples ? this.#power / this.#samples : 0));
    this.#power = 0;
    this.#samples = 0;
  }
}

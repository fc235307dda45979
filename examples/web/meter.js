/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Level of a stream, as a bar in dBFS from -60 to 0. */

const FLOOR_DB = -60;

export const decibels = (samples) => {
  const peak = samples.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  return peak > 0 ? Math.max(20 * Math.log10(peak), FLOOR_DB) : FLOOR_DB;
};

export const fractionOf = (db) => (db - FLOOR_DB) / -FLOOR_DB;

/* A bar rises at once and falls by 20 dB a second. */
export const fall = (before, now, seconds) => Math.max(
  now, before - 20 * seconds, FLOOR_DB);

/* The bar. Its owner passes it the level, four to ten times a second. */
export class Meter {
  constructor (label) {
    this.element = document.createElement('div');
    this.element.className = 'meter';
    this.element.setAttribute('role', 'meter');
    this.element.setAttribute('aria-label', label);
    this.element.setAttribute('aria-valuemin', FLOOR_DB);
    this.element.setAttribute('aria-valuemax', 0);
    this.bar = document.createElement('span');
    this.element.append(this.bar);
    this.level = FLOOR_DB;
    this.show();
  }

  setLevel (db, seconds) {
    this.level = fall(this.level, db, seconds);
    this.show();
  }

  show () {
    this.bar.style.transform = `scaleX(${fractionOf(this.level).toFixed(3)})`;
    this.element.setAttribute('aria-valuenow', Math.round(this.level));
    this.element.setAttribute('aria-valuetext',
                              `${Math.round(this.level)} decibels`);
  }
}

/* Measures a track of this page; a received one has its statistics. */
export class TrackMeter extends Meter {
  constructor (context, label) {
    super(label);
    this.context = context;
    this.samples = new Float32Array(2048);
  }

  /* null for none. */
  setTrack (track) {
    this.stop();
    if (!track)
      return;
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = this.samples.length;
    this.source = this.context.createMediaStreamSource(
      new MediaStream([track]));
    this.source.connect(this.analyser);
    this.timer = setInterval(() => this.look(), 100);
  }

  look () {
    this.analyser.getFloatTimeDomainData(this.samples);
    this.setLevel(decibels(this.samples), 0.1);
  }

  stop () {
    clearInterval(this.timer);
    if (this.source)
      this.source.disconnect();
    this.source = this.analyser = null;
    this.level = FLOOR_DB;
    this.show();
  }
}

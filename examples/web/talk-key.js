/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The talk key of a member and its floor. Pure: events go in, the gate and
 * what is to be asked of the server come out.
 *
 * The gate is open only while the key is held and the floor is ours, or in
 * open mode while the user has switched it on. After an outage that the server
 * has forgotten a key that is still held asks again; one that was let go is
 * never on air. */

export class TalkKey {
  constructor () {
    this.isHeld = false;
    this.mode = 'floor'; /* or 'open' */
    this.floor = 'idle'; /* 'asked', 'queued', 'granted', 'denied' */
    this.position = 0;
    this.endsAt = null;
  }

  get isOpen () {
    return this.isHeld && (this.mode === 'open' || this.floor === 'granted');
  }

  /* Each returns what to do: null, 'request' or 'release'. */
  press () {
    if (this.isHeld)
      return null;
    this.isHeld = true;
    return this.ask();
  }

  ask () {
    if (this.mode === 'open')
      return null;
    this.floor = 'asked';
    return 'request';
  }

  letGo () {
    if (!this.isHeld)
      return null;
    this.isHeld = false;
    const had = this.mode === 'floor' && this.floor !== 'idle'
      && this.floor !== 'denied';
    this.floor = 'idle';
    return had ? 'release' : null;
  }

  setMode (mode) {
    const action = this.letGo();
    this.mode = mode;
    return action;
  }

  /* A room that was joined anew has no floor of ours. */
  rejoin () {
    this.floor = 'idle';
    return this.isHeld ? this.ask() : null;
  }

  /* The server has been away for too long: what is said waits for it. */
  suspend () {
    if (this.mode === 'floor' && this.floor === 'granted')
      this.floor = 'asked';
    return null;
  }

  /* After an outage, as a member of the same room. The floor that is still
   * ours is granted again by the server. */
  resumed (isHolder) {
    if (isHolder || !this.isHeld || this.mode === 'open'
        || !['granted', 'asked'].includes(this.floor))
      return null;
    return this.ask();
  }

  granted (maxHoldMs, now) {
    if (!this.isHeld || this.mode === 'open')
      return 'release';
    this.floor = 'granted';
    this.endsAt = maxHoldMs > 0 ? now + maxHoldMs : null;
    return null;
  }

  queued (position) {
    if (!this.isHeld)
      return 'release';
    this.floor = 'queued';
    this.position = position;
    return null;
  }

  denied () {
    this.floor = 'denied';
    return null;
  }

  /* The server has taken it back: its time is over. */
  released () {
    this.floor = 'idle';
    return null;
  }
}

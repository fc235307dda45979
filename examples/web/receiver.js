/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Receives the producer of one name for as long as it is wanted. A session is
 * never repaired, only replaced: the next one is opened beside it, and the
 * first that brings audio stays.
 *
 * Events: 'state' every tick, with .state and .level; 'stream' when .stream is
 * another one. */
import { judge, newObservation, observe, sumUp } from './reception.js';

const TICK_MS = 250;
const RETRY_MS = [300, 600, 1200, 2400, 3000];

export class Receiver extends EventTarget {
  /* mayPause: it may be silent, though its connection is healthy */
  constructor (sessions, name, mayPause) {
    super();
    this.sessions = sessions;
    this.name = name;
    this.mayPause = mayPause;
    this.state = 'opening';
    this.since = Date.now();
    this.current = null; /* {session, stream, seen} */
    this.next = null;
    this.failures = 0;
    this.retryAt = 0;
    this.stream = null;
    this.ticker = setInterval(() => this.tick(), TICK_MS);
    this.tick();
  }

  get delayMs () { return this.current ? this.current.seen.delayMs : 0; }
  get level () { return this.current ? this.current.seen.level : -Infinity; }
  get present () { return this.sessions.findProducer(this.name) !== null; }

  close () {
    clearInterval(this.ticker);
    this.isClosed = true;
    [this.current, this.next].forEach((path) => this.drop(path));
    this.current = this.next = null;
  }

  drop (path) {
    if (path && path.session)
      this.sessions.end(path.session);
  }

  async tick () {
    if (this.isBusy || this.isClosed)
      return;
    this.isBusy = true;
    await Promise.all([this.look(this.current), this.look(this.next)]);
    this.isBusy = false;
    if (this.isClosed)
      return;
    this.decide(Date.now());
  }

  async look (path) {
    if (!path || !path.session || path.session.isClosed)
      return;
    const reports = await path.session.pc.getStats().catch(() => new Map());
    path.seen = observe(path.seen, sumUp(reports), Date.now());
  }

  decide (now) {
    const state = this.current ? judge(this.current.seen, now) : 'opening';
    if (this.next && this.next.seen.rtpAt !== null)
      this.replace();
    else if (this.next && this.current && ['live', 'behind', 'paused']
      .includes(state))
      this.dropNext();
    else if (!this.next && now >= this.retryAt
             && (!this.current || state === 'down'))
      this.open(now);
    this.setState(now);
  }

  /* A session that never carried audio is "opening"; one that did, and is
   * lost, is "down" until another carries some. */
  setState (now) {
    let state = this.current ? judge(this.current.seen, now) : 'down';
    const known = this.current || this.wasLive;
    if (!known)
      state = 'opening';
    if (!known && now - this.since > 5000)
      state = 'down';
    if (state === 'down' && this.state !== 'down')
      this.since = this.current && this.current.seen.rtpAt
        ? this.current.seen.rtpAt : now;
    if (state === 'live')
      this.wasLive = true;
    this.state = state;
    this.dispatchEvent(new CustomEvent('state'));
  }

  open (now) {
    const producer = this.sessions.findProducer(this.name);
    if (!producer || this.sessions.signalling.state !== 'open')
      return;
    const path = { session: null, stream: null, seen: newObservation(now) };
    path.seen.mayPause = this.mayPause || !producer.meta
      || producer.meta.resilient !== 1;
    this.next = path;
    path.deadline = setTimeout(() => this.fail(path), 8000);
    this.sessions.request(producer.id, () => this.onEnded(path))
      .then((session) => this.adopt(path, session), () => this.fail(path));
  }

  adopt (path, session) {
    if (path !== this.next) {
      this.sessions.end(session);
      return;
    }
    path.session = session;
    session.pc.ontrack = ({ streams, track }) => {
      path.stream = streams[0] || new MediaStream([track]);
      /* A sender that is silent from the start is received as well. */
      if (path.seen.mayPause && !this.current && path === this.next)
        this.waitForTransport(path);
    };
  }

  waitForTransport (path) {
    const { pc } = path.session;
    const look = () => {
      if (pc.connectionState === 'connected' && path === this.next
          && !this.current) {
        path.seen.rtpAt = path.seen.rtpAt || Date.now();
        this.replace();
      }
    };
    pc.addEventListener('connectionstatechange', look);
    look();
  }

  replace () {
    const old = this.current;
    this.current = this.next;
    this.next = null;
    clearTimeout(this.current.deadline);
    this.failures = 0;
    this.stream = this.current.stream;
    this.dispatchEvent(new CustomEvent('stream'));
    this.drop(old);
  }

  dropNext () {
    const path = this.next;
    this.next = null;
    clearTimeout(path.deadline);
    this.drop(path);
  }

  fail (path) {
    if (path !== this.next)
      return;
    this.dropNext();
    this.retryAt = Date.now()
      + RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures += 1;
  }

  onEnded (path) {
    if (path === this.next) {
      this.fail(path);
    } else if (path === this.current) {
      this.since = Date.now();
      this.current = null;
      this.wasLive = true;
    }
  }
}

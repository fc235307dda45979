/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All sessions of the page: which message of signalling is for which. A
 * session outlives the WebSocket, and also a server that has forgotten it.
 *
 * Events: 'producers' when the list has changed. */
import { MediaSession } from './media-session.js';
import { newTraceparent } from './trace.js';

const START_TIMEOUT_MS = 8000;

export class MediaSessions extends EventTarget {
  /* onConsumer is called with a session whose other side wants our audio. */
  constructor (signalling) {
    super();
    this.signalling = signalling;
    this.sessions = new Map();
    this.requested = [];
    this.producers = new Map(); /* peer id to {id, name, meta} */
    this.onConsumer = null;
    signalling.addEventListener('message', ({ detail }) => this.handle(detail));
    signalling.addEventListener('open', ({ detail }) => this.onOpen(detail));
  }

  /* The producer of that name; null while there is none. */
  findProducer (name) {
    return [...this.producers.values()]
      .find((producer) => producer.name === name) || null;
  }

  /* Asks for a session with a producer. Resolves to one whose remote side is
   * about to offer. onEnd: the other side or the server has ended it. */
  request (peerId, onEnd) {
    return new Promise((resolve, reject) => {
      const entry = { peerId, onEnd, resolve, reject };
      entry.timer = setTimeout(() => this.refuse(entry, 'no answer'),
                               START_TIMEOUT_MS);
      this.requested.push(entry);
      entry.traceparent = newTraceparent();
      this.signalling.send(
        { type: 'startSession', peerId, traceparent: entry.traceparent },
        Date.now() + START_TIMEOUT_MS);
    });
  }

  end (session) {
    if (session.isClosed)
      return;
    session.close();
    this.sessions.delete(session.sessionId);
    if (session.epoch === this.signalling.epoch)
      this.signalling.send(
        { type: 'endSession', sessionId: session.sessionId });
  }

  refuse (entry, why) {
    clearTimeout(entry.timer);
    this.requested = this.requested.filter((other) => other !== entry);
    entry.reject(new Error(why));
  }

  create (sessionId, onEnd, traceparent) {
    const session = new MediaSession(
      sessionId, this.signalling.iceServers,
      (content) => {
        if (session.epoch === this.signalling.epoch)
          this.signalling.send({
            type: 'peer', sessionId, ...content,
            ...(traceparent ? { traceparent } : {}),
          });
      });
    session.epoch = this.signalling.epoch;
    session.onEnd = onEnd;
    this.sessions.set(sessionId, session);
    return session;
  }

  /* Also a server that has restored the client has not seen its requests. */
  onOpen ({ resumed }) {
    if (resumed)
      return;
    [...this.requested].forEach((entry) => this.refuse(entry, 'forgotten'));
  }

  handle (message) {
    switch (message.type) {
    case 'list':
      this.onList(message.producers || []);
      break;
    case 'peerStatusChanged':
      this.onStatus(message);
      break;
    case 'sessionStarted':
      this.onStarted(message);
      break;
    case 'startSession':
      this.onRequest(message);
      break;
    case 'peer':
      this.withSession(message, (session) => session.handle(message));
      break;
    case 'endSession':
    case 'endSessionV1_1':
      this.withSession(message, (session) => this.onEnded(session));
      break;
    case 'error':
      this.onError(message);
      break;
    }
  }

  withSession ({ sessionId }, func) {
    const session = this.sessions.get(sessionId);
    if (session)
      func(session);
  }

  onEnded (session) {
    this.sessions.delete(session.sessionId);
    session.close();
    if (session.onEnd)
      session.onEnd(session);
  }

  onStarted ({ peerId, sessionId }) {
    const entry = this.requested.find((other) => other.peerId === peerId);
    if (!entry) {
      this.signalling.send({ type: 'endSession', sessionId });
      return;
    }
    clearTimeout(entry.timer);
    this.requested = this.requested.filter((other) => other !== entry);
    entry.resolve(this.create(sessionId, entry.onEnd, entry.traceparent));
  }

  onRequest ({ sessionId, offer }) {
    if (!this.onConsumer) {
      this.signalling.send({ type: 'endSession', sessionId });
      return;
    }
    this.onConsumer(this.create(sessionId, null), offer || null);
  }

  onError ({ code, sessionId }) {
    if (sessionId && code !== 'unknown-session')
      this.withSession({ sessionId }, (session) => this.onEnded(session));
    else if (['unknown-peer', 'too-many-sessions', 'not-allowed'].includes(code)
             && this.requested.length > 0)
      this.refuse(this.requested[0], code);
  }

  onList (producers) {
    this.producers = new Map(producers.map(({ id, meta }) => (
      [id, { id, meta, name: nameOf(meta) }])));
    this.dispatchEvent(new CustomEvent('producers'));
  }

  onStatus ({ peerId, roles, meta }) {
    if (peerId === this.signalling.peerId)
      return;
    if (roles.includes('producer'))
      this.producers.set(peerId, { id: peerId, meta, name: nameOf(meta) });
    else
      this.producers.delete(peerId);
    this.dispatchEvent(new CustomEvent('producers'));
  }
}

const nameOf = (meta) => (
  meta && typeof meta.name === 'string' ? meta.name : null);

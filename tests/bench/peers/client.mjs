/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A small application around a WebRTC library, with the plain signalling
 * protocol: it keeps its media while signalling is away, connects again every
 * second, and, where it listens, requests a session whenever it has none.
 *
 * openPeer ({onCandidate, onClosed}) makes a connection of the library:
 *   offer ()        its offer's SDP, a promise
 *   answer (SDP)    its answer's SDP, a promise
 *   accept (SDP)    takes the answer, a promise
 *   candidate (CANDIDATE, MLINE)
 *   close ()
 */
import WebSocket from 'ws';
import { reportSession } from './report.mjs';

export class Client {
  #sessions = new Map();
  #socket;
  #producer;
  #requested = false;

  constructor(role, server, name, openPeer) {
    Object.assign(this, { role, server, name, openPeer });
    this.#connect();
    setInterval(() => this.#tick(), 1000);
  }

  #send(message) {
    if (this.#socket.readyState === WebSocket.OPEN)
      this.#socket.send(JSON.stringify(message));
  }

  #connect() {
    this.#requested = false;
    this.#producer = undefined;
    this.#socket = new WebSocket(this.server, { handshakeTimeout: 3000 });
    this.#socket.on('error', (error) => console.error(error.message));
    this.#socket.on('message', (text) => this.#receive(JSON.parse(text))
      .catch((error) => console.error(error)));
  }

  #tick() {
    if (this.#socket.readyState === WebSocket.CLOSED)
      this.#connect();
    this.#request();
  }

  #request() {
    if (this.role !== 'listen' || !this.#producer || this.#requested ||
        this.#sessions.size > 0)
      return;
    this.#requested = true;
    reportSession('request');
    this.#send({ type: 'startSession', peerId: this.#producer });
  }

  #find({ id, meta }) {
    if (meta?.name !== this.name)
      return;
    this.#producer = id;
    this.#request();
  }

  #open(id) {
    const peer = this.openPeer({
      onCandidate: (candidate, sdpMLineIndex) => this.#send({
        type: 'peer', sessionId: id, ice: { candidate, sdpMLineIndex },
      }),
      onClosed: () => {
        if (this.#close(id))
          this.#send({ type: 'endSession', sessionId: id });
      },
    });
    reportSession('open');
    this.#sessions.set(id, peer);
    return peer;
  }

  #close(id) {
    const peer = this.#sessions.get(id);
    if (!this.#sessions.delete(id))
      return false;
    this.#requested = false;
    reportSession('end');
    peer.close();
    return true;
  }

  #describe(id, type, sdp) {
    this.#send({ type: 'peer', sessionId: id, sdp: { type, sdp } });
  }

  async #receive(message) {
    switch (message.type) {
      case 'welcome':
        this.#send(this.role === 'listen'
          ? { type: 'setPeerStatus', roles: ['listener'], meta: null }
          : { type: 'setPeerStatus', roles: ['producer'],
              meta: { name: this.name } });
        if (this.role === 'listen')
          this.#send({ type: 'list' });
        break;
      case 'list':
        message.producers.forEach((producer) => this.#find(producer));
        break;
      case 'peerStatusChanged':
        if (message.roles.includes('producer'))
          this.#find({ id: message.peerId, meta: message.meta });
        break;
      case 'sessionStarted':
        this.#open(message.sessionId);
        break;
      case 'startSession':
        this.#describe(message.sessionId, 'offer',
          await this.#open(message.sessionId).offer());
        break;
      case 'endSession':
        this.#close(message.sessionId);
        break;
      case 'error':
        console.error(message.details);
        this.#requested = false;
        break;
      case 'peer':
        await this.#receivePeer(message);
        break;
    }
  }

  async #receivePeer({ sessionId, sdp, ice }) {
    const peer = this.#sessions.get(sessionId);
    if (!peer)
      return;
    if (sdp?.type === 'offer')
      this.#describe(sessionId, 'answer', await peer.answer(sdp.sdp));
    else if (sdp)
      await peer.accept(sdp.sdp);
    else if (ice?.candidate)
      await peer.candidate(ice.candidate, ice.sdpMLineIndex);
  }
}

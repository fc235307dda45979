/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection to the signalling server, by the resumable protocol of
 * docs/signalling.md: it requests resumption, sends again what was not
 * acknowledged, and resumes by its token. Media is none of its business and
 * goes on without it.
 *
 * Events: 'state' when .state or .downSince changes; 'open' with detail
 * {resumed, restored, lost}; 'message' with the message as detail; 'refused'
 * when the server wants another token. */
import { delayOf } from './backoff.js';
import { ACK_EVERY, ReliableChannel } from './reliable.js';

const ACK_DELAY_MS = 200;
const CONNECT_TIMEOUT_MS = 5000;
const PROBE_MS = 4000;
const SILENCE_MS = 9000;
const ATTEMPTS_BEFORE_LOOK = 3;

const UNNUMBERED = ['ack', 'list', 'listConsumers', 'iceServers', 'moved',
  'serverStatus', 'welcome', 'resilientWelcome'];

const randomId = () => Array.from(
  crypto.getRandomValues(new Uint8Array(16)),
  (byte) => byte.toString(16).padStart(2, '0')).join('');

export class Signalling extends EventTarget {
  constructor (url, { token = '', WebSocketClass = WebSocket } = {}) {
    super();
    this.url = url;
    this.accessToken = token;
    this.WebSocketClass = WebSocketClass;
    this.clientId = randomId();
    this.channel = new ReliableChannel();
    this.state = 'connecting';
    this.downSince = Date.now();
    this.peerId = null;
    this.iceServers = [];
    this.epoch = 0; /* grows when the server has forgotten this client */
    this.attempts = 0;
    this.failures = 0;
    this.resumeToken = null;
    this.status = null;
    this.degraded = false;
  }

  start () {
    this.stopped = false;
    this.connect();
  }

  /* Leaves for good: the server forgets the client at once. */
  stop () {
    this.stopped = true;
    this.clearTimers();
    if (this.socket)
      this.socket.close(1000);
    this.socket = null;
  }

  setAccessToken (token) {
    this.accessToken = token;
    this.reconnectNow();
  }

  /* The network may be back: no back-off. */
  reconnectNow () {
    if (this.stopped || this.state === 'open')
      return;
    this.failures = 0;
    this.drop();
    this.connect();
  }

  /* Roles and meta; sent again on each connection. */
  setStatus (roles, meta) {
    this.status = { type: 'setPeerStatus', roles, meta };
    this.sendNow(this.status);
  }

  /* Numbered and kept until the server has it. */
  send (message, expiresAt) {
    const numbered = this.channel.add(message, expiresAt);
    if (this.state === 'open')
      this.write(numbered);
  }

  /* Unnumbered: now or not at all. */
  sendNow (message) {
    if (this.state === 'open')
      this.write(message);
  }

  /* --- The socket --- */

  connect () {
    clearTimeout(this.retryTimer);
    const url = new URL(this.url);
    if (this.accessToken)
      url.searchParams.set('access_token', this.accessToken);
    const socket = new this.WebSocketClass(url.href);
    this.socket = socket;
    this.lists = [];
    this.connectTimer = setTimeout(() => this.fail(socket), CONNECT_TIMEOUT_MS);
    socket.onopen = () => this.request();
    socket.onmessage = (event) => this.onText(socket, event.data);
    socket.onclose = () => this.fail(socket);
  }

  request () {
    this.attempts += 1;
    const resilient = {
      version: 1, clientId: this.clientId, attempt: this.attempts,
    };
    if (this.resumeToken) {
      resilient.token = this.resumeToken;
      resilient.ack = this.channel.takeAck();
    }
    if (this.degraded)
      resilient.degraded = true;
    this.socket.send(JSON.stringify(
      { type: 'setProtocolVersion', version: 'v1_1', resilient }));
  }

  onText (socket, text) {
    if (socket !== this.socket)
      return;
    this.lastHeard = Date.now();
    let message;
    let kind;
    try {
      message = JSON.parse(text);
      if (message.type === 'resilientWelcome') {
        this.onWelcome(message);
        return;
      }
      kind = this.channel.receive(message);
    } catch {
      kind = 'hole';
    }
    if (kind === 'hole') {
      this.fail(socket);
      return;
    }
    this.scheduleAck();
    if (kind === 'new')
      this.onMessage(message);
  }

  onMessage (message) {
    switch (message.type) {
    case 'list':
      if (this.lists.shift() === 'full')
        this.emit('message', message);
      break;
    case 'serverStatus':
      this.degraded = message.degraded === true;
      break;
    case 'iceServers':
      this.onIceServers(message);
      break;
    case 'moved':
      this.moveDelay = Math.random() * (message.delayMs || 0);
      break;
    case 'ack':
    case 'welcome':
      break;
    default:
      this.emit('message', message);
    }
  }

  onWelcome (message) {
    const { resumed } = message;
    let lost = [];
    let again = [];
    if (resumed)
      again = this.channel.resume(message.ack || 0, Date.now());
    else
      lost = this.channel.reset();
    if (!resumed && !message.restored)
      this.epoch += 1;
    this.resumeToken = message.token;
    this.peerId = message.peerId;
    this.degraded = message.degraded === true;
    this.onIceServers(message);
    clearTimeout(this.connectTimer);
    this.failures = 0;
    this.setState('open');
    again.forEach((entry) => this.write(entry));
    if (this.status)
      this.write(this.status);
    this.list('full');
    this.probeTimer = setInterval(() => this.probe(), PROBE_MS);
    this.emit('open', { resumed, restored: message.restored === true, lost });
  }

  onIceServers (message) {
    if (message.iceServers)
      this.iceServers = message.iceServers;
    clearTimeout(this.iceTimer);
    if (message.iceTtlMs)
      this.iceTimer = setTimeout(
        () => this.sendNow({ type: 'getIceServers' }),
        Math.min(message.iceTtlMs * 0.75, 2 ** 31 - 1));
  }

  list (kind) {
    this.lists.push(kind);
    this.write({ type: 'list', ...(kind === 'brief' ? { brief: true } : {}) });
  }

  /* A page can neither send pings nor see them. */
  probe () {
    if (Date.now() - this.lastHeard > SILENCE_MS)
      this.fail(this.socket);
    else
      this.list('brief');
  }

  scheduleAck () {
    if (this.channel.owed >= ACK_EVERY)
      this.sendAck();
    else if (this.channel.owed > 0 && !this.ackTimer)
      this.ackTimer = setTimeout(() => this.sendAck(), ACK_DELAY_MS);
  }

  sendAck () {
    clearTimeout(this.ackTimer);
    this.ackTimer = null;
    if (this.state === 'open' && this.channel.owed > 0)
      this.write({ type: 'ack' });
  }

  write (message) {
    const ack = UNNUMBERED.includes(message.type) && message.type !== 'ack'
      ? {} : { ack: this.channel.takeAck() };
    this.socket.send(JSON.stringify({ ...message, ...ack }));
  }

  /* --- Losing it --- */

  drop () {
    const socket = this.socket;
    this.clearTimers();
    this.socket = null;
    if (!socket)
      return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(4000);
  }

  fail (socket) {
    if (socket !== this.socket || this.stopped)
      return;
    this.drop();
    if (this.state === 'open')
      this.setState('down');
    const delay = this.moveDelay === undefined
      ? delayOf(this.failures, Math.random()) : this.moveDelay;
    this.moveDelay = undefined;
    this.failures += 1;
    this.retryTimer = setTimeout(() => this.connect(), delay);
    if (this.failures % ATTEMPTS_BEFORE_LOOK === 0)
      this.lookWhy();
  }

  /* A WebSocket does not report the status of its handshake. */
  async lookWhy () {
    const url = new URL('/webrtc/ice-servers', this.url.replace(/^ws/, 'http'));
    try {
      const answer = await fetch(url, { headers: bearer(this.accessToken) });
      if (answer.status === 401)
        this.emit('refused');
    } catch {
      /* not reachable: the retry goes on */
    }
  }

  clearTimers () {
    clearTimeout(this.connectTimer);
    clearTimeout(this.retryTimer);
    clearTimeout(this.ackTimer);
    clearTimeout(this.iceTimer);
    clearInterval(this.probeTimer);
    this.ackTimer = null;
  }

  setState (state) {
    if (this.state === 'open' && state !== 'open')
      this.downSince = Date.now();
    this.state = state;
    this.emit('state');
  }

  emit (type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

export const bearer = (token) => (
  token ? { authorization: `Bearer ${token}` } : {});

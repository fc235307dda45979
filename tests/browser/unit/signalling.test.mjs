/* SPDX-License-Identifier: LGPL-2.1-or-later */
import assert from 'node:assert/strict';
import test from 'node:test';
import { delayOf } from '../../../examples/web/backoff.js';

/* Node 18 has neither as a global. */
globalThis.CustomEvent ??= class extends Event {
  constructor (type, { detail } = {}) {
    super(type);
    this.detail = detail;
  }
};
if (!globalThis.crypto)
  globalThis.crypto = (await import('node:crypto')).webcrypto;
const { Signalling } = await import('../../../examples/web/signalling.js');

class FakeSocket {
  static all = [];
  constructor (url) {
    this.url = url;
    this.sent = [];
    FakeSocket.all.push(this);
  }

  send (text) { this.sent.push(JSON.parse(text)); }
  close (code) { this.closedWith = code; }
  receive (message) { this.onmessage({ data: JSON.stringify(message) }); }

  open (welcome) {
    this.onopen();
    this.receive({ type: 'welcome', peerId: 'first' });
    this.receive({ type: 'resilientWelcome', peerId: 'me', version: 1,
      token: 't1', graceMs: 30000, resumed: false, ...welcome });
  }
}

const start = (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  FakeSocket.all = [];
  const signalling = new Signalling('ws://x/',
    { token: 'secret', WebSocketClass: FakeSocket });
  signalling.setStatus(['listener'], null);
  signalling.start();
  t.after(() => signalling.stop());
  return { signalling, socket: () => FakeSocket.all.at(-1) };
};

const types = (socket) => socket.sent.map(({ type }) => type);

test('it requests resumption and announces itself', (t) => {
  const { signalling, socket } = start(t);
  socket().open();
  assert.equal(socket().url, 'ws://x/?access_token=secret');
  const [first] = socket().sent;
  assert.equal(first.resilient.version, 1);
  assert.equal(first.resilient.attempt, 1);
  assert.equal('token' in first.resilient, false);
  assert.deepEqual(types(socket()),
                   ['setProtocolVersion', 'setPeerStatus', 'list']);
  assert.equal(signalling.peerId, 'me');
  assert.equal(signalling.state, 'open');
});

test('it resumes by its token and sends again', (t) => {
  const { signalling, socket } = start(t);
  socket().open();
  socket().receive({ type: 'roomJoined', roomId: 'r', seq: 1 });
  signalling.send({ type: 'publish', roomId: 'r', data: 1 });
  socket().onclose();
  assert.equal(signalling.state, 'down');
  signalling.send({ type: 'publish', roomId: 'r', data: 2 });
  t.mock.timers.tick(3000);

  const opens = [];
  signalling.addEventListener('open', ({ detail }) => opens.push(detail));
  socket().onopen();
  const { resilient } = socket().sent[0];
  assert.deepEqual([resilient.token, resilient.ack, resilient.attempt],
                   ['t1', 1, 2]);
  socket().receive({ type: 'resilientWelcome', peerId: 'me', version: 1,
    token: 't2', resumed: true, ack: 1 });
  const again = socket().sent.filter(({ type }) => type === 'publish');
  assert.deepEqual(again.map(({ seq, data }) => [seq, data]), [[2, 2]]);
  assert.equal(opens[0].resumed, true);
});

test('a server that has forgotten it gets nothing twice', (t) => {
  const { signalling, socket } = start(t);
  socket().open();
  signalling.send({ type: 'publish', roomId: 'r', data: 1 });
  socket().onclose();
  t.mock.timers.tick(3000);
  const opens = [];
  signalling.addEventListener('open', ({ detail }) => opens.push(detail));
  socket().open({ peerId: 'other' });
  assert.deepEqual(opens[0].lost, [{ type: 'publish', roomId: 'r', data: 1 }]);
  assert.equal(types(socket()).includes('publish'), false);
  assert.equal(signalling.epoch, 2);
});

test('what it receives is acknowledged after 200 ms, or 16 messages', (t) => {
  const { socket } = start(t);
  socket().open();
  socket().receive({ type: 'x', seq: 1 });
  assert.equal(types(socket()).includes('ack'), false);
  t.mock.timers.tick(200);
  assert.deepEqual(socket().sent.at(-1), { type: 'ack', ack: 1 });
  for (let seq = 2; seq < 18; seq++)
    socket().receive({ type: 'x', seq });
  assert.deepEqual(socket().sent.at(-1), { type: 'ack', ack: 17 });
});

test('a hole ends the connection, and garbage does', (t) => {
  const { signalling, socket } = start(t);
  socket().open();
  socket().receive({ type: 'x', seq: 2 });
  assert.equal(signalling.state, 'down');
  t.mock.timers.tick(3000);
  socket().open();
  assert.equal(signalling.state, 'open');
  socket().onmessage({ data: '{' });
  assert.equal(signalling.state, 'down');
});

test('the answer to a probe is no list of producers', (t) => {
  const { signalling, socket } = start(t);
  const lists = [];
  signalling.addEventListener('message', ({ detail }) => lists.push(detail));
  socket().open();
  socket().receive({ type: 'list', producers: [{ id: 'a', meta: null }] });
  t.mock.timers.tick(4000);
  assert.equal(socket().sent.at(-1).brief, true);
  socket().receive({ type: 'list', producers: [] });
  assert.equal(lists.length, 1);
});

test('retries come later and later, and are spread', () => {
  assert.equal(delayOf(0, 1), 200);
  assert.equal(delayOf(0, 0), 100);
  assert.ok(delayOf(3, 0.5) > delayOf(2, 0.5));
  assert.equal(delayOf(1000, 1), 3000);
});

/* SPDX-License-Identifier: LGPL-2.1-or-later */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ReliableChannel } from '../../../examples/web/reliable.js';

test('messages are numbered and kept until they are acknowledged', () => {
  const channel = new ReliableChannel();
  assert.equal(channel.add({ type: 'a' }).seq, 1);
  assert.equal(channel.add({ type: 'b' }).seq, 2);
  channel.receive({ type: 'ack', ack: 1 });
  assert.deepEqual(channel.resume(1, 0), [{ type: 'b', seq: 2 }]);
});

test('an expired message leaves its number behind', () => {
  const channel = new ReliableChannel();
  channel.add({ type: 'requestFloor' }, 100);
  channel.add({ type: 'releaseFloor' });
  assert.deepEqual(channel.resume(0, 101), [
    { type: 'ack', seq: 1 }, { type: 'releaseFloor', seq: 2 }]);
});

test('a new beginning returns what was not acknowledged', () => {
  const channel = new ReliableChannel();
  channel.add({ type: 'a' });
  channel.add({ type: 'b' });
  channel.receive({ type: 'x', seq: 1, ack: 1 });
  assert.deepEqual(channel.reset(), [{ type: 'b' }]);
  assert.equal(channel.add({ type: 'c' }).seq, 1);
  assert.equal(channel.takeAck(), 0);
});

test('duplicates are known, and holes are noticed', () => {
  const channel = new ReliableChannel();
  assert.equal(channel.receive({ type: 'x', seq: 1 }), 'new');
  assert.equal(channel.receive({ type: 'x', seq: 1 }), 'duplicate');
  assert.equal(channel.receive({ type: 'x', seq: 3 }), 'hole');
  assert.equal(channel.receive({ type: 'list' }), 'new');
  assert.equal(channel.owed, 3);
  assert.equal(channel.takeAck(), 1);
  assert.equal(channel.owed, 0);
});

test('an acknowledgement of what was never sent is an error', () => {
  const channel = new ReliableChannel();
  assert.throws(() => channel.receive({ type: 'ack', ack: 1 }), RangeError);
});

/* SPDX-License-Identifier: LGPL-2.1-or-later */
import assert from 'node:assert/strict';
import test from 'node:test';
import { plan } from '../../../examples/web/room-audio.js';
import { newRoom, reduce } from '../../../examples/web/room-state.js';

const joined = { type: 'roomJoined', roomId: 'r', instance: 'i', sequence: 4,
  members: [{ id: 'a', meta: { name: 'Ann' } }, { id: 'b', meta: null }],
  floorHolder: 'a' };

const after = (...messages) => messages.reduce(
  (room, message) => reduce(room, { roomId: 'r', ...message }, 0),
  newRoom('r'));

test('a room that was joined has members, a holder and a position', () => {
  const room = after(joined);
  assert.deepEqual([...room.members.keys()], ['a', 'b']);
  assert.equal(room.holder, 'a');
  assert.deepEqual([room.instance, room.sequence], ['i', 4]);
});

test('messages of another room change nothing', () => {
  const room = newRoom('r');
  assert.equal(reduce(room, { ...joined, roomId: 'other' }, 0), room);
});

test('members come and go, and the floor with them', () => {
  const room = after(joined,
    { type: 'memberJoined', peerId: 'c', meta: { name: 'Cid' } },
    { type: 'memberLeft', peerId: 'a' });
  assert.deepEqual([...room.members.keys()], ['b', 'c']);
  assert.equal(room.holder, null);
});

test('the floor goes from one to the next', () => {
  assert.equal(after(joined, { type: 'floorReleased', peerId: 'a' },
                     { type: 'floorTaken', peerId: 'b' }).holder, 'b');
  /* Of a holder before: it is late. */
  assert.equal(after(joined, { type: 'floorTaken', peerId: 'b' },
                     { type: 'floorReleased', peerId: 'a' }).holder, 'b');
});

test('messages have senders, text, and a position to return to', () => {
  const room = after(joined, { type: 'roomMessage', sequence: 5, peerId: 'a',
    data: { text: 'hello' } },
  { type: 'roomMessage', sequence: 6, peerId: 'b', data: { x: 1 } });
  assert.deepEqual(room.messages.map(({ from, text }) => [from, text]),
                   [['Ann', 'hello'], ['b', '{"x":1}']]);
  assert.equal(room.sequence, 6);
});

test('a message that was published twice is shown once', () => {
  const message = { type: 'roomMessage', sequence: 5, peerId: 'a',
    data: { text: 'x', key: 'k' } };
  const room = after(joined, message, { ...message, sequence: 6 });
  assert.equal(room.messages.length, 1);
  assert.equal(room.sequence, 6);
});

test('only so many messages are kept', () => {
  let room = after(joined);
  for (let i = 0; i < 500; i++)
    room = reduce(room, { type: 'roomMessage', roomId: 'r', sequence: 5 + i,
      peerId: 'a', data: `${i}` }, 0);
  assert.equal(room.messages.length, 200);
});

test('an outage is noted with what is lost', () => {
  const room = after(joined, { type: 'reconnection-detected', outageMs: 1500,
    missed: 2, lost: 1, floorHolder: 'b' });
  assert.equal(room.messages[0].text,
               '1.5 s away: 2 messages follow, 1 are lost');
  assert.equal(room.holder, 'b');
});

const producers = new Map([
  ['a', { id: 'a', name: 'Ann' }], ['z', { id: 'z', name: 'Zoe' }]]);

test('members that send are played, but not oneself', () => {
  const room = after(joined);
  assert.deepEqual(plan(room, producers, 'x', new Map(), 0).add, ['Ann']);
  assert.deepEqual(plan(room, producers, 'a', new Map(), 0).add, []);
});

test('a line survives a moment without its member, not its farewell', () => {
  const lines = new Map([['Ann', {}]]);
  const empty = newRoom('r');
  assert.deepEqual(plan(empty, producers, 'x', lines, 1000).drop, []);
  assert.deepEqual(plan(empty, producers, 'x', lines, 30000).drop, []);
  assert.deepEqual(plan(empty, producers, 'x', lines, 32000).drop, ['Ann']);
  lines.set('Ann', { left: true });
  assert.deepEqual(plan(empty, producers, 'x', lines, 1000).drop, ['Ann']);
  assert.deepEqual(plan(null, producers, 'x', new Map([['Ann', {}]]), 0).drop,
                   ['Ann']);
});

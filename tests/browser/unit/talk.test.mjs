/* SPDX-License-Identifier: LGPL-2.1-or-later */
import assert from 'node:assert/strict';
import test from 'node:test';
import { describeFloor } from '../../../examples/web/talk.js';
import { TalkKey } from '../../../examples/web/talk-key.js';

test('the gate is open only with the floor and a held key', () => {
  const key = new TalkKey();
  assert.equal(key.press(), 'request');
  assert.equal(key.isOpen, false);
  assert.equal(key.granted(60000, 1000), null);
  assert.equal(key.isOpen, true);
  assert.equal(key.endsAt, 61000);
  assert.equal(key.letGo(), 'release');
  assert.equal(key.isOpen, false);
});

test('a grant that comes after the key was let go is given back', () => {
  const key = new TalkKey();
  key.press();
  key.letGo();
  assert.equal(key.granted(0, 0), 'release');
  assert.equal(key.isOpen, false);
  assert.equal(key.queued(1), 'release');
});

test('who let go during an outage is not on air after it', () => {
  const key = new TalkKey();
  key.press();
  key.granted(0, 0);
  key.letGo();
  assert.equal(key.rejoin(), null);
  assert.equal(key.isOpen, false);
});

test('a key that is still held asks again, and waits for the answer', () => {
  const key = new TalkKey();
  key.press();
  key.granted(0, 0);
  assert.equal(key.rejoin(), 'request');
  assert.equal(key.isOpen, false);
  key.granted(0, 0);
  assert.equal(key.isOpen, true);
});

test('a floor is not kept for long without the server', () => {
  const key = new TalkKey();
  key.press();
  key.granted(0, 0);
  assert.equal(key.suspend(), null);
  assert.equal(key.isOpen, false);
  /* It is still ours: the server grants it again. */
  assert.equal(key.resumed(true), null);
  key.granted(0, 0);
  assert.equal(key.isOpen, true);
  /* It is not. */
  key.suspend();
  assert.equal(key.resumed(false), 'request');
  key.letGo();
  assert.equal(key.resumed(false), null);
});

test('a floor whose time is over needs a new press', () => {
  const key = new TalkKey();
  key.press();
  key.granted(1000, 0);
  key.released();
  assert.equal(key.isOpen, false);
  assert.equal(key.press(), null);
  assert.equal(key.letGo(), null);
  assert.equal(key.press(), 'request');
});

test('open mode asks nobody, and a change of mode closes the gate', () => {
  const key = new TalkKey();
  assert.equal(key.setMode('open'), null);
  assert.equal(key.press(), null);
  assert.equal(key.isOpen, true);
  assert.equal(key.rejoin(), null);
  assert.equal(key.isOpen, true);
  key.setMode('floor');
  assert.equal(key.isOpen, false);
});

test('the floor in words', () => {
  const words = (changes, more = {}) => describeFloor({
    key: Object.assign(new TalkKey(), changes), muted: false, joined: true,
    now: 0, ...more }).text;
  assert.equal(words({}), 'the floor is free');
  assert.equal(words({}, { joined: false }), 'not in a room');
  assert.equal(words({}, { holderName: 'Ann' }), 'Ann is on air');
  assert.equal(words({ isHeld: true, floor: 'queued', position: 2 }),
               'waiting, number 2');
  assert.equal(words({ isHeld: true, floor: 'granted', endsAt: 30500 }),
               'you are on air, 31 s left');
  assert.equal(words({ isHeld: true, floor: 'granted' }, { muted: true }),
               'muted: nobody hears you');
});

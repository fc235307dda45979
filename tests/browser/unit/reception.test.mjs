/* SPDX-License-Identifier: LGPL-2.1-or-later */
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  describe, judge, newObservation, observe, sumUp,
} from '../../../examples/web/reception.js';

const sums = (packets, signs = 0, more = {}) => ({
  packets, signs, delaySum: 0, emitted: 0, energy: 0, duration: 0, ...more,
});

/* Observations, one every 250 ms: [packets, signs]. */
const watch = (seen, at, samples) => samples.reduce((before, [p, s], i) => (
  observe(before, sums(p, s), at + 250 * i)), seen);

test('a session without a packet is opening', () => {
  assert.equal(judge(newObservation(0), 5000), 'opening');
});

test('packets are live, and silence of a second is an outage', () => {
  const seen = watch(newObservation(0), 0, [[0, 0], [10, 0], [20, 0]]);
  assert.equal(judge(seen, 500), 'live');
  assert.equal(judge(seen, 1500), 'live');
  assert.equal(judge(seen, 1600), 'down');
});

test('a sender that may pause is there while ICE answers', () => {
  let seen = { ...newObservation(0), mayPause: true };
  seen = watch(seen, 0, [[10, 1], [20, 2]]);
  assert.equal(judge(seen, 2000), 'paused');
  seen = observe(seen, sums(20, 3), 4000);
  assert.equal(judge(seen, 10000), 'paused');
  assert.equal(judge(seen, 10600), 'down');
});

test('a sender that paused once may pause', () => {
  let seen = watch(newObservation(0), 0, [[10, 1], [20, 2]]);
  assert.equal(judge(seen, 2000), 'down');
  seen = observe(seen, sums(20, 4), 4000);
  assert.equal(judge(seen, 4000), 'paused');
});

test('a full jitter buffer is behind', () => {
  let seen = observe(newObservation(0),
                     sums(1, 0, { delaySum: 0, emitted: 1 }), 0);
  seen = observe(seen, sums(50, 0, { delaySum: 4 * 48000, emitted: 48001 }),
                 1000);
  assert.equal(judge(seen, 1000), 'behind');
  assert.deepEqual(
    describe({ state: 'behind', delayMs: seen.delayMs }),
    { text: 'catching up, 4 s behind', tone: 'fair' });
});

test('the level is that of the energy since the report before', () => {
  let seen = observe(newObservation(0), sums(1), 0);
  assert.equal(seen.level, -Infinity);
  seen = observe(seen, sums(2, 0, { energy: 0.01, duration: 1 }), 250);
  assert.equal(seen.level, -20);
  seen = observe(seen, sums(2, 0, { energy: 0.01, duration: 2 }), 500);
  assert.equal(seen.level, -Infinity);
});

test('the words of a lost line name the time, and who is missing', () => {
  const lost = { state: 'down', since: 0, name: 'studio' };
  assert.match(describe({ ...lost, present: true }).text,
               /^no connection since \d+[:.]\d\d/);
  assert.match(describe({ ...lost, present: false }).text,
               /: studio is not there$/);
});

test('a report is summed over its pairs and streams', () => {
  const report = new Map([
    ['a', { type: 'inbound-rtp', kind: 'audio', packetsReceived: 5,
      packetsLost: 1, jitter: 0.01 }],
    ['b', { type: 'inbound-rtp', kind: 'video', packetsReceived: 9 }],
    ['c', { type: 'candidate-pair', nominated: true, responsesReceived: 2,
      currentRoundTripTime: 0.05 }],
    ['d', { type: 'candidate-pair', state: 'failed', responsesReceived: 7 }],
  ]);
  const { packets, signs, rtt, lost } = sumUp(report);
  assert.deepEqual([packets, signs, rtt, lost], [5, 2, 0.05, 1]);
});

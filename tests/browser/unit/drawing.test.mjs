/* SPDX-License-Identifier: LGPL-2.1-or-later */
import assert from 'node:assert/strict';
import test from 'node:test';
import { decibels, fall, fractionOf } from '../../../examples/web/meter.js';
import { qualityOf, worstOf } from '../../../examples/web/quality-report.js';
import { askForStereo } from '../../../examples/web/sdp.js';
import {
  bars, gauge, growth, linePath, spanOf, sum, xOf,
} from '../../../examples/web/timeline.js';

const history = { interval_s: 10, fields: ['time', 'clients', 'resumed'],
  samples: [[0, 2, 5], [10, 3, 5], [20, 1, 7], [100, 1, 1]] };

test('a counter is drawn by its growth, also over a restart', () => {
  assert.deepEqual(growth(history, 'resumed'), [0, 0, 2, 1]);
  assert.equal(sum(growth(history, 'resumed')), 3);
  assert.deepEqual(gauge(history, 'clients'), [2, 3, 1, 1]);
  assert.deepEqual(gauge(history, 'unknown'), [0, 0, 0, 0]);
});

test('the right edge is now, and a gap in time is a gap in the line', () => {
  assert.equal(xOf(100, 100, 720, 3600), 720);
  assert.equal(xOf(100 - 1800, 100, 720, 3600), 360);
  const path = linePath([0, 10, 20, 100], [2, 3, 1, 1],
    { now: 100, width: 720, height: 30, max: 3, interval: 10, span: 3600 });
  assert.equal(path.match(/M/g).length, 2);
  assert.ok(path.endsWith('M720.0 20.0'));
});

test('a young server fills the width, an old one shows an hour', () => {
  assert.equal(spanOf([], 100), 300);
  assert.equal(spanOf([0, 50], 100), 300);
  assert.equal(spanOf([0], 1000), 1800);
  assert.equal(spanOf([0], 9999), 3600);
});

test('only what happened has a bar', () => {
  const drawn = bars([0, 10], [0, 2],
                     { now: 10, width: 720, height: 40, max: 2, span: 300 });
  assert.deepEqual(drawn, [{ x: 720, value: 2, height: 40 }]);
});

test('a meter measures peaks, and falls slowly', () => {
  assert.equal(decibels([0, 0]), -60);
  assert.equal(decibels([0.1, -1]), 0);
  assert.ok(Math.abs(decibels([0.1]) + 20) < 1e-9);
  assert.equal(fractionOf(-60), 0);
  assert.equal(fractionOf(0), 1);
  assert.equal(fall(0, -60, 0.1), -2);
  assert.equal(fall(-50, -10, 0.1), -10);
});

test('stereo is asked for of Opus, once', () => {
  const sdp = 'm=audio 9 X 96 0\r\na=rtpmap:96 opus/48000/2\r\n'
    + 'a=fmtp:96 minptime=10;useinbandfec=1\r\na=fmtp:0 x=1\r\n';
  const asked = askForStereo(sdp);
  assert.ok(asked.includes('a=fmtp:96 minptime=10;useinbandfec=1;stereo=1\r\n'));
  assert.ok(asked.includes('a=fmtp:0 x=1\r\n'));
  assert.equal(askForStereo(asked), asked);
});

test('the worst line is what is reported', () => {
  const before = { packets: 0, lost: 0 };
  const good = qualityOf(before,
    { packets: 100, lost: 0, rtt: 0.02, jitter: 0.001 });
  const bad = qualityOf(before,
    { packets: 90, lost: 10, rtt: 0.01, jitter: 0.03 });
  assert.equal(bad.packetLossPercent, 10);
  assert.equal(qualityOf(before, { packets: 0, lost: 0 }), null);
  assert.deepEqual(worstOf([good, null, bad]),
                   { latencyMs: 20, packetLossPercent: 10, jitterMs: 30 });
  assert.equal(worstOf([null]), null);
});

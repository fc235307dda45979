/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server's history as series to draw. Pure. */

/* history: {fields, samples, interval_s} of GET /webrtc/history. */
const column = (history, field) => {
  const index = history.fields.indexOf(field);
  return history.samples.map((sample) => (index < 0 ? 0 : sample[index]));
};

export const timesOf = (history) => column(history, 'time');
export const gauge = (history, field) => column(history, field);

/* How much a counter has grown in each interval; a restart counts from 0. */
export const growth = (history, field) => {
  const values = column(history, field);
  return values.map((value, i) => {
    if (i === 0)
      return 0;
    return value >= values[i - 1] ? value - values[i - 1] : value;
  });
};

export const sum = (values) => values.reduce((a, b) => a + b, 0);
export const last = (values) => (values.length ? values[values.length - 1] : 0);

/* The seconds that a chart shows: an hour, or less of a young server. */
const SPANS = [300, 900, 1800, 3600];
export const spanOf = (times, now) => SPANS.find(
  (span) => now - (times[0] ?? now) <= span) || 3600;

/* Where a sample of @time is drawn: the right edge is now. */
export const xOf = (time, now, width, span) => (
  width * (1 - (now - time) / span));

/* The path of a line; a gap of the history (a server that was away) is a gap
 * of the line. */
export const linePath = (times, values, area) => {
  const { now, width, height, max, interval, span } = area;
  const top = Math.max(max, 1);
  let before = null;
  return times.map((time, i) => {
    const x = Math.max(0, xOf(time, now, width, span)).toFixed(1);
    const y = (height - height * values[i] / top).toFixed(1);
    const isNew = before === null || time - before > 3 * interval;
    before = time;
    return `${isNew ? 'M' : 'L'}${x} ${y}`;
  }).join('');
};

/* The bars of what happened: {x, height, value} for each that is not 0. */
export const bars = (times, values, { now, width, height, max, span }) => times
  .map((time, i) => ({ x: xOf(time, now, width, span), value: values[i],
    height: Math.max(3, height * values[i] / Math.max(max, 1)) }))
  .filter(({ value, x }) => value > 0 && x >= 0);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The view to operate: what the server counts now, and its last hour. */
import { $, make, setState, setText, svg } from './dom.js';
import { bearer } from './signalling.js';
import {
  bars, gauge, growth, last, linePath, spanOf, sum, timesOf,
} from './timeline.js';

const WIDTH = 720;
const HEIGHT = 48;

const NOW = [
  ['connections', 'connections'], ['clients', 'clients'],
  ['waiting', 'reconnecting'], ['producers', 'streams'],
  ['sessions', 'sessions'], ['rooms', 'rooms'],
];
const CHARTS = [
  { title: 'Connections', field: 'connections', kind: 'line', tone: 'idle' },
  { title: 'Sessions', field: 'sessions', kind: 'line', tone: 'idle' },
  { title: 'Reconnects', field: 'resumed', kind: 'bars', tone: 'fair' },
  { title: 'Clients lost', field: 'lost', kind: 'bars', tone: 'bad' },
  { title: 'Gaps (room messages lost)', field: 'messages_lost', kind: 'bars',
    tone: 'bad' },
];

export class OperateView {
  constructor (app) {
    this.app = app;
    $('token-form').addEventListener('submit', (event) => {
      event.preventDefault();
      app.setToken($('token').value.trim());
      this.load();
    });
  }

  open () {
    this.load();
    this.timer = setInterval(() => this.load(), 5000);
  }

  close () { clearInterval(this.timer); }

  async load () {
    try {
      const answer = await fetch('/webrtc/history', {
        headers: bearer(this.app.signalling.accessToken),
      });
      if (!answer.ok)
        throw new Error(answer.status === 401
          ? 'the server wants a token' : `the server answers ${answer.status}`);
      this.show(await answer.json());
      setState($('operate-state'), { text: 'live', tone: 'good' });
    } catch (error) {
      setState($('operate-state'), {
        text: error instanceof TypeError ? 'the server does not answer'
          : error.message, tone: 'bad',
      });
    }
  }

  show (history) {
    $('numbers').replaceChildren(...NOW.map(([field, label]) => make(
      'div', {}, make('dt', {}, label),
      make('dd', { 'data-field': field }, String(last(gauge(history, field)))))));
    this.showQuality(history);
    const now = last(timesOf(history));
    const minutes = spanOf(timesOf(history), now) / 60;
    setText($('axis-begin'), `${minutes} min ago`);
    setText($('axis-middle'), `${minutes / 2} min ago`);
    $('charts').replaceChildren(...CHARTS.map((chart) => (
      drawChart(chart, history, now))));
  }

  showQuality (history) {
    const values = ['good', 'fair', 'poor']
      .map((field) => last(gauge(history, field)));
    const all = sum(values);
    ['good', 'fair', 'poor'].forEach((field, i) => {
      const bar = $(`quality-${field}`);
      bar.style.flexGrow = values[i];
      bar.hidden = values[i] === 0;
    });
    setText($('quality-words'), all === 0 ? 'no client reports its quality'
      : `${values[0]} good, ${values[1]} fair, ${values[2]} poor`);
  }
}

const drawChart = (chart, history, now) => {
  const times = timesOf(history);
  const isLine = chart.kind === 'line';
  const values = (isLine ? gauge : growth)(history, chart.field);
  const max = Math.max(0, ...values);
  const area = {
    now, width: WIDTH, height: HEIGHT, max, interval: history.interval_s,
    span: spanOf(times, now),
  };
  const words = isLine ? `${last(values)} now, at most ${max}`
    : `${sum(values)} in the last hour`;
  const picture = svg('svg', {
    viewBox: `0 -2 ${WIDTH} ${HEIGHT + 4}`, preserveAspectRatio: 'none',
    role: 'img', 'aria-label': `${chart.title}: ${words}`,
    'data-tone': chart.tone,
  });
  if (isLine)
    picture.append(svg('path', { d: linePath(times, values, area) }));
  else
    bars(times, values, area).forEach(({ x, height }) => picture.append(
      svg('rect', { x: x - 2, y: HEIGHT - height, width: 4, height })));
  return make('figure', { 'data-field': chart.field },
              make('figcaption', {}, make('b', {}, chart.title),
                   make('span', {}, words)), picture);
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Joins the parts of the page and shows one view at a time. */
import { $, setState } from './dom.js';
import { ListenView } from './listen.js';
import { MediaSessions } from './media-sessions.js';
import { Microphone } from './microphone.js';
import { OperateView } from './operate.js';
import { qualityOf, worstOf } from './quality-report.js';
import { RoomAudio } from './room-audio.js';
import { RoomMember } from './room.js';
import { RoomView } from './room-view.js';
import { Sender } from './sender.js';
import { Signalling } from './signalling.js';
import { TalkView } from './talk.js';
import { Tone } from './tone.js';

const VIEWS = ['listen', 'talk', 'room', 'operate'];
const QUALITY_MS = 5000;

class App {
  constructor () {
    this.audio = new AudioContext();
    this.tone = new Tone(this.audio, localStorage);
    this.name = localStorage.getItem('name')
      || `guest-${Math.floor(1000 + 9000 * Math.random())}`;
    this.takeTokenFromAddress();
    this.signalling = new Signalling(
      `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/`,
      { token: sessionStorage.getItem('token') || '' });
    this.sessions = new MediaSessions(this.signalling);
    this.microphone = new Microphone(localStorage);
    this.member = new RoomMember(this.signalling, this.microphone);
    this.sender = new Sender(this.sessions, this.microphone);
    this.roomAudio = new RoomAudio(this);
    this.views = {
      listen: new ListenView(this), talk: new TalkView(this),
      room: new RoomView(this), operate: new OperateView(this),
    };
    this.reported = new Map();
  }

  start () {
    $('name').value = this.name;
    $('room-id').value = localStorage.getItem('room') || '';
    this.member.addEventListener('change', () => {
      if (this.member.room)
        localStorage.setItem('room', this.member.room.id);
    });
    this.signalling.setStatus(['listener'], null);
    this.signalling.addEventListener('state', () => this.showServer());
    this.signalling.addEventListener('refused', () => setState(
      $('server'), { text: 'the server wants a token: see Operate',
        tone: 'bad' }));
    this.showServer();
    window.addEventListener('hashchange', () => this.showView());
    window.addEventListener('online', () => this.signalling.reconnectNow());
    window.addEventListener('pagehide', () => this.signalling.stop());
    window.addEventListener('pageshow', (event) => {
      if (event.persisted)
        location.reload();
    });
    setInterval(() => this.reportQuality(), QUALITY_MS);
    this.showView();
    this.signalling.start();
  }

  /* A link may bring the token; it stays neither in the address nor beyond
   * this tab. */
  takeTokenFromAddress () {
    const match = /^#token=(.*)$/.exec(location.hash);
    if (!match)
      return;
    sessionStorage.setItem('token', decodeURIComponent(match[1]));
    history.replaceState(null, '', location.pathname);
  }

  setToken (token) {
    sessionStorage.setItem('token', token);
    this.signalling.setAccessToken(token);
  }

  setName (name) {
    this.name = name;
    localStorage.setItem('name', name);
  }

  /* Sound needs a click of the user first. */
  wake () {
    if (this.audio.state === 'suspended')
      this.audio.resume();
  }

  showServer () {
    const { state, downSince } = this.signalling;
    const since = new Date(downSince).toLocaleTimeString(
      [], { hour: '2-digit', minute: '2-digit' });
    setState($('server'), {
      open: { text: 'server connected', tone: 'good' },
      connecting: { text: 'connecting to the server', tone: 'fair' },
      down: { text: `no server since ${since}`, tone: 'bad' },
    }[state]);
  }

  showView () {
    const wanted = location.hash.slice(1);
    const view = VIEWS.includes(wanted) ? wanted : 'listen';
    if (view === this.view)
      return;
    if (this.view)
      this.views[this.view].close();
    this.view = view;
    VIEWS.forEach((name) => {
      $(name).hidden = name !== view;
      const link = document.querySelector(`nav a[href="#${name}"]`);
      if (name === view)
        link.setAttribute('aria-current', 'page');
      else
        link.removeAttribute('aria-current');
    });
    this.views[view].open();
  }

  reportQuality () {
    const lines = [...this.views.listen.lines.values(),
      ...this.roomAudio.lines.values()];
    const qualities = lines.map((line) => {
      const path = line.receiver.current;
      if (!path)
        return null;
      const before = this.reported.get(path) || path.seen;
      this.reported.set(path, path.seen);
      return qualityOf(before, path.seen);
    });
    const present = new Set(lines.map((line) => line.receiver.current));
    this.reported.forEach((_, path) => {
      if (!present.has(path))
        this.reported.delete(path);
    });
    const worst = worstOf(qualities);
    if (worst)
      this.signalling.sendNow({ type: 'reportQuality', ...worst });
  }
}

const app = new App();
app.start();
/* For a look from the console, and for tests. */
window.app = app;

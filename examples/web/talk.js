/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The view to talk: the key, the floor, the microphone and its mute. */
import { $, make, setState, setText } from './dom.js';
import { TrackMeter } from './meter.js';
import { Microphone } from './microphone.js';
import { nameOfMember } from './room-state.js';

/* The state of the floor for this member, in words. Pure. */
export const describeFloor = ({ key, muted, holderName, isSelf, joined, now }) => {
  if (!joined)
    return { text: 'not in a room', tone: 'idle' };
  if (key.isOpen && muted)
    return { text: 'muted: nobody hears you', tone: 'bad' };
  if (key.isOpen)
    return {
      text: key.mode === 'open' || !key.endsAt ? 'you are on air'
        : `you are on air, ${Math.max(0, Math.ceil((key.endsAt - now) / 1000))} s left`,
      tone: 'good',
    };
  if (key.isHeld && key.floor === 'queued')
    return { text: `waiting, number ${key.position}`, tone: 'fair' };
  if (key.isHeld && key.floor === 'asked')
    return { text: 'asking for the floor', tone: 'fair' };
  if (key.isHeld && key.floor === 'idle' && key.mode === 'floor')
    return { text: 'your time is over: let go', tone: 'bad' };
  if (holderName && !isSelf)
    return { text: `${holderName} is on air`, tone: 'fair' };
  return { text: 'the floor is free', tone: 'idle' };
};

const isTyping = (element) => (
  element.closest('input:not([type=checkbox], [type=radio]), textarea, select'));

export class TalkView {
  constructor (app) {
    this.app = app;
    this.meter = null;
    this.keyAt = -Infinity;
    $('join').addEventListener('submit', (event) => this.onJoin(event));
    $('leave').addEventListener('click', () => app.member.leave());
    $('mute').addEventListener('click', () => this.onMute());
    $('microphones').addEventListener('change', () => (
      app.microphone.choose($('microphones').value)));
    document.querySelectorAll('[name=mode]').forEach((radio) => (
      radio.addEventListener('change', () => app.member.setMode(radio.value))));
    this.bindKey($('talk-key'));
    app.member.addEventListener('change', () => this.show());
    app.microphone.addEventListener('change', () => this.onMicrophone());
    if (navigator.mediaDevices)
      navigator.mediaDevices.addEventListener(
        'devicechange', () => this.listMicrophones());
    this.listMicrophones();
    this.show();
  }

  open () { this.timer = setInterval(() => this.show(), 500); }

  close () {
    clearInterval(this.timer);
    if (this.app.member.key.mode === 'floor')
      this.app.member.letGo();
  }

  /* A pointer, the space bar or Enter; every way of losing them lets go. */
  bindKey (button) {
    const { member } = this.app;
    const letGo = () => {
      if (member.key.mode === 'floor')
        member.letGo();
    };
    button.addEventListener('pointerdown', (event) => {
      if (event.button !== 0)
        return;
      button.setPointerCapture(event.pointerId);
      this.onPress();
    });
    ['pointerup', 'pointercancel', 'lostpointercapture']
      .forEach((type) => button.addEventListener(type, letGo));
    button.addEventListener('click', (event) => this.onClick(event));
    button.addEventListener('contextmenu', (event) => event.preventDefault());
    document.addEventListener('keydown', (event) => {
      if (!this.isTalkKey(event))
        return;
      event.preventDefault();
      if (!event.repeat)
        this.onPress();
    });
    document.addEventListener('keyup', (event) => {
      if (event.code !== 'Space' && event.code !== 'Enter')
        return;
      this.keyAt = event.timeStamp;
      letGo();
    });
    window.addEventListener('blur', letGo);
    document.addEventListener('visibilitychange', () => {
      if (document.hidden)
        letGo();
    });
  }

  /* Of assistive technology, which has neither pointer nor keys: it cannot
   * hold, so that one click presses and the next lets go. */
  onClick (event) {
    if (event.detail !== 0 || this.keyAt > event.timeStamp - 1000)
      return;
    if (this.app.member.key.isHeld)
      this.app.member.letGo();
    else
      this.onPress();
  }

  isTalkKey ({ code, target }) {
    const onKey = target === $('talk-key');
    if (code === 'Enter')
      return onKey;
    return code === 'Space' && this.app.view === 'talk'
      && this.app.member.room !== null && (onKey || !(target.closest
        && (isTyping(target) || target.closest('button, a, label'))));
  }

  onPress () {
    const { member, microphone } = this.app;
    if (!member.room || microphone.isMuted)
      return;
    this.app.wake();
    if (member.key.mode === 'open' && member.key.isHeld)
      member.letGo();
    else
      member.press();
  }

  onJoin (event) {
    event.preventDefault();
    this.app.wake();
    this.app.setName($('name').value.trim());
    this.app.member.join($('room-id').value.trim(), this.app.name, true);
  }

  async onMute () {
    const { microphone } = this.app;
    this.app.wake();
    if (!microphone.isMuted) {
      this.app.member.letGo();
      microphone.mute();
      return;
    }
    await microphone.unmute();
    this.listMicrophones();
  }

  onMicrophone () {
    const { microphone } = this.app;
    if (!this.meter) {
      this.meter = new TrackMeter(this.app.audio, 'level of your microphone');
      $('microphone-level').replaceChildren(this.meter.element);
    }
    if (this.measured !== microphone.track)
      this.meter.setTrack(microphone.track);
    this.measured = microphone.track;
    this.show();
  }

  async listMicrophones () {
    const devices = await Microphone.list();
    const chosen = this.app.microphone.deviceId;
    $('microphones').replaceChildren(
      make('option', { value: '' }, 'Default'),
      ...devices.filter(({ deviceId, label }) => deviceId && label)
        .map(({ deviceId, label }) => make(
          'option', { value: deviceId, selected: deviceId === chosen },
          label)));
  }

  show () {
    const { member, microphone, signalling } = this.app;
    const { key, room } = member;
    const muted = microphone.isMuted;
    $('join').hidden = room !== null && member.talks;
    $('talk-panel').hidden = room === null || !member.talks;
    if (room)
      setText($('talk-room'), `${room.id}, as ${member.name}`);
    setText($('mute'), muted ? 'Unmute microphone' : 'Mute microphone');
    $('mute').setAttribute('aria-pressed', String(muted));
    setState($('microphone-state'), microphone.error
      ? { text: microphone.error, tone: 'bad' }
      : muted ? { text: 'muted', tone: 'bad' }
        : { text: key.isOpen ? 'open' : 'ready, nothing is sent', tone: 'idle' });
    $('talk-key').setAttribute('aria-pressed', String(key.isHeld));
    $('talk-key').setAttribute('aria-disabled', String(muted));
    $('talk-key').dataset.air = String(member.isOnAir);
    setText($('talk-key').firstElementChild, keyText(key, muted));
    $('talk-key').lastElementChild.hidden = muted || key.isHeld;
    setState($('floor'), describeFloor({
      key, muted, joined: room !== null && room.isJoined,
      holderName: room && nameOfMember(room.members.get(room.holder)),
      isSelf: room && room.holder === signalling.peerId, now: Date.now(),
    }));
    setText($('join-error'), member.error || '');
    setText($('talk-error'), member.error || '');
  }
}

const keyText = (key, muted) => {
  if (muted)
    return 'Unmute to talk';
  if (key.mode === 'open')
    return key.isHeld ? 'Click to stop' : 'Click to talk';
  return key.isOpen ? 'Talking' : 'Hold to talk';
};

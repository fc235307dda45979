/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The microphone and its two locks. Muted: it is not captured at all, and the
 * browser's recording mark is off. Unmuted, but with the gate closed: captured,
 * and nothing of it leaves the page. Only unmute(), that is a click of the
 * user, ever starts a capture; a page that is loaded begins muted.
 *
 * Events: 'change'. */

export class Microphone extends EventTarget {
  constructor (storage) {
    super();
    this.storage = storage;
    this.deviceId = storage.getItem('microphone') || '';
    this.track = null;
    this.isOpen = false;
    this.error = null;
    this.senders = new Set();
    this.work = Promise.resolve();
    this.generation = 0;
  }

  get isMuted () { return this.track === null; }

  async unmute () {
    const generation = ++this.generation;
    this.error = null;
    try {
      if (!navigator.mediaDevices)
        throw new Error('a page needs https:// for the microphone');
      const stream = await navigator.mediaDevices.getUserMedia({ audio: {
        ...(this.deviceId ? { deviceId: { exact: this.deviceId } } : {}),
        echoCancellation: true, noiseSuppression: true, autoGainControl: true,
      } });
      this.take(stream.getAudioTracks()[0], generation);
    } catch (error) {
      this.error = error.message;
    }
    this.changed();
  }

  /* The user may have muted again while the browser asked. */
  take (track, generation) {
    if (generation !== this.generation) {
      track.stop();
      return;
    }
    this.release();
    this.track = track;
    track.enabled = this.isOpen;
    track.onended = () => {
      if (this.track !== track)
        return;
      this.error = 'the microphone is gone';
      this.mute();
    };
  }

  release () {
    if (!this.track)
      return;
    this.track.onended = null;
    this.track.enabled = false;
    this.track.stop();
    this.track = null;
  }

  mute () {
    this.generation += 1;
    this.release();
    this.changed();
  }

  async choose (deviceId) {
    this.deviceId = deviceId;
    this.storage.setItem('microphone', deviceId);
    if (!this.isMuted)
      await this.unmute();
  }

  /* The gate: at once for the samples, and a moment later for the packets. */
  setOpen (open) {
    if (open === this.isOpen)
      return;
    this.isOpen = open;
    this.changed();
  }

  changed () {
    if (this.track)
      this.track.enabled = this.isOpen;
    this.senders.forEach((sender) => this.update(sender));
    this.dispatchEvent(new CustomEvent('change'));
  }

  get sentTrack () { return this.isOpen ? this.track : null; }

  /* An RTCRtpSender of a session gets the track whenever the gate is open. */
  addSender (sender) {
    this.senders.add(sender);
    this.update(sender);
  }

  removeSender (sender) { this.senders.delete(sender); }

  update (sender) {
    this.work = this.work.then(() => sender.replaceTrack(this.sentTrack))
      .catch(() => this.senders.delete(sender));
  }

  static async list () {
    if (!navigator.mediaDevices)
      return [];
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter((device) => device.kind === 'audioinput');
  }
}

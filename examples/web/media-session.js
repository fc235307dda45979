/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One RTCPeerConnection and its part of signalling. media-sessions.js owns
 * them; the one side receives a stream, the other sends the microphone. */
import { askForStereo } from './sdp.js';

export class MediaSession {
  /* send: a function for {sdp} and {ice} of this session. */
  constructor (sessionId, iceServers, send) {
    this.sessionId = sessionId;
    this.send = send;
    this.candidates = [];
    this.isClosed = false;
    this.pc = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' });
    this.pc.onicecandidate = ({ candidate }) => {
      if (candidate && candidate.candidate)
        this.send({ ice: {
          candidate: candidate.candidate,
          sdpMLineIndex: candidate.sdpMLineIndex,
        } });
    };
    this.work = Promise.resolve();
  }

  /* One after the other, in the order of signalling. */
  enqueue (func) {
    this.work = this.work.then(() => (this.isClosed ? null : func()))
      .catch((error) => {
        if (!this.isClosed)
          console.warn(`session ${this.sessionId}: ${error.message}`);
      });
  }

  handle (message) {
    if (message.sdp)
      this.enqueue(() => this.onDescription(message.sdp));
    else if (message.ice)
      this.enqueue(() => this.onCandidate(message.ice));
  }

  async onDescription (sdp) {
    await this.pc.setRemoteDescription(sdp);
    const early = this.candidates;
    this.candidates = [];
    for (const candidate of early)
      await this.pc.addIceCandidate(candidate).catch(() => null);
    if (sdp.type === 'offer')
      await this.answer();
  }

  async onCandidate (ice) {
    if (!ice.candidate)
      return;
    if (this.pc.remoteDescription)
      await this.pc.addIceCandidate(ice).catch(() => null);
    else
      this.candidates.push(ice);
  }

  async answer () {
    const answer = await this.pc.createAnswer();
    await this.pc.setLocalDescription(
      { type: 'answer', sdp: askForStereo(answer.sdp) });
    this.send({ sdp: { type: 'answer', sdp: this.pc.localDescription.sdp } });
  }

  async offer () {
    await this.pc.setLocalDescription(await this.pc.createOffer());
    this.send({ sdp: { type: 'offer', sdp: this.pc.localDescription.sdp } });
  }

  close () {
    this.isClosed = true;
    this.pc.onicecandidate = null;
    this.pc.ontrack = null;
    this.pc.close();
  }
}

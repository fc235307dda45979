/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sends the microphone to everybody who asks for it: a session for each. They
 * live on while the WebSocket is away. */

export class Sender {
  constructor (sessions, microphone) {
    this.sessions = sessions;
    this.microphone = microphone;
    this.active = new Set();
    sessions.onConsumer = (session, offer) => this.add(session, offer);
  }

  add (session, offer) {
    this.active.add(session);
    session.onEnd = () => this.remove(session);
    session.pc.onconnectionstatechange = () => {
      if (session.pc.connectionState === 'failed') {
        this.remove(session);
        this.sessions.end(session);
      }
    };
    if (offer)
      session.enqueue(() => this.answer(session, offer));
    else
      session.enqueue(() => this.offer(session));
  }

  remove (session) {
    this.active.delete(session);
    if (session.rtpSender)
      this.microphone.removeSender(session.rtpSender);
  }

  async offer (session) {
    const { sender } = session.pc.addTransceiver(
      'audio', { direction: 'sendonly' });
    session.rtpSender = sender;
    await session.offer();
    this.microphone.addSender(sender);
  }

  async answer (session, sdp) {
    await session.pc.setRemoteDescription({ type: 'offer', sdp });
    const [transceiver] = session.pc.getTransceivers();
    if (transceiver) {
      transceiver.direction = 'sendonly';
      session.rtpSender = transceiver.sender;
    }
    await session.answer();
    if (transceiver)
      this.microphone.addSender(transceiver.sender);
  }
}

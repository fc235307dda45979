/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* werift as an ordinary peer: node werift.mjs listen|speak SERVER NAME [PORT] */
import {
  MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters,
} from 'werift';
import { Client } from './client.mjs';
import { makeEar, receiveRtp } from './packages.mjs';

const [role, server, name, port] = process.argv.slice(2);
const hear = role === 'listen' ? await makeEar() : null;
const track = new MediaStreamTrack({ kind: 'audio' });
if (role === 'speak')
  receiveRtp(+port, (packet) => track.writeRtp(packet));

const openPeer = ({ onCandidate, onClosed }) => {
  const connection = new RTCPeerConnection({
    iceServers: [],
    codecs: { audio: [new RTCRtpCodecParameters({
      mimeType: 'audio/opus', clockRate: 48000, channels: 2, payloadType: 96,
    })] },
  });
  connection.onIceCandidate.subscribe((candidate) => {
    if (candidate?.candidate)
      onCandidate(candidate.candidate, candidate.sdpMLineIndex ?? 0);
  });
  connection.connectionStateChange.subscribe((state) => {
    if (['failed', 'closed'].includes(state))
      onClosed();
  });
  connection.onTrack.subscribe((remote) =>
    remote.onReceiveRtp.subscribe((rtp) => hear?.(rtp.payload)));
  const describe = async (description) => {
    await connection.setLocalDescription(description);
    return connection.localDescription.sdp;
  };
  return {
    offer: async () => {
      connection.addTransceiver(track, { direction: 'sendonly' });
      return describe(await connection.createOffer());
    },
    answer: async (sdp) => {
      await connection.setRemoteDescription({ type: 'offer', sdp });
      return describe(await connection.createAnswer());
    },
    accept: (sdp) => connection.setRemoteDescription({ type: 'answer', sdp }),
    candidate: (candidate, sdpMLineIndex) =>
      connection.addIceCandidate({ candidate, sdpMLineIndex }),
    close: () => connection.close(),
  };
};

new Client(role, server, name, openPeer);

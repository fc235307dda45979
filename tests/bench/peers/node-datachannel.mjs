/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* node-datachannel (libdatachannel) as an ordinary peer:
 * node node-datachannel.mjs listen|speak SERVER NAME [PORT] */
import { Audio, PeerConnection } from 'node-datachannel';
import { Client } from './client.mjs';
import { makeEar, receiveRtp } from './packages.mjs';
import { getPayload } from './rtp.mjs';

const PAYLOAD_TYPE = 111;
const SSRC = 42;

const [role, server, name, port] = process.argv.slice(2);
const hear = role === 'listen' ? await makeEar() : null;
const tracks = new Set();
if (role === 'speak')
  receiveRtp(+port, (packet) => tracks.forEach((track) => {
    if (track.isOpen())
      track.sendMessageBinary(packet);
  }));

const openPeer = ({ onCandidate, onClosed }) => {
  const connection = new PeerConnection(name, { iceServers: [] });
  const mids = ['0'];
  let described;
  let track;
  const description = new Promise((resolve) => { described = resolve; });
  connection.onLocalDescription(described);
  connection.onLocalCandidate((candidate, mid) => onCandidate(
    candidate.replace(/^a=/, ''), Math.max(mids.indexOf(mid), 0)));
  connection.onStateChange((state) => {
    if (['failed', 'closed'].includes(state))
      onClosed();
  });
  connection.onTrack((remote) => {
    track = remote;
    track.onMessage((packet) => {
      const payload = getPayload(packet);
      if (payload)
        hear?.(payload);
    });
  });
  return {
    offer: () => {
      const audio = new Audio('0', 'SendOnly');
      audio.addOpusCodec(PAYLOAD_TYPE);
      audio.addSSRC(SSRC, 'tone');
      track = connection.addTrack(audio);
      tracks.add(track);
      connection.setLocalDescription();
      return description;
    },
    answer: (sdp) => {
      mids.splice(0, 1, ...[...sdp.matchAll(/^a=mid:(\S+)/gm)].map((m) => m[1]));
      connection.setRemoteDescription(sdp, 'offer');
      return description;
    },
    accept: (sdp) => connection.setRemoteDescription(sdp, 'answer'),
    candidate: (candidate, mline) =>
      connection.addRemoteCandidate(candidate, mids[mline] ?? mids[0]),
    close: () => {
      tracks.delete(track);
      connection.close();
    },
  };
};

new Client(role, server, name, openPeer);

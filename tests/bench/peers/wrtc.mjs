/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* @roamhq/wrtc (libwebrtc) as an ordinary peer:
 * node wrtc.mjs listen|speak SERVER NAME */
import wrtc from '@roamhq/wrtc';
import { Client } from './client.mjs';
import { Meter } from './report.mjs';

const RATE = 48000;
const FRAME = RATE / 100; /* what its sources take */
const TONE_HZ = 440;
const AMPLITUDE = 0.178;

const [role, server, name] = process.argv.slice(2);
const meter = role === 'listen' ? new Meter() : null;

const source = new wrtc.nonstandard.RTCAudioSource();
const track = source.createTrack();
let position = 0;
const speakFrame = () => {
  const samples = new Int16Array(FRAME);
  for (let i = 0; i < FRAME; i++, position++)
    samples[i] = 32767 * AMPLITUDE *
      Math.sin(2 * Math.PI * TONE_HZ * position / RATE);
  source.onData({
    samples, sampleRate: RATE, bitsPerSample: 16, channelCount: 1,
    numberOfFrames: FRAME,
  });
};
if (role === 'speak') {
  const begin = performance.now();
  setInterval(() => {
    while (position < (performance.now() - begin) * RATE / 1000)
      speakFrame();
  }, 10);
}

const listenTo = (remote) => {
  const sink = new wrtc.nonstandard.RTCAudioSink(remote);
  sink.ondata = ({ samples }) =>
    meter.add(Float32Array.from(samples, (sample) => sample / 32768));
};

let former = 0; /* packets of the sessions before */
const countPackets = async (connection) => {
  (await connection.getStats()).forEach((report) => {
    if (report.type === 'inbound-rtp')
      meter.packets = former + report.packetsReceived;
  });
};

const openPeer = ({ onCandidate, onClosed }) => {
  const connection = new wrtc.RTCPeerConnection({ iceServers: [] });
  const timer = meter && setInterval(() => countPackets(connection), 50);
  connection.onicecandidate = ({ candidate }) => {
    if (candidate?.candidate)
      onCandidate(candidate.candidate, candidate.sdpMLineIndex);
  };
  connection.onconnectionstatechange = () => {
    if (['failed', 'closed'].includes(connection.connectionState))
      onClosed();
  };
  connection.ontrack = (event) => listenTo(event.track);
  const describe = async (description) => {
    await connection.setLocalDescription(description);
    return description.sdp;
  };
  return {
    offer: async () => {
      connection.addTrack(track);
      return describe(await connection.createOffer());
    },
    answer: async (sdp) => {
      await connection.setRemoteDescription({ type: 'offer', sdp });
      return describe(await connection.createAnswer());
    },
    accept: (sdp) => connection.setRemoteDescription({ type: 'answer', sdp }),
    candidate: (candidate, sdpMLineIndex) =>
      connection.addIceCandidate({ candidate, sdpMLineIndex }),
    close: () => {
      clearInterval(timer);
      former = meter ? meter.packets : 0;
      connection.close();
    },
  };
};

new Client(role, server, name, openPeer);

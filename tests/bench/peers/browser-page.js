/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs in the browser: a page with gstwebrtc-api, which requests a session again
 * when it has none, and offers its microphone again when it was gone. Its lines
 * (report.mjs) go to the console. */
import GstWebRTCAPI from '/gstwebrtc-api.js';

const now = () =>
  Math.round((performance.timeOrigin + performance.now()) * 1e3);
const reportSession = (event) => console.log(`S ${now()} ${event}`);
const toDecibels = (power) => (power > 1e-10 ? 10 * Math.log10(power) : -100);

const connect = (server, name) => new GstWebRTCAPI({
  meta: { name },
  signalingServerUrl: server,
  reconnectionTimeout: 1000,
  webrtcConfig: { iceServers: [], bundlePolicy: 'max-bundle' },
});

/* ---- It listens ---- */

let session = null;
let former = 0; /* packets of the sessions before */
let packets = 0;
let energy = 0;
let duration = 0;
let context;
let analyser;

const findInbound = async () => {
  const connection = session?.rtcPeerConnection;
  const reports = connection ? await connection.getStats() : new Map();
  return [...reports.values()].find(
    (report) => report.type === 'inbound-rtp' && report.kind === 'audio');
};

/* Firefox has no AudioContext that runs where there is no sound card, and
 * Chromium counts no energy of an element that is muted. */
const takeEnergy = ({ totalAudioEnergy, totalSamplesDuration }) => {
  const power = totalSamplesDuration > duration
    ? (totalAudioEnergy - energy) / (totalSamplesDuration - duration) : 0;
  energy = totalAudioEnergy;
  duration = totalSamplesDuration;
  return power;
};

const reportAudio = async () => {
  const inbound = await findInbound();
  let power = measurePower();
  if (inbound) {
    packets = former + inbound.packetsReceived;
    power = Math.max(power, takeEnergy(inbound));
  }
  console.log(`A ${now()} ${packets} ${toDecibels(power).toFixed(1)}`);
};

/* Without an element that plays it, a browser pulls nothing from a track. */
const play = (stream) => {
  const element = document.createElement('audio');
  element.srcObject = stream;
  element.muted = true;
  element.play();
  context ??= new AudioContext();
  analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
};

const measurePower = () => {
  if (!analyser)
    return 0;
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  return samples.reduce((sum, s) => sum + s * s, 0) / samples.length;
};

const request = (api, name) => {
  const producer = api.getAvailableProducers()
    .find((candidate) => candidate.meta?.name === name);
  if (session || !producer)
    return;
  session = api.createConsumerSession(producer.id);
  reportSession('request');
  session.addEventListener('streamsChanged', () => session.streams.forEach(play));
  session.addEventListener('rtcPeerConnectionChanged', () => {
    if (session.rtcPeerConnection)
      reportSession('open');
  });
  session.addEventListener('closed', () => {
    reportSession('end');
    session = null;
    former = packets;
    energy = duration = 0;
    request(api, name);
  });
  session.connect();
};

window.listen = (server, name) => {
  const api = connect(server, 'listener');
  api.registerPeerListener({ producerAdded: () => request(api, name) });
  setInterval(() => request(api, name), 1000);
  setInterval(reportAudio, 50);
};

/* ---- It speaks ---- */

const produce = (api, stream) => {
  const producer = api.createProducerSession(stream);
  producer?.addEventListener('clientConsumerAdded', () => reportSession('open'));
  producer?.addEventListener('clientConsumerRemoved', () => reportSession('end'));
  producer?.start();
};

window.speak = async (server, name) => {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: {
      echoCancellation: false, noiseSuppression: false, autoGainControl: false,
    },
  });
  const api = connect(server, name);
  api.registerConnectionListener({
    connected: () => produce(api, stream),
    disconnected: () => {},
  });
};

window.ready = true;

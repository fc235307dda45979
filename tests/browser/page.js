/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs in the browser: an ordinary peer by gstwebrtc-api, with functions on
 * window for peer.mjs to call. */
import GstWebRTCAPI from '/gstwebrtc-api.js';

const connect = (server, name) => new Promise((resolve, reject) => {
  const api = new GstWebRTCAPI({
    meta: { name },
    signalingServerUrl: server,
    webrtcConfig: { iceServers: [], bundlePolicy: 'max-bundle' },
  });
  api.registerConnectionListener({
    connected: () => resolve(api),
    disconnected: () => reject(new Error('the signalling server hung up')),
  });
});

const producerNamed = (api, name) => new Promise((resolve) => {
  const look = (producer) => {
    if (producer.meta && producer.meta.name === name)
      resolve(producer);
  };
  api.registerPeerListener({ producerAdded: look });
  api.getAvailableProducers().forEach(look);
});

const firstStream = (session) => new Promise((resolve, reject) => {
  session.addEventListener('error', (event) => reject(
    new Error(`${event.message}: ${event.error && event.error.message}`)));
  session.addEventListener('closed', () => reject(new Error('closed')));
  session.addEventListener('streamsChanged', () => {
    if (session.streams.length > 0)
      resolve(session.streams[0]);
  });
});

const decibels = (power) => (power > 0 ? 10 * Math.log10(power) : -120);

/* The loudest of the last frames, and where in the spectrum its peak is. */
const analyse = async (stream, seconds) => {
  /* Without an element that plays it, Chromium pulls nothing from a track. */
  const element = document.createElement('audio');
  element.srcObject = stream;
  element.muted = true;
  await element.play();
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const spectrum = new Float32Array(analyser.frequencyBinCount);
  const result = { level: -120, frequency: 0 };
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    analyser.getFloatTimeDomainData(samples);
    analyser.getFloatFrequencyData(spectrum);
    const power = samples.reduce((sum, s) => sum + s * s, 0) / samples.length;
    if (decibels(power) < result.level)
      continue;
    const bin = spectrum.reduce(
      (best, value, i) => (value > spectrum[best] ? i : best), 0);
    result.level = decibels(power);
    result.frequency = bin * context.sampleRate / analyser.fftSize;
  }
  return result;
};

const inbound = async (connection) => {
  const result = {};
  (await connection.getStats()).forEach((report) => {
    if (report.type === 'inbound-rtp' && report.kind === 'audio') {
      result.packets = report.packetsReceived;
      result.lost = report.packetsLost;
      result.concealed = report.concealedSamples;
      result.samples = report.totalSamplesReceived;
    } else if (report.type === 'codec') {
      result.codec = report.mimeType;
      result.channels = report.channels;
    }
  });
  return result;
};

let session;

/* Consumes the producer of that name and measures what it sends. */
window.listen = async ({ server, name, seconds, offer }) => {
  const api = await connect(server, 'listener');
  const producer = await producerNamed(api, name);
  session = offer
    ? api.createConsumerSessionWithOfferOptions(
      producer.id, { offerToReceiveAudio: true })
    : api.createConsumerSession(producer.id);
  const stream = firstStream(session);
  session.connect();
  const heard = await analyse(await stream, seconds);
  return { ...heard, ...await inbound(session.rtcPeerConnection) };
};

/* Produces the (fake) microphone, as it is, until the page is closed. */
window.speak = async ({ server, name }) => {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: {
      echoCancellation: false, noiseSuppression: false, autoGainControl: false,
    },
  });
  const api = await connect(server, name);
  session = api.createProducerSession(stream);
  await new Promise((resolve, reject) => {
    session.addEventListener('error', (event) => reject(
      new Error(event.message)));
    session.addEventListener('stateChanged', () => {
      if (session.state === GstWebRTCAPI.SessionState.streaming)
        resolve();
    });
    session.start();
  });
  window.consumers = 0;
  session.addEventListener('clientConsumerAdded', () => window.consumers++);
  session.addEventListener('clientConsumerRemoved', () => window.consumers--);
};

/* A clean end: the producer or the session goes. */
window.leave = () => session.close();
window.ready = true;

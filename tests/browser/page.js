/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs in the browser: an ordinary peer by gstwebrtc-api, with functions on
 * window for peer.mjs to call. */
import GstWebRTCAPI from '/gstwebrtc-api.js';
import { createWays } from '/muting.js';

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

const channel = (context, splitter, index) => {
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  splitter.connect(analyser, index);
  return {
    analyser,
    samples: new Float32Array(analyser.fftSize),
    spectrum: new Float32Array(analyser.frequencyBinCount),
    level: -120,
    frequency: 0,
  };
};

/* Keeps the loudest of the frames, and where in the spectrum its peak is. */
const listenTo = ({ analyser, samples, spectrum, ...heard }, rate) => {
  analyser.getFloatTimeDomainData(samples);
  analyser.getFloatFrequencyData(spectrum);
  const power = samples.reduce((sum, s) => sum + s * s, 0) / samples.length;
  if (decibels(power) < heard.level)
    return { analyser, samples, spectrum, ...heard };
  const bin = spectrum.reduce(
    (best, value, i) => (value > spectrum[best] ? i : best), 0);
  return {
    analyser, samples, spectrum,
    level: decibels(power),
    frequency: bin * rate / analyser.fftSize,
  };
};

/* The level on the left (or of mono) and on the right. */
const analyse = async (stream, seconds) => {
  /* Without an element that plays it, Chromium pulls nothing from a track. */
  const element = document.createElement('audio');
  element.srcObject = stream;
  element.muted = true;
  await element.play();
  const context = new AudioContext();
  const splitter = context.createChannelSplitter(2);
  context.createMediaStreamSource(stream).connect(splitter);
  let left = channel(context, splitter, 0);
  let right = channel(context, splitter, 1);
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    left = listenTo(left, context.sampleRate);
    right = listenTo(right, context.sampleRate);
  }
  return {
    level: left.level, frequency: left.frequency, right: right.frequency,
  };
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
let speaker; /* the last arguments of speak() */
const clients = []; /* the sessions in which this page speaks */
const sentBy = new Map(); /* packets by session */

/* Consumes the producer of that name and measures what it sends. */
window.listen = async ({ server, name, seconds, offer }) => {
  const api = await connect(server, 'listener');
  const producer = await producerNamed(api, name);
  session = offer
    ? api.createConsumerSessionWithOfferOptions(
      producer.id, { offerToReceiveAudio: true })
    : api.createConsumerSession(producer.id);
  const stream = firstStream(session);
  session.mungeStereoHack = true;
  session.connect();
  const heard = await analyse(await stream, seconds);
  return { ...heard, ...await inbound(session.rtcPeerConnection) };
};

/* Produces the (fake) microphone, as it is, until the page is closed. */
window.speak = async ({ server, name }) => {
  speaker = { server, name };
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: {
      echoCancellation: false, noiseSuppression: false, autoGainControl: false,
      channelCount: 2,
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
  session.addEventListener('clientConsumerAdded',
                           (event) => clients.push(event.detail));
};

/* Offers again in the session that there is, as an application does that
 * manages the connection itself. */
const renegotiate = async (client, options) => {
  const connection = client.rtcPeerConnection;
  await connection.setLocalDescription(await connection.createOffer(options));
  client._comChannel.send({
    type: 'peer',
    sessionId: client.sessionId,
    sdp: connection.localDescription.toJSON(),
  });
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer')), 5000);
    const look = () => {
      if (connection.signalingState !== 'stable')
        return;
      clearTimeout(timer);
      resolve();
    };
    connection.addEventListener('signalingstatechange', look);
    look();
  });
};

const ways = createWays({
  clients, renegotiate,
  session: () => session,
  announce: () => window.speak(speaker),
});

window.mute = (way) => ways[way].mute();
window.later = (way) => ways[way].later?.();
window.unmute = (way) => ways[way].unmute();

/* On a busy machine a consumer may open a second session before the first one
 * is connected, and close one of them. */
const current = () => clients.filter((client) =>
  client.rtcPeerConnection?.connectionState === 'connected').at(-1);
window.isConnected = () => current() !== undefined;

/* No other session is on its way, which a mute of this one would not reach. */
window.isSettled = () => window.isConnected() && clients.every((client) =>
  ['connected', 'closed', undefined].includes(
    client.rtcPeerConnection?.connectionState));

window.restartIce = () => renegotiate(current(), { iceRestart: true });

/* Of the pair in use; undefined while there is none. */
window.localPort = async () => {
  if (!current())
    return undefined;
  const reports = await current().rtcPeerConnection.getStats();
  const transport = [...reports.values()].find((r) => r.type === 'transport');
  const pair = reports.get(transport?.selectedCandidatePairId);
  return reports.get(pair?.localCandidateId)?.port;
};

const packetsOf = async (client) => {
  let packets = 0;
  (await client.rtcPeerConnection.getStats()).forEach((report) => {
    if (report.type === 'outbound-rtp')
      packets += report.packetsSent;
  });
  return packets;
};

/* How many sessions this page was ever asked for, and what left it so far. A
 * connection that is closed counts as at the last look. */
window.sent = async () => {
  for (const client of clients) {
    if (client.rtcPeerConnection
        && client.rtcPeerConnection.connectionState !== 'closed')
      sentBy.set(client, Math.max(sentBy.get(client) ?? 0,
                                  await packetsOf(client)));
  }
  return {
    sessions: clients.length,
    packets: [...sentBy.values()].reduce((sum, n) => sum + n, 0),
  };
};

/* Redundant audio data (RFC 2198) before Opus, in all offers from now on: a
 * browser offers it behind, and then does not use it. */
window.preferRed = () => {
  const { addTrack } = RTCPeerConnection.prototype;
  const isRed = (codec) => codec.mimeType.toLowerCase() === 'audio/red';
  const { codecs } = RTCRtpSender.getCapabilities('audio');
  const sorted = [...codecs.filter(isRed), ...codecs.filter((c) => !isRed(c))];
  RTCPeerConnection.prototype.addTrack = function (...args) {
    const sender = addTrack.apply(this, args);
    this.getTransceivers().filter((t) => t.sender === sender)
      .forEach((t) => t.setCodecPreferences(sorted));
    return sender;
  };
};

/* A clean end: the producer or the session goes. */
window.leave = () => session.close();
window.ready = true;

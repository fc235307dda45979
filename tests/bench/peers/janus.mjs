/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Watches a stream of a Janus gateway, for a supervisor to restart:
 *
 *   node janus.mjs WS-URI STREAM-ID FRAMES
 *
 * Appends to FRAMES, as rw-tap --frames does. Ends when the connection to the
 * gateway or its media does. */
import { randomUUID } from 'node:crypto';
import { PeerConnection } from 'node-datachannel';
import { WebSocket } from 'ws';
import { openFrames } from './frames.mjs';
import { getPayload } from './rtp.mjs';

const KEEPALIVE_MS = 20000;
const [uri, stream, path] = process.argv.slice(2);
const writeFrame = openFrames(path);
const socket = new WebSocket(uri, 'janus-protocol');
/* At once: an orderly exit waits for libdatachannel's threads. */
const end = () => process.kill(process.pid, 'SIGKILL');
let peer;
let session;
let handle;

const send = (message) => socket.send(JSON.stringify({
  ...message,
  transaction: randomUUID(),
  ...(session && { session_id: session }),
  ...(handle && { handle_id: handle }),
}));

const answer = ({ type, sdp }) => {
  peer = new PeerConnection('janus', { iceServers: [] });
  peer.onLocalDescription((text, kind) => send({
    janus: 'message', body: { request: 'start' }, jsep: { type: kind, sdp: text },
  }));
  peer.onLocalCandidate((candidate, mid) => send({
    janus: 'trickle', candidate: { candidate, sdpMid: mid, sdpMLineIndex: 0 },
  }));
  peer.onStateChange((state) => {
    if (['disconnected', 'failed', 'closed'].includes(state))
      end();
  });
  peer.onTrack((track) => {
    globalThis.track = track; // what nothing refers to is closed
    track.onMessage((packet) => {
      const payload = getPayload(packet);
      if (payload)
        writeFrame(payload);
    });
  });
  peer.setRemoteDescription(sdp, type);
};

const onMessage = ({ janus, data, jsep, candidate }) => {
  if (janus === 'success' && !session) {
    session = data.id;
    send({ janus: 'attach', plugin: 'janus.plugin.streaming' });
  } else if (janus === 'success' && !handle) {
    handle = data.id;
    send({ janus: 'message', body: { request: 'watch', id: +stream } });
  } else if (jsep) {
    answer(jsep);
  } else if (janus === 'trickle' && candidate.candidate) {
    peer.addRemoteCandidate(candidate.candidate, candidate.sdpMid);
  } else if (['hangup', 'timeout', 'error'].includes(janus)) {
    end();
  }
};

socket.on('open', () => {
  send({ janus: 'create' });
  setInterval(() => send({ janus: 'keepalive' }), KEEPALIVE_MS);
});
socket.on('message', (text) => onMessage(JSON.parse(text)));
socket.on('close', end);
socket.on('error', end);

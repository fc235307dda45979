/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opus over a reliable data channel, for a supervisor to restart:
 *
 *   node reliable.mjs send UDP-PORT TCP-PORT
 *   node reliable.mjs receive HOST TCP-PORT FRAMES
 *
 * send takes RTP packets on the loopback's UDP-PORT and offers a channel to
 * whoever connects to TCP-PORT; receive appends to FRAMES, as rw-tap --frames
 * does. Either ends when the connection does, or the other's. */
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { PeerConnection } from 'node-datachannel';
import { openFrames } from './frames.mjs';
import { getPayload } from './rtp.mjs';

const [role, ...args] = process.argv.slice(2);
const end = () => process.exit(0);

/* Descriptions and candidates, a line each. */
const openPeer = (socket) => {
  const peer = new PeerConnection(role, { iceServers: [] });
  const say = (message) => socket.write(`${JSON.stringify(message)}\n`);

  peer.onLocalDescription((sdp, type) => say({ sdp, type }));
  peer.onLocalCandidate((candidate, mid) => say({ candidate, mid }));
  peer.onStateChange((state) => {
    if (['disconnected', 'failed', 'closed'].includes(state))
      end();
  });
  createInterface({ input: socket }).on('line', (line) => {
    const { sdp, type, candidate, mid } = JSON.parse(line);
    if (sdp)
      peer.setRemoteDescription(sdp, type);
    else
      peer.addRemoteCandidate(candidate, mid);
  });
  socket.on('close', end).on('error', end);
  return peer;
};

const send = (udpPort, tcpPort) => {
  const rtp = createSocket('udp4').bind(udpPort, '127.0.0.1');

  createServer((socket) => {
    const channel = openPeer(socket).createDataChannel('audio');
    rtp.on('message', (packet) => {
      if (channel.isOpen())
        channel.sendMessageBinary(getPayload(packet));
    });
  }).listen(tcpPort);
};

const receive = (host, tcpPort, path) => {
  const writeFrame = openFrames(path);
  const socket = connect(tcpPort, host, () => {
    openPeer(socket).onDataChannel((channel) => {
      channel.onMessage((frame) => writeFrame(Buffer.from(frame)));
    });
  }).on('error', end);
};

({ send, receive })[role](...args);

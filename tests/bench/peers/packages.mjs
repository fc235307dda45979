/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the adapters in Node.js share: packets of Opus in and out. */
import { createSocket } from 'node:dgram';
import { OpusDecoder } from 'opus-decoder';
import { Meter } from './report.mjs';

/* RTP of Opus from a GStreamer pipeline, with this payload type and SSRC. */
export const receiveRtp = (port, onPacket) => {
  const socket = createSocket('udp4', onPacket);
  socket.bind(port, '127.0.0.1');
};

/* A function that takes the payload of each packet. */
export const makeEar = async () => {
  const meter = new Meter();
  const decoder = new OpusDecoder();
  await decoder.ready;
  return (payload) => {
    meter.packets++;
    if (payload.length > 0)
      meter.add(decoder.decodeFrame(payload).channelData[0]);
  };
};

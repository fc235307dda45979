/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Without its header, or undefined where the packet is RTCP. */
export const getPayload = (packet) => {
  if (packet[1] >= 192 && packet[1] <= 223)
    return undefined;
  let at = 12 + 4 * (packet[0] & 15);
  if (packet[0] & 16)
    at += 4 + 4 * packet.readUInt16BE(at + 2);
  return packet.subarray(at);
};

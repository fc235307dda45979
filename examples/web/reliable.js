/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers, acknowledgements and resends of one client: docs/signalling.md,
 * "Numbers". No socket and no clock; signalling.js owns one of it. */

export const ACK_EVERY = 16;

export class ReliableChannel {
  constructor () {
    this.reset();
  }

  /* Both sides count from 1 again. Returns the messages that the server has
   * not acknowledged, oldest first. */
  reset () {
    const lost = (this.unacked || []).map((entry) => entry.message);
    this.unacked = [];
    this.lastSent = 0;
    this.lastReceived = 0;
    this.owed = 0;
    return lost;
  }

  /* Numbers a message and keeps it. With expiresAt (ms) it is not sent again
   * after that time. */
  add (message, expiresAt = Infinity) {
    this.lastSent += 1;
    const numbered = { ...message, seq: this.lastSent };
    this.unacked.push({ message, numbered, expiresAt });
    return numbered;
  }

  /* The messages to send again after a resume. Where a message has expired, its
   * number goes alone: the server must not find a hole. */
  resume (ack, now) {
    this.acknowledge(ack);
    return this.unacked.map(({ numbered, expiresAt }) => (
      expiresAt > now ? numbered : { type: 'ack', seq: numbered.seq }));
  }

  acknowledge (ack) {
    if (ack > this.lastSent)
      throw new RangeError(`ack ${ack} of ${this.lastSent} sent messages`);
    this.unacked = this.unacked.filter(({ numbered }) => numbered.seq > ack);
  }

  /* 'new', 'duplicate', or 'hole', which ends the connection. */
  receive (message) {
    if (Number.isInteger(message.ack))
      this.acknowledge(message.ack);
    if (!Number.isInteger(message.seq))
      return 'new';
    this.owed += 1;
    if (message.seq <= this.lastReceived)
      return 'duplicate';
    if (message.seq > this.lastReceived + 1)
      return 'hole';
    this.lastReceived = message.seq;
    return 'new';
  }

  /* The number to acknowledge; it counts as sent. */
  takeAck () {
    this.owed = 0;
    return this.lastReceived;
  }
}

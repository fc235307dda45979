/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The judgement of a receiver's statistics: one state from what was observed.
 * Pure: times in ms come as arguments.
 *
 * A sender that talks sends a packet every 20 ms. Only a sender that may pause
 * (a page, a member of a room) stays silent on a healthy connection; it then
 * shows by ICE's checks, every 2.5 s in Chromium, that it is there. */

const SILENT_MS = 1000;
const GONE_MS = 6500; /* two checks of ICE, and some */
const BEHIND_MS = 1000;

export const newObservation = (now) => ({
  packets: 0, signs: 0, rtpAt: null, signAt: now, mayPause: false,
  delayMs: 0, delaySum: 0, emitted: 0, energy: 0, duration: 0, level: -Infinity,
});

/* The next observation from the sums of a statistics report. */
export const observe = (before, sums, now) => {
  const next = { ...before, ...sums };
  if (sums.packets > before.packets)
    next.rtpAt = now;
  if (sums.packets > before.packets || sums.signs > before.signs)
    next.signAt = now;
  /* Alive by ICE alone for longer than a silence: it pauses. */
  if (before.rtpAt !== null && sums.packets === before.packets
      && sums.signs > before.signs && now - before.rtpAt > GONE_MS / 2)
    next.mayPause = true;
  const emitted = sums.emitted - before.emitted;
  if (emitted > 0)
    next.delayMs = 1000 * (sums.delaySum - before.delaySum) / emitted;
  next.level = levelOf(before, sums);
  return next;
};

/* The loudness between two reports in dBFS, as RTCStats define energy. */
const levelOf = (before, sums) => {
  const seconds = sums.duration - before.duration;
  const energy = sums.energy - before.energy;
  return seconds > 0 && energy > 0 ? 10 * Math.log10(energy / seconds)
    : -Infinity;
};

/* 'opening', 'live', 'behind', 'paused' or 'down'. */
export const judge = (seen, now) => {
  if (seen.rtpAt === null)
    return 'opening';
  if (now - seen.rtpAt <= SILENT_MS)
    return seen.delayMs > BEHIND_MS ? 'behind' : 'live';
  if (!seen.mayPause)
    return 'down';
  return now - seen.signAt <= GONE_MS ? 'paused' : 'down';
};

const clock = (ms) => new Date(ms).toLocaleTimeString(
  [], { hour: '2-digit', minute: '2-digit' });

/* The words and the colour of a receiver's state. */
export const describe = ({ state, since, delayMs, name, present }) => {
  switch (state) {
  case 'live':
    return { text: 'live', tone: 'good' };
  case 'behind':
    return {
      text: `catching up, ${Math.round(delayMs / 1000)} s behind`,
      tone: 'fair',
    };
  case 'paused':
    return { text: 'connected, nobody talks', tone: 'idle' };
  case 'opening':
    return { text: 'connecting', tone: 'fair' };
  default:
    return {
      text: present ? `no connection since ${clock(since)}`
        : `no connection since ${clock(since)}: ${name} is not there`,
      tone: 'bad',
    };
  }
};

/* The sums of RTCStatsReport that observe() wants. */
export const sumUp = (reports) => {
  const sums = {
    packets: 0, signs: 0, delaySum: 0, emitted: 0, lost: 0, jitter: 0, rtt: 0,
    energy: 0, duration: 0,
  };
  reports.forEach((report) => {
    if (report.type === 'inbound-rtp' && report.kind === 'audio') {
      sums.packets += report.packetsReceived || 0;
      sums.delaySum += report.jitterBufferDelay || 0;
      sums.emitted += report.jitterBufferEmittedCount || 0;
      sums.energy += report.totalAudioEnergy || 0;
      sums.duration += report.totalSamplesDuration || 0;
      sums.lost += report.packetsLost || 0;
      sums.jitter = Math.max(sums.jitter, report.jitter || 0);
    } else if (report.type === 'candidate-pair'
               && (report.nominated || report.state === 'succeeded')) {
      sums.signs += (report.responsesReceived || 0)
        + (report.requestsReceived || 0)
        + (report.lastPacketReceivedTimestamp || 0);
      sums.rtt = Math.max(sums.rtt, report.currentRoundTripTime || 0);
    }
  });
  return sums;
};

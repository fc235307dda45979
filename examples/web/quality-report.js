/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The quality of the page's media connections, for the server: docs/
 * signalling.md, "Quality". The worst line counts. Pure but for the timer that
 * app.js keeps. */

/* before, after: sums of reception.js, of one line. null without packets. */
export const qualityOf = (before, after) => {
  const received = after.packets - before.packets;
  const lost = Math.max(0, after.lost - before.lost);
  if (received <= 0)
    return null;
  return {
    latencyMs: 1000 * after.rtt,
    packetLossPercent: 100 * lost / (received + lost),
    jitterMs: 1000 * after.jitter,
  };
};

export const worstOf = (qualities) => qualities.filter(Boolean).reduce(
  (worst, quality) => (worst === null ? quality : {
    latencyMs: Math.max(worst.latencyMs, quality.latencyMs),
    packetLossPercent: Math.max(worst.packetLossPercent,
                                quality.packetLossPercent),
    jitterMs: Math.max(worst.jitterMs, quality.jitterMs),
  }), null);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of session descriptions. Pure. */

/* A browser plays mono unless its own description asks for stereo. */
export const askForStereo = (sdp) => {
  const opus = [...sdp.matchAll(/^a=rtpmap:(\d+) opus\/48000/gim)]
    .map((match) => match[1]);
  return opus.reduce((text, payload) => text.replace(
    new RegExp(`^(a=fmtp:${payload} (?!.*\\bstereo=1).*?)(\\r?)$`, 'm'),
    '$1;stereo=1$2'), sdp);
};

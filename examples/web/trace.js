/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A new trace of W3C Trace Context: the server writes it to its log, so that a
 * session can be found there. */
const hex = (n) => Array.from(crypto.getRandomValues(new Uint8Array(n)),
  (byte) => byte.toString(16).padStart(2, '0')).join('');

export const newTraceparent = () => `00-${hex(16)}-${hex(8)}-01`;

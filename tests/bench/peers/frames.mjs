/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A record of frames in the form of test-frame-log.h. */
import { createHash } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';

/* A function that appends a frame, a Buffer, with the time of the call. */
export const openFrames = (path) => {
  const file = openSync(path, 'a');
  return (frame) => {
    const wall = Math.round((performance.timeOrigin + performance.now()) * 1e3);
    const sum = createHash('sha1').update(frame).digest('hex');
    writeSync(file, `F ${wall} -1 -1 ${frame.length} ${sum} -1\n`);
  };
};

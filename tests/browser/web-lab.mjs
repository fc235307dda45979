/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The surroundings of the page's test: TAP, the signalling server beside them,
 * and elements on the other host. */
import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const { RW_WORK, RW_TAP, RW_SERVER, RW_WEB } = process.env;
export const PORT = 8443;
export const ADDRESS = '10.0.2.2'; /* of this host, for the elements */

/* --- TAP --- */

let count = 0;
export const result = (good, name, why = '') => {
  count += 1;
  console.log(`${good ? 'ok' : 'not ok'} ${count} ${name}`
    + (good || !why ? '' : ` (${String(why).replace(/\s+/g, ' ')})`));
  return good;
};
export const done = () => console.log(`1..${count}`);

/* Until the function returns something true; null if it never does. */
export const until = async (seconds, func) => {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await func();
    if (value || Date.now() > end)
      return value || null;
    await delay(50);
  }
};

/* The time over which something is measured. */
export const pass = (seconds) => delay(seconds * 1000);

/* --- Processes --- */

const processes = new Set();
const run = (name, command, args) => {
  const log = openSync(join(RW_WORK, `${name}.log`), 'a');
  const child = spawn(command, args, { stdio: ['ignore', log, log] });
  processes.add(child);
  child.gone = new Promise((resolve) => child.once('exit', () => {
    processes.delete(child);
    resolve();
  }));
  return child;
};

export const kill = async (child) => {
  child.kill('SIGKILL');
  await child.gone;
};

export const killAll = () => Promise.all([...processes].map(kill));

const answers = () => new Promise((resolve) => {
  const socket = connect(PORT, '127.0.0.1');
  socket.once('connect', () => { socket.destroy(); resolve(true); });
  socket.once('error', () => resolve(false));
});

export const startServer = async () => {
  const server = run('page-server', RW_SERVER, [
    '--host', '0.0.0.0', '--port', String(PORT), '--web-root', RW_WEB,
    '--log-level', 'info']);
  await until(10, answers);
  return server;
};

const pipeline = (name, ...description) => run(
  name, 'ip', ['netns', 'exec', 'snd', RW_TAP, '--bus',
    join(RW_WORK, `${name}.levels`), ...description.flatMap(
      (part) => part.split(' '))]);

export const startTone = (stream) => pipeline(
  stream, 'audiotestsrc is-live=true freq=440 volume=0.178 !',
  'audio/x-raw,rate=48000,channels=1 ! resilientwebrtcsink name=sink',
  `signaller-uri=ws://${ADDRESS}:${PORT} stream-name=${stream}`);

/* An element that holds the floor of the room; it leaves at stop(). */
export const startDesk = (room) => pipeline(
  'desk', 'audiotestsrc is-live=true freq=440 volume=0.178 !',
  'audio/x-raw,rate=48000,channels=1 ! resilientwebrtcsink name=desk',
  `signaller-uri=ws://${ADDRESS}:${PORT} stream-name=desk-audio room=${room}`,
  'floor=request talk=true');
export const stop = async (child) => {
  child.kill('SIGTERM');
  await child.gone;
};

/* A source whose levels are read by levels(NAME): of a stream, or of a room. */
const startSource = (name, property) => pipeline(
  `ear-${name}`, `resilientwebrtcsrc signaller-uri=ws://${ADDRESS}:${PORT}`,
  `${property} name=ear ! audio/x-opus ! opusdec ! audioconvert !`,
  'level interval=100000000 ! fakesink sync=false');
export const startEar = (stream) => startSource(
  stream, `producer-name=${stream}`);
export const startRoomEar = (room) => startSource(room, `room=${room}`);

/* The levels that an ear has measured so far, in dB, ten a second. */
export const levels = (name) => {
  let text = '';
  try {
    text = readFileSync(join(RW_WORK, `ear-${name}.levels`), 'utf8');
  } catch {
    return [];
  }
  return [...text.matchAll(/"rms":\[(-?[\d.infe+]+)/g)]
    .map((match) => (match[1].includes('inf') ? -200 : Number(match[1])));
};
export const isLoud = (name, from) => levels(name).slice(from)
  .some((level) => level > -40);

#!/usr/bin/env node
// SPDX-License-Identifier: LGPL-2.1-or-later
// What ours is measured against: a plain relay on npm's ws that speaks the same
// messages, and nothing besides: no seats, no limits, no tokens. It takes (and
// passes over) the options of our server.
import { randomUUID } from 'node:crypto';
import { WebSocketServer } from 'ws';

const clients = new Map(); // id to { socket, roles, meta }
const sessions = new Map(); // id to [producer's id, consumer's id]

const say = (id, message) => clients.get(id)?.socket.send(JSON.stringify(message));

function announce(id, client) {
  const message = { type: 'peerStatusChanged', roles: client.roles, meta: client.meta, peerId: id };
  for (const [other, { roles }] of clients) if (roles.includes('listener')) say(other, message);
}

function startSession(id, { peerId, offer }) {
  const other = clients.get(peerId);
  if (!other || peerId === id) return say(id, { type: 'error', details: 'no such peer' });
  const [producer, consumer] = other.roles.includes('producer') ? [peerId, id] : [id, peerId];
  const sessionId = randomUUID();
  sessions.set(sessionId, [producer, consumer]);
  say(consumer, { type: 'sessionStarted', peerId: producer, sessionId });
  say(producer, { type: 'startSession', peerId: consumer, sessionId, offer: offer ?? null });
}

function list(id) {
  const producers = [];
  for (const [other, { roles, meta }] of clients) {
    if (roles.includes('producer')) producers.push({ id: other, meta });
  }
  say(id, { type: 'list', producers });
}

function passOn(id, message) {
  const sides = sessions.get(message.sessionId);
  if (!sides?.includes(id)) return say(id, { type: 'error', details: 'no such session' });
  if (message.type === 'endSession') sessions.delete(message.sessionId);
  say(sides[0] === id ? sides[1] : sides[0], message);
}

function handle(id, client, message) {
  if (message.type === 'setPeerStatus') {
    Object.assign(client, { roles: message.roles, meta: message.meta ?? null });
    announce(id, client);
  } else if (message.type === 'startSession') startSession(id, message);
  else if (message.type === 'list') list(id);
  else if (message.type === 'peer' || message.type === 'endSession') passOn(id, message);
  else say(id, { type: 'error', details: 'unknown type' });
}

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, backlog: 4096, perMessageDeflate: false });
server.on('connection', (socket) => {
  const id = randomUUID();
  const client = { socket, roles: [], meta: null };
  clients.set(id, client);
  socket.on('message', (text) => handle(id, client, JSON.parse(text)));
  socket.on('close', () => {
    clients.delete(id);
    for (const [session, sides] of sessions) {
      if (sides.includes(id)) passOn(id, { type: 'endSession', sessionId: session });
    }
  });
  say(id, { type: 'welcome', peerId: id });
});
server.on('listening', () => console.log(`listens on ws://127.0.0.1:${server.address().port}`));

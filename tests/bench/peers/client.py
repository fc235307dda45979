# SPDX-License-Identifier: LGPL-2.1-or-later
"""What client.mjs and report.mjs are, for the peers in Python: the plain
signalling protocol around a library's connection, and the lines that are
printed."""
import asyncio
import json
import math
import sys
import time

import websockets


def now_us():
    return time.time_ns() // 1000


def report_session(event):
    print(f"S {now_us()} {event}", flush=True)


def report_audio(packets, db):
    print(f"A {now_us()} {packets} {db:.1f}", flush=True)


def to_decibels(power):
    return 10 * math.log10(power) if power > 1e-10 else -100


class Client:
    """open_peer (on_candidate, on_closed) returns an object with the coroutines
    offer (), answer (sdp), accept (sdp), candidate (text, mline), close ()."""

    def __init__(self, role, server, name, open_peer):
        self.role = role
        self.server = server
        self.name = name
        self.open_peer = open_peer
        self.sessions = {}
        self.socket = None
        self.producer = None
        self.requested = False

    async def run(self):
        self.loop = asyncio.get_running_loop()
        asyncio.ensure_future(self.request_again())
        while True:
            try:
                await self.connect()
            except (OSError, asyncio.TimeoutError,
                    websockets.WebSocketException) as error:
                print(error, file=sys.stderr)
            await asyncio.sleep(1)

    async def connect(self):
        self.producer = None
        self.requested = False
        async with websockets.connect(self.server, open_timeout=3,
                                      close_timeout=1,
                                      ping_interval=None) as socket:
            self.socket = socket
            async for text in socket:
                await self.receive(json.loads(text))

    async def send(self, **message):
        try:
            await self.socket.send(json.dumps(message))
        except websockets.ConnectionClosed:
            pass

    async def request_again(self):
        while True:
            await asyncio.sleep(1)
            await self.request()

    async def request(self):
        if (self.role != "listen" or not self.producer or self.requested
                or self.sessions):
            return
        self.requested = True
        report_session("request")
        await self.send(type="startSession", peerId=self.producer)

    async def find(self, peer_id, meta):
        if (meta or {}).get("name") == self.name:
            self.producer = peer_id
            await self.request()

    def open(self, session_id):
        def on_candidate(candidate, mline):
            asyncio.run_coroutine_threadsafe(
                self.send(type="peer", sessionId=session_id,
                          ice={"candidate": candidate,
                               "sdpMLineIndex": mline}), self.loop)

        def on_closed():
            asyncio.run_coroutine_threadsafe(
                self.close(session_id, True), self.loop)

        peer = self.open_peer(on_candidate, on_closed)
        self.sessions[session_id] = peer
        report_session("open")
        return peer

    async def close(self, session_id, tell):
        peer = self.sessions.pop(session_id, None)
        if peer is None:
            return
        self.requested = False
        report_session("end")
        await peer.close()
        if tell:
            await self.send(type="endSession", sessionId=session_id)

    async def describe(self, session_id, kind, sdp):
        await self.send(type="peer", sessionId=session_id,
                        sdp={"type": kind, "sdp": sdp})

    async def receive(self, message):
        kind = message["type"]
        if kind == "welcome" and self.role == "listen":
            await self.send(type="setPeerStatus", roles=["listener"], meta=None)
            await self.send(type="list")
        elif kind == "welcome":
            await self.send(type="setPeerStatus", roles=["producer"],
                            meta={"name": self.name})
        elif kind == "list":
            for producer in message["producers"]:
                await self.find(producer["id"], producer["meta"])
        elif kind == "peerStatusChanged" and "producer" in message["roles"]:
            await self.find(message["peerId"], message["meta"])
        elif kind == "sessionStarted":
            self.open(message["sessionId"])
        elif kind == "startSession":
            peer = self.open(message["sessionId"])
            await self.describe(message["sessionId"], "offer",
                                await peer.offer())
        elif kind == "endSession":
            await self.close(message["sessionId"], False)
        elif kind == "error":
            print(message["details"], file=sys.stderr)
            self.requested = False
        elif kind == "peer":
            await self.receive_peer(message)

    async def receive_peer(self, message):
        session_id = message["sessionId"]
        peer = self.sessions.get(session_id)
        if peer is None:
            return
        sdp, ice = message.get("sdp"), message.get("ice")
        if sdp and sdp["type"] == "offer":
            await self.describe(session_id, "answer",
                                await peer.answer(sdp["sdp"]))
        elif sdp:
            await peer.accept(sdp["sdp"])
        elif ice and ice["candidate"]:
            await peer.candidate(ice["candidate"], ice["sdpMLineIndex"])

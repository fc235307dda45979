# SPDX-License-Identifier: LGPL-2.1-or-later
"""aiortc as an ordinary peer: aiortc_peer.py listen|speak SERVER NAME"""
import asyncio
import fractions
import sys

import numpy
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from aiortc.sdp import candidate_from_sdp
from av import AudioFrame

from client import Client, report_audio, to_decibels

RATE = 48000
FRAME = RATE // 50
TONE_HZ = 440
AMPLITUDE = 0.178


class Tone(MediaStreamTrack):
    kind = "audio"

    def __init__(self):
        super().__init__()
        self.position = 0
        self.begin = None

    async def recv(self):
        loop = asyncio.get_event_loop()
        self.begin = self.begin or loop.time()
        at = self.begin + self.position / RATE
        await asyncio.sleep(max(0, at - loop.time()))
        t = (self.position + numpy.arange(FRAME)) / RATE
        wave = 32767 * AMPLITUDE * numpy.sin(2 * numpy.pi * TONE_HZ * t)
        frame = AudioFrame.from_ndarray(
            wave.astype(numpy.int16).reshape(1, -1), layout="mono")
        frame.sample_rate = RATE
        frame.pts = self.position
        frame.time_base = fractions.Fraction(1, RATE)
        self.position += FRAME
        return frame


class Meter:
    def __init__(self):
        self.former = 0
        self.packets = 0
        self.power = []

    async def listen_to(self, track):
        try:
            while True:
                frame = await track.recv()
                samples = frame.to_ndarray().astype(float) / 32768
                self.power.append(numpy.mean(samples ** 2))
        except MediaStreamError:
            pass

    async def run(self):
        while True:
            await asyncio.sleep(0.05)
            power = sum(self.power) / len(self.power) if self.power else 0
            self.power = []
            report_audio(self.packets, to_decibels(power))


class Peer:
    def __init__(self, meter, on_closed):
        self.connection = RTCPeerConnection()
        self.meter = meter
        self.counter = asyncio.ensure_future(self.count())

        @self.connection.on("track")
        def on_track(track):
            asyncio.ensure_future(meter.listen_to(track))

        @self.connection.on("connectionstatechange")
        def on_state():
            if self.connection.connectionState in ("failed", "closed"):
                on_closed()

    async def count(self):
        former = self.meter.packets
        while True:
            await asyncio.sleep(0.05)
            for receiver in self.connection.getReceivers():
                for report in (await receiver.getStats()).values():
                    if report.type == "inbound-rtp":
                        self.meter.packets = former + report.packetsReceived

    async def offer(self):
        self.connection.addTransceiver(Tone(), direction="sendonly")
        await self.connection.setLocalDescription(
            await self.connection.createOffer())
        return self.connection.localDescription.sdp

    async def answer(self, sdp):
        await self.connection.setRemoteDescription(
            RTCSessionDescription(sdp, "offer"))
        await self.connection.setLocalDescription(
            await self.connection.createAnswer())
        return self.connection.localDescription.sdp

    async def accept(self, sdp):
        await self.connection.setRemoteDescription(
            RTCSessionDescription(sdp, "answer"))

    async def candidate(self, text, mline):
        candidate = candidate_from_sdp(text.split(":", 1)[1])
        candidate.sdpMLineIndex = mline
        await self.connection.addIceCandidate(candidate)

    async def close(self):
        self.counter.cancel()
        await self.connection.close()


async def main():
    role, server, name = sys.argv[1:4]
    meter = Meter()
    if role == "listen":
        asyncio.ensure_future(meter.run())
    await Client(role, server, name,
                 lambda on_candidate, on_closed: Peer(meter, on_closed)).run()


asyncio.run(main())

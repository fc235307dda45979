# SPDX-License-Identifier: LGPL-2.1-or-later
"""A plain webrtcbin as an ordinary peer:
webrtcbin_peer.py listen|speak SERVER NAME"""
import asyncio
import sys

import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import Gst, GstSdp, GstWebRTC

from client import Client, report_audio

SPEAKER = ("audiotestsrc is-live=true freq=440 volume=0.178 ! opusenc ! "
           "rtpopuspay pt=96 ! capsfilter caps=application/x-rtp,media=audio,"
           "encoding-name=OPUS,payload=96,clock-rate=48000")
EAR = ("rtpopusdepay ! opusdec ! audioconvert ! "
       "level interval=20000000 post-messages=true ! "
       "fakesink sync=false async=false")


class Ear:
    """Packets and level of whichever session there is."""

    def __init__(self):
        self.packets = 0
        self.db = -100
        self.bus = Gst.Bus()

    def read_bus(self):
        while message := self.bus.pop():
            structure = message.get_structure()
            if structure and structure.get_name() == "level":
                # As text, because its list has no Python type of its own.
                rms = structure.to_string().split("rms=(GValueArray)<")[1]
                self.db = float(rms.strip().split()[0].strip("<>,;"))

    async def run(self):
        while True:
            await asyncio.sleep(0.05)
            self.read_bus()
            report_audio(self.packets, max(self.db, -100))
            self.db = -100


class Peer:
    def __init__(self, ear, on_candidate, on_closed):
        self.ear = ear
        self.loop = asyncio.get_running_loop()
        self.on_closed = on_closed
        self.pipeline = Gst.Pipeline()
        self.webrtc = Gst.ElementFactory.make("webrtcbin", "webrtc")
        self.webrtc.set_property("bundle-policy",
                                 GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.pipeline.add(self.webrtc)
        self.webrtc.connect("on-ice-candidate",
                            lambda _, mline, text: on_candidate(text, mline))
        self.webrtc.connect("pad-added", self.on_pad_added)
        self.webrtc.connect("notify::connection-state", self.on_state)
        ear.bus = self.pipeline.get_bus()

    def on_state(self, webrtc, _):
        state = webrtc.get_property("connection-state")
        if state in (GstWebRTC.WebRTCPeerConnectionState.FAILED,
                     GstWebRTC.WebRTCPeerConnectionState.CLOSED):
            self.on_closed()

    def on_packet(self, pad, info):
        self.ear.packets += 1
        return Gst.PadProbeReturn.OK

    def on_pad_added(self, webrtc, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        pad.add_probe(Gst.PadProbeType.BUFFER, self.on_packet)
        ear = Gst.parse_bin_from_description(EAR, True)
        self.pipeline.add(ear)
        ear.sync_state_with_parent()
        pad.link(ear.get_static_pad("sink"))

    async def describe(self, signal, kind):
        future = self.loop.create_future()

        # The description lives as long as the reply.
        def on_made(promise):
            reply = promise.get_reply()
            description = reply.get_value(kind)
            text = description.sdp.as_text()
            self.webrtc.emit("set-local-description", description,
                             Gst.Promise.new())
            self.loop.call_soon_threadsafe(future.set_result, text)

        self.webrtc.emit(signal, None, Gst.Promise.new_with_change_func(on_made))
        return await future

    async def take(self, sdp, kind):
        future = self.loop.create_future()

        def on_set(promise):
            self.loop.call_soon_threadsafe(future.set_result, None)

        _, message = GstSdp.SDPMessage.new_from_text(sdp)
        self.webrtc.emit(
            "set-remote-description",
            GstWebRTC.WebRTCSessionDescription.new(kind, message),
            Gst.Promise.new_with_change_func(on_set))
        await future

    async def offer(self):
        needed = self.loop.create_future()
        handler = self.webrtc.connect(
            "on-negotiation-needed",
            lambda _: self.loop.call_soon_threadsafe(
                lambda: needed.done() or needed.set_result(None)))
        speaker = Gst.parse_bin_from_description(
            SPEAKER, True)
        self.pipeline.add(speaker)
        speaker.link(self.webrtc)
        self.pipeline.set_state(Gst.State.PLAYING)
        await needed
        self.webrtc.disconnect(handler)
        return await self.describe("create-offer", "offer")

    async def answer(self, sdp):
        self.pipeline.set_state(Gst.State.PLAYING)
        await self.take(sdp, GstWebRTC.WebRTCSDPType.OFFER)
        return await self.describe("create-answer", "answer")

    async def accept(self, sdp):
        await self.take(sdp, GstWebRTC.WebRTCSDPType.ANSWER)

    async def candidate(self, text, mline):
        self.webrtc.emit("add-ice-candidate", mline, text)

    async def close(self):
        await self.loop.run_in_executor(None, self.pipeline.set_state,
                                        Gst.State.NULL)


async def main():
    Gst.init(None)
    role, server, name = sys.argv[1:4]
    ear = Ear()
    if role == "listen":
        asyncio.ensure_future(ear.run())
    await Client(role, server, name,
                 lambda on_candidate, on_closed: Peer(
                     ear, on_candidate, on_closed)).run()


asyncio.run(main())

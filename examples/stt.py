#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Speech to text that loses no word: what a producer sends goes, as raw audio
(16 bits, 16 kHz, mono), to the standard input of a recogniser.

    stt.py --producer-name NAME [OPTIONS] RECOGNISER [ARGUMENT...]

    stt.py --producer-name studio --consumer-id minutes --position minutes.pos \\
        whisper-stream --stdin

Any program that reads such audio will do; none is bundled. It may be slow: a
frame is acknowledged to the sender only when the recogniser has taken it, and
until then the sender's journal keeps it. With --position the last frame that
was taken is written to a file, and --consumer-id makes the sender continue
there: the program may be killed and started again. Needs python3-gst-1.0.
"""
import argparse
import os
import subprocess
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

META = "GstResilientWebrtcFrameMeta"
OUTPUT = "audio/x-raw,format=S16LE,rate=16000,channels=1"


class Position:
    """The last frame that the recogniser has taken, in a file if there is one.

    What was taken and not yet acknowledged when the program was killed comes
    again, and is left out by its index.
    """

    def __init__(self, path):
        self.stream = None
        self.index = -1
        self.file = None
        if path is None:
            return
        self.file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        fields = os.read(self.file, 200).decode().split()
        if len(fields) == 2:
            self.stream, self.index = fields[0], int(fields[1])

    def is_new(self, stream, index):
        return stream != self.stream or index > self.index

    def save(self, stream, index):
        self.stream, self.index = stream, index
        if self.file is not None:
            # Never shorter than before: one write replaces it.
            os.pwrite(self.file, f"{stream} {index:<20}\n".encode(), 0)


class Listener:
    """The pipeline. Its streaming thread writes to the recogniser, and waits
    for it: there is no queue between the source and this program."""

    def __init__(self, arguments):
        self.position = Position(arguments.position)
        self.frame = None
        self.recogniser = subprocess.Popen(
            arguments.recogniser, stdin=subprocess.PIPE)
        self.pipeline = Gst.parse_launch(
            "resilientwebrtcsrc name=src ! audioconvert ! audioresample "
            f"! {OUTPUT} ! appsink name=out sync=false emit-signals=true")
        source = self.pipeline.get_by_name("src")
        source.props.signaller_uri = arguments.signaller_uri
        source.props.producer_name = arguments.producer_name
        if arguments.consumer_id:
            source.props.consumer_id = arguments.consumer_id
        source.set_property("start-position", arguments.start_position)
        source.get_static_pad("src").add_probe(
            Gst.PadProbeType.BUFFER, self.on_frame)
        self.pipeline.get_by_name("out").connect("new-sample", self.on_sample)

    def on_frame(self, pad, info):
        """A decoded frame leaves the source. The silence of a hole has no
        index, and is of use to a recogniser."""
        meta = info.get_buffer().get_custom_meta(META)
        if meta is None:
            return Gst.PadProbeReturn.OK
        structure = meta.get_structure()
        stream = structure.get_string("stream-id")
        index = structure.get_uint64("index")[1]
        if stream is None:  # an ordinary producer: nothing comes again
            return Gst.PadProbeReturn.OK
        if not self.position.is_new(stream, index):
            return Gst.PadProbeReturn.DROP
        self.frame = (stream, index)
        return Gst.PadProbeReturn.OK

    def on_sample(self, sink):
        """The same thread, with what became of that frame."""
        buffer = sink.emit("pull-sample").get_buffer()
        try:
            self.recogniser.stdin.write(
                buffer.extract_dup(0, buffer.get_size()))
            self.recogniser.stdin.flush()
        except (BrokenPipeError, ValueError):
            return Gst.FlowReturn.EOS
        if self.frame is not None:
            self.position.save(*self.frame)
        return Gst.FlowReturn.OK

    def run(self):
        bus = self.pipeline.get_bus()
        self.pipeline.set_state(Gst.State.PLAYING)
        try:
            message = bus.timed_pop_filtered(
                Gst.CLOCK_TIME_NONE,
                Gst.MessageType.EOS | Gst.MessageType.ERROR)
        except KeyboardInterrupt:
            message = None
        self.pipeline.set_state(Gst.State.NULL)
        try:
            self.recogniser.stdin.close()
        except BrokenPipeError:
            pass
        status = self.recogniser.wait()
        if message is not None and message.type == Gst.MessageType.ERROR:
            print(message.parse_error()[0].message, file=sys.stderr)
            return 1
        return status


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--signaller-uri", default="ws://127.0.0.1:8443")
    parser.add_argument("--producer-name", required=True)
    parser.add_argument("--consumer-id")
    parser.add_argument("--start-position", default="live",
                        choices=("live", "oldest"))
    parser.add_argument("--position", metavar="FILE")
    parser.add_argument("recogniser", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    if not arguments.recogniser:
        parser.error("which recogniser?")
    return arguments


if __name__ == "__main__":
    Gst.init(None)
    sys.exit(Listener(parse()).run())

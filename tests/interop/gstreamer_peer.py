"""A GStreamer webrtcbin that publishes a clip by WHIP or views by WHEP; run by the system's own Python, which has gi.

    gstreamer_peer.py whip URL TOKEN VIDEO.y4m AUDIO.wav vp8|vp9
    gstreamer_peer.py whep URL TOKEN

A viewer prints lines: `picture N` with the number in a picture, `sound A` with the amplitude of 880 Hz in a block.
"""

import array
import cmath
import math
import sys
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

PITCH_HZ, CELLS, CELL_ROWS = 880, 16, 20
OPUS = "application/x-rtp,media=audio,encoding-name=OPUS,payload=97,clock-rate=48000,encoding-params=(string)2"
VIDEO = "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000"
PUBLISH = """
webrtcbin name=peer bundle-policy=max-bundle
filesrc location={video} ! y4mdec ! clocksync ! queue
  ! {codec}enc deadline=1 cpu-used=8 keyframe-max-dist=15 target-bitrate=500000 lag-in-frames=0
  ! rtp{codec}pay picture-id-mode=15-bit pt=96 ! application/x-rtp,media=video,payload=96 ! peer.
filesrc location={audio} ! wavparse ! audioconvert ! audioresample ! clocksync ! queue
  ! opusenc ! rtpopuspay pt=97 ! application/x-rtp,media=audio,payload=97 ! peer.
"""
PICTURES = (
    "queue ! rtpvp8depay ! vp8dec ! videoconvert ! video/x-raw,format=GRAY8"
    " ! appsink name=sink emit-signals=true sync=false"
)
SOUNDS = (
    "queue ! rtpopusdepay ! opusdec ! audioconvert ! audioresample ! audio/x-raw,format=S16LE,channels=1,rate=48000"
    " ! appsink name=sink emit-signals=true sync=false"
)


def say(*words: object) -> None:
    """A line in one piece: sound and pictures come on threads of their own."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


class Peer:
    """One exchange: an offer when all candidates are gathered, and the server's answer."""

    def __init__(self, pipeline: Gst.Pipeline, url: str, token: str) -> None:
        self.pipeline, self.url, self.token = pipeline, url, token
        self.bin = pipeline.get_by_name("peer")
        self.bin.connect("on-negotiation-needed", self.offer)
        self.bin.connect("notify::ice-gathering-state", self.gathered)

    def offer(self, _: object) -> None:
        self.bin.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offered))

    def offered(self, promise: Gst.Promise) -> None:
        # Each owns the next: none may be a temporary.
        reply = promise.get_reply()
        offer = reply.get_value("offer")
        self.bin.emit("set-local-description", offer, Gst.Promise.new())

    def gathered(self, *_: object) -> None:
        if self.bin.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            GLib.idle_add(self.exchange)

    def exchange(self) -> bool:
        description = self.bin.get_property("local-description")
        offer = description.sdp.as_text()
        headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(self.url, offer.encode(), headers)
        with urllib.request.urlopen(request) as response:
            _, message = GstSdp.SDPMessage.new_from_text(response.read().decode())
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        self.bin.emit("set-remote-description", answer, Gst.Promise.new())
        return False


def publisher(url: str, token: str, video: str, audio: str, codec: str) -> Peer:
    peer = Peer(Gst.parse_launch(PUBLISH.format(video=video, audio=audio, codec=codec)), url, token)
    for index in range(2):
        transceiver = peer.bin.emit("get-transceiver", index)
        transceiver.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
    return peer


def viewer(url: str, token: str) -> Peer:
    pipeline = Gst.Pipeline.new()
    pipeline.add(Gst.parse_launch("webrtcbin name=peer bundle-policy=max-bundle"))
    peer = Peer(pipeline, url, token)
    for caps in (OPUS, VIDEO):
        receive = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
        peer.bin.emit("add-transceiver", receive, Gst.Caps.from_string(caps))

    def added(_: object, pad: Gst.Pad) -> None:
        is_video = pad.get_current_caps().get_structure(0).get_string("media") == "video"
        branch = Gst.parse_bin_from_description(PICTURES if is_video else SOUNDS, True)
        branch.get_by_name("sink").connect("new-sample", see if is_video else hear)
        peer.pipeline.add(branch)
        branch.sync_state_with_parent()
        pad.link(branch.get_static_pad("sink"))

    peer.bin.connect("pad-added", added)
    return peer


def see(sink: Gst.Element) -> Gst.FlowReturn:
    sample = sink.emit("pull-sample")
    shape, data = sample.get_caps().get_structure(0), sample.get_buffer()
    width, height = shape.get_value("width"), shape.get_value("height")
    pixels = data.extract_dup(0, data.get_size())
    stride = len(pixels) // height
    row = (height - CELL_ROWS // 2 * height // 360) * stride
    number = 0
    for bit in range(CELLS):
        number = number << 1 | (pixels[row + (2 * bit + 1) * width // (2 * CELLS)] > 127)
    say("picture", number)
    return Gst.FlowReturn.OK


def hear(sink: Gst.Element) -> Gst.FlowReturn:
    data = sink.emit("pull-sample").get_buffer()
    samples = array.array("h", data.extract_dup(0, data.get_size()))
    turn = cmath.exp(-2j * math.pi * PITCH_HZ / 48000)
    total, phase = 0j, 1 + 0j
    for sample in samples:
        total += sample * phase
        phase *= turn
    say("sound", 2 * abs(total) / 32768 / max(1, len(samples)))
    return Gst.FlowReturn.OK


def main() -> None:
    Gst.init(None)
    door, *arguments = sys.argv[1:]
    peer = publisher(*arguments) if door == "whip" else viewer(*arguments)
    peer.pipeline.set_state(Gst.State.PLAYING)
    loop = GLib.MainLoop()
    bus = peer.pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message::error", lambda _, message: (say("error", *message.parse_error()), loop.quit()))
    loop.run()


main()

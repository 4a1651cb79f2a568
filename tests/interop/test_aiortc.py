"""aiortc as it comes (the relay uses parts of it, but not its connections): publishes and views."""

import asyncio
import time
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from aiortc import (
    AudioStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
    VideoStreamTrack,
)

from signaling.demo.clip import ClipPlan, draw_pictures, draw_sound, read_number

PLAN = ClipPlan("aiortc", pitch_hz=880, width=320, height=180, seconds=2)


class Pictures(VideoStreamTrack):
    """The clip's pictures, 15 a second."""

    def __init__(self) -> None:
        super().__init__()
        self._images = list(draw_pictures(PLAN))
        self._number = 0
        self._start = time.monotonic()

    async def recv(self) -> av.VideoFrame:
        number, self._number = self._number, self._number + 1
        await asyncio.sleep(self._start + number / PLAN.fps - time.monotonic())
        frame = av.VideoFrame.from_ndarray(self._images[number % len(self._images)], format="bgr24")
        frame.pts, frame.time_base = number * 90000 // PLAN.fps, Fraction(1, 90000)
        return frame


class Sounds(AudioStreamTrack):
    """The clip's sound in blocks of 20 ms."""

    def __init__(self) -> None:
        super().__init__()
        self._sound = draw_sound(PLAN)
        self._block = 0
        self._start = time.monotonic()

    async def recv(self) -> av.AudioFrame:
        block, self._block = self._block, self._block + 1
        await asyncio.sleep(self._start + block * 0.02 - time.monotonic())
        at = block * 960 % len(self._sound)
        frame = av.AudioFrame.from_ndarray(self._sound[at : at + 960].reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, block * 960, Fraction(1, 48000)
        return frame


async def connect(peer: RTCPeerConnection, lesson: Any, link: Any, door: str) -> None:
    await peer.setLocalDescription(await peer.createOffer())
    answer, _ = await lesson.door.post_sdp(link[door], peer.localDescription.sdp, link["token"])
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_aiortc_publishes(lesson: Any, codec: str) -> None:
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    pictures, sounds = Pictures(), Sounds()
    peer.addTrack(sounds)
    peer.addTrack(pictures)
    known = RTCRtpSender.getCapabilities("video").codecs
    wanted = [one for one in known if one.mimeType == f"video/{codec}"]
    peer.getTransceivers()[1].setCodecPreferences(wanted)
    for transceiver in peer.getTransceivers():
        transceiver.direction = "sendonly"
    try:
        await connect(peer, lesson, lesson.teacher, "whip")
        witness = await lesson.witness()
        await witness.until_convinced()
        assert witness.codec == codec.lower()
    finally:
        await peer.close()


async def test_aiortc_views(lesson: Any, loudness: Any) -> None:
    await lesson.publish()
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTransceiver("audio", direction="recvonly")
    peer.addTransceiver("video", direction="recvonly")
    try:
        await connect(peer, lesson, lesson.seat, "whep")
        audio, video = [transceiver.receiver.track for transceiver in peer.getTransceivers()]
        async with asyncio.timeout(20):
            began = time.monotonic()
            numbers = [read_number((await video.recv()).to_ndarray(format="gray"))]
            print(f"first picture after {1000 * (time.monotonic() - began):.0f} ms")
            while len(set(numbers)) < 10:
                numbers.append(read_number((await video.recv()).to_ndarray(format="gray")))
            beep = 0.0
            while beep < 0.1:
                frame = await audio.recv()
                left = frame.to_ndarray().reshape(-1)[:: len(frame.layout.channels)]
                beep = max(beep, loudness(left.astype(np.float64) / 32768, frame.sample_rate))
        assert sum(b > a for a, b in zip(numbers, numbers[1:], strict=False)) >= len(numbers) // 2
    finally:
        await peer.close()

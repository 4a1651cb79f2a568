"""A real Chromium publishes through the real relay, and the recorder writes what it sends."""

import asyncio
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import async_playwright

from classroom.relay.hub import Hub, RelayConfig
from recorder.service import Recorder
from recorder.worth import DiskGuard

pytestmark = pytest.mark.browser

# A canvas that turns white for 100 ms when a tone begins, both driven by the clock of the sound.
PUBLISH = """async codec => {
  const sound = new AudioContext(), out = sound.createMediaStreamDestination(), tone = sound.createOscillator()
  const gate = sound.createGain(), canvas = document.createElement('canvas'), g = canvas.getContext('2d')
  canvas.width = 640; canvas.height = 360; gate.gain.value = 0; tone.frequency.value = 1000
  tone.connect(gate).connect(out); tone.start(); await sound.resume()
  const first = Math.ceil(sound.currentTime) + 1
  for (let s = first; s < first + 60; s++) {
    gate.gain.setValueAtTime(0.6, s); gate.gain.setValueAtTime(0, s + 0.1) }
  let turn = 0
  setInterval(() => {
    const white = sound.currentTime % 1 < 0.1 && sound.currentTime >= first
    g.fillStyle = white ? '#fff' : '#555'; g.fillRect(0, 0, 640, 360)
    g.fillStyle = `hsl(${turn++ % 360} 90% 40%)`; g.fillRect(turn * 4 % 600, 20, 40, 40) }, 20)
  const stream = new MediaStream([...canvas.captureStream(30).getTracks(), ...out.stream.getTracks()])
  const peer = window.peer = new RTCPeerConnection()
  for (const track of stream.getTracks()) peer.addTransceiver(track, {direction: 'sendonly', streams: [stream]})
  const video = peer.getTransceivers().find(t => t.sender.track.kind === 'video')
  const codecs = RTCRtpSender.getCapabilities('video').codecs
  video.setCodecPreferences(codecs.filter(c => c.mimeType === codec || c.mimeType === 'video/rtx'))
  await peer.setLocalDescription()
  await new Promise(ok => { if (peer.iceGatheringState === 'complete') ok()
    else peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && ok() })
  await peer.setRemoteDescription({type: 'answer', sdp: await window.whip(peer.localDescription.sdp)})
}"""


@pytest.mark.parametrize("codec", ["video/VP8", "video/H264"])
async def test_what_chromium_sends_is_recorded_in_time(
    tmp_path: Path, chromium: str, look: Callable[..., Any], codec: str, record_property: Callable[[str, object], None]
) -> None:
    hub = Hub(RelayConfig(host="127.0.0.1", port=0, announce=("127.0.0.1",)), lambda notice: None)
    await hub.start()
    problems: list[Any] = []
    recorder = Recorder(tmp_path, hub, problem=lambda *problem: problems.append(problem), guard=DiskGuard(0, 0))
    recorder.start_stream("lesson1", "teacher", "camera", "lesson1/teacher/camera")

    async def whip(offer: str) -> str:
        return hub.publish("lesson1/teacher/camera", offer, group="teacher").answer

    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=chromium,
                headless=True,
                args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
            )
            page = await browser.new_page()
            await page.goto("about:blank")
            await page.expose_function("whip", whip)
            await page.evaluate(PUBLISH, codec)
            async with asyncio.timeout(60):
                while True:
                    found = await asyncio.to_thread(recorder.library.current, "lesson1")
                    if found and found.streams and found.streams[0].files and found.streams[0].files[0].seconds > 10:
                        break
                    await page.wait_for_timeout(500)
            await browser.close()
        manifest = await recorder.stop("lesson1")
    finally:
        await recorder.close()
        await hub.close()
    assert manifest is not None and problems == []
    (file,) = manifest.streams[0].files
    seen = look(tmp_path / "lesson1" / file.name, numbered=False)
    offsets = seen.offsets()
    print(codec, "gaps", manifest.streams[0].gaps, "ms", [round(offset * 1000) for offset in offsets])
    record_property("offsets_ms", [round(offset * 1000) for offset in offsets])
    assert len(offsets) >= 5 and abs(statistics.median(offsets)) <= 0.08

"""Firefox publishes VP8, and VP9 alone, and views; driven by WebDriver BiDi, which it speaks by itself.

Its camera is a canvas on which it draws the clip's clock, its microphone Firefox's own fake one, tuned to the clip's
beep. What it hears is told by its statistics: on a machine without a sound card its AudioContext never runs.
"""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from signaling.demo.clip import CELL_ROWS, CELLS

pytestmark = pytest.mark.timeout(180)

PREFS = {
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.navigator.audio.fake_frequency": 880,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "app.update.disabledForTesting": True,
    "datareporting.policy.dataSubmissionEnabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "services.settings.server": "data:,none",
}

# One beep of the clip: an amplitude of 0.4 for 1/15 s (https://www.w3.org/TR/webrtc-stats/, totalAudioEnergy).
BEEP = 0.003

EXCHANGE = """
async function exchange(pc, url, token) {
  await pc.setLocalDescription(await pc.createOffer());
  if (pc.iceGatheringState !== "complete")
    await new Promise((done) => (pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && done()));
  const headers = { "Content-Type": "application/sdp", Authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: "POST", headers, body: pc.localDescription.sdp });
  if (!response.ok) throw new Error(await response.text());
  await pc.setRemoteDescription({ type: "answer", sdp: await response.text() });
}
"""

PUBLISH = """
async (url, token, codec) => {
  const canvas = document.createElement("canvas");
  canvas.width = 640; canvas.height = 360;
  const context = canvas.getContext("2d");
  let number = 0;
  const draw = () => {
    context.fillStyle = "#5a3c1e"; context.fillRect(0, 0, 640, 360);
    for (let bit = 0; bit < CELLS; bit++) {
      context.fillStyle = (number >> (CELLS - 1 - bit)) & 1 ? "white" : "black";
      context.fillRect((bit * 640) / CELLS, 360 - ROWS, 640 / CELLS, ROWS);
    }
    number++;
  };
  draw();
  setInterval(draw, 66);
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const microphone = await navigator.mediaDevices.getUserMedia({ audio: plain });
  const pc = (window.pc = new RTCPeerConnection());
  pc.addTransceiver(microphone.getAudioTracks()[0], { direction: "sendonly" });
  const video = pc.addTransceiver(canvas.captureStream(15).getVideoTracks()[0], { direction: "sendonly" });
  const known = RTCRtpSender.getCapabilities("video").codecs;
  video.setCodecPreferences(known.filter((one) => one.mimeType.toLowerCase() === codec || /rtx/.test(one.mimeType)));
  await exchange(pc, url, token);
}
"""

VIEW = """
async (url, token) => {
  const pc = (window.pc = new RTCPeerConnection());
  pc.addTransceiver("audio", { direction: "recvonly" });
  pc.addTransceiver("video", { direction: "recvonly" });
  const stream = new MediaStream();
  pc.ontrack = (event) => stream.addTrack(event.track);
  const video = document.body.appendChild(document.createElement("video"));
  const began = performance.now();
  const seen = (window.seen = { numbers: [], energy: 0, first_ms: null });
  await exchange(pc, url, token);
  video.srcObject = stream;
  await video.play();
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  setInterval(async () => {
    (await pc.getStats()).forEach((one) => {
      if (one.type === "inbound-rtp" && one.kind === "audio") seen.energy = one.totalAudioEnergy;
    });
  }, 200);
  setInterval(() => {
    canvas.width = video.videoWidth; canvas.height = video.videoHeight;
    if (!canvas.width) return;
    seen.first_ms ??= performance.now() - began;
    context.drawImage(video, 0, 0);
    const y = canvas.height - Math.round(((ROWS / 2) * canvas.height) / 360);
    let number = 0;
    for (let bit = 0; bit < CELLS; bit++) {
      const x = Math.floor(((2 * bit + 1) * canvas.width) / (2 * CELLS));
      number = number * 2 + (context.getImageData(x, y, 1, 1).data[1] > 127 ? 1 : 0);
    }
    if (number !== seen.numbers.at(-1)) seen.numbers.push(number);
  }, 20);
}
"""


class Firefox:
    """One page, and a function to call in it (WebDriver BiDi, `script.callFunction`)."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._count = 0
        self._page = ""

    async def command(self, method: str, **parameters: Any) -> Any:
        self._count += 1
        await self._socket.send_json({"id": self._count, "method": method, "params": parameters})
        while True:
            answer = json.loads(await self._socket.receive_str())
            if answer.get("id") == self._count:
                assert answer["type"] == "success", answer
                return answer["result"]

    async def open(self, url: str) -> None:
        self._page = (await self.command("browsingContext.getTree"))["contexts"][0]["context"]
        await self.command("browsingContext.navigate", context=self._page, url=url, wait="complete")

    async def call(self, function: str, *arguments: str) -> Any:
        """The function's value, through JSON; an exception in the page fails the test."""
        function = function.replace("CELLS", str(CELLS)).replace("ROWS", str(CELL_ROWS))
        body = f"{EXCHANGE} return JSON.stringify(await ({function})(...given));"
        result = await self.command(
            "script.callFunction",
            functionDeclaration=f"async (...given) => {{ {body} }}",
            arguments=[{"type": "string", "value": argument} for argument in arguments],
            target={"context": self._page},
            awaitPromise=True,
            userActivation=True,
        )
        assert result["type"] == "success", result.get("exceptionDetails", {}).get("text")
        return json.loads(result["result"].get("value", "null"))


OpenFirefox = Callable[[str], Awaitable[Firefox]]


@pytest.fixture
async def open_firefox(firefox: str, tmp_path: Path) -> AsyncIterator[OpenFirefox]:
    """Starts Firefox with a profile of its own, at a page of the server."""
    profile = tmp_path / "profile"
    profile.mkdir()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFS.items()]
    (profile / "user.js").write_text("".join(lines))
    async with contextlib.AsyncExitStack() as stack:

        async def open_firefox(url: str) -> Firefox:
            process = await asyncio.create_subprocess_exec(
                *[firefox, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"],
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
            stack.push_async_callback(process.wait)
            # Its own session: its content processes go with it.
            stack.callback(os.killpg, process.pid, signal.SIGKILL)
            listening = profile / "WebDriverBiDiServer.json"
            async with asyncio.timeout(90):
                while not listening.exists() or not listening.read_text():
                    assert process.returncode is None, "Firefox ended by itself"
                    await asyncio.sleep(0.05)
            port = json.loads(listening.read_text())["ws_port"]
            session = await stack.enter_async_context(aiohttp.ClientSession())
            address = f"ws://127.0.0.1:{port}/session"
            socket = await stack.enter_async_context(session.ws_connect(address, max_msg_size=0))
            page = Firefox(socket)
            await page.command("session.new", capabilities={})
            await page.open(url)
            return page

        yield open_firefox


@pytest.mark.parametrize("codec", ["video/vp8", "video/vp9"])
async def test_firefox_publishes(lesson: Any, open_firefox: OpenFirefox, codec: str) -> None:
    page = await open_firefox(lesson.door.url)
    await page.call(PUBLISH, lesson.teacher["whip"], lesson.teacher["token"], codec)
    witness = await lesson.witness()
    await witness.until_convinced()
    assert f"video/{witness.codec}" == codec


async def test_firefox_views(lesson: Any, open_firefox: OpenFirefox) -> None:
    await lesson.publish()
    page = await open_firefox(lesson.door.url)
    await page.call(VIEW, lesson.seat["whep"], lesson.seat["token"])
    async with asyncio.timeout(60):
        while True:
            # Each call is a round trip to the page, which fills `seen` by itself.
            seen = await page.call("() => window.seen")
            if len(set(seen["numbers"])) >= 10 and seen["energy"] > BEEP:
                break
    print(f"first picture after {seen['first_ms']:.0f} ms")
    ahead = [later > earlier for earlier, later in zip(seen["numbers"], seen["numbers"][1:], strict=False)]
    assert sum(ahead) >= len(ahead) // 2

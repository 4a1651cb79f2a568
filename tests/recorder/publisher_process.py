"""Records the clip in real time until it is killed: `publisher_process.py CONFTEST ROOT CODEC SECONDS`.

Prints on every line how many seconds of media have been handed to the tap.
"""

import asyncio
import importlib.util
import sys
import time
from pathlib import Path

from recorder.service import Recorder


async def main(conftest: str, root: str, codec: str, seconds: str) -> None:
    spec = importlib.util.spec_from_file_location("clip", conftest)
    assert spec is not None and spec.loader is not None
    clip = importlib.util.module_from_spec(spec)
    sys.modules["clip"] = clip
    spec.loader.exec_module(clip)
    script = clip.script(None if codec == "none" else codec, int(seconds))
    hub = clip.FakeHub()
    recorder = Recorder(Path(root), hub, problem=print)
    recorder.start_stream("lesson1", "teacher", "camera", "s1")
    start = time.monotonic()
    hub.taps["s1"].attached(clip.FakePublisher(), script.tracks)
    told = 0.0
    for at, what in script.steps:
        await asyncio.sleep(max(0.0, start + at - time.monotonic()))
        if isinstance(what, clip.Packet):
            what.arrived = time.monotonic()
            hub.taps["s1"].send(what)
        else:
            kind, report = what
            now = clip.SenderReport(report.ssrc, report.ntp, report.rtp_timestamp, time.monotonic())
            hub.taps["s1"].sender_report(kind, now)
        if at >= told + 0.05:
            told = at
            print(at, flush=True)


asyncio.run(main(*sys.argv[1:]))

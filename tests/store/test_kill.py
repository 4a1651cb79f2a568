"""kill -9 in the middle of writing: the chain holds, whole batches only, and nothing that was told is lost."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from classroom.lesson.state import fold
from classroom.store.store import Store

WRITER = Path(__file__).parent / "killed_writer.py"
ROOT = Path(__file__).parents[2]


def write_until(url: str, batches: int, delay_s: float) -> int:
    """Lets the writer tell of so many batches, then kills it a moment later; the last `seq` it told of."""
    process = subprocess.Popen([sys.executable, str(WRITER), url], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    with process.stdout as said:
        for _ in range(batches):
            told = said.readline()
        # Not to wait for anything: the kill is to fall anywhere within an append.
        try:
            process.wait(delay_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        rest = said.read().splitlines()
    assert process.wait(10) == -signal.SIGKILL
    whole = [line for line in [told, *rest] if line.startswith("durable ") and line.split()[1:]]
    return int(whole[-1].split()[1])


@pytest.mark.parametrize(("batches", "delay_s"), [(1, 0.0), (3, 0.003), (10, 0.011)])
async def test_what_was_told_survives_a_kill(url: str, batches: int, delay_s: float) -> None:
    told = await asyncio.to_thread(write_until, url, batches, delay_s)
    store = await Store.open(url)
    try:
        events = await store.journal.events("lesson000001")
        assert events[-1].seq >= told and events[-1].seq % 2 == 1
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert await store.journal.broken_at("lesson000001") is None
        lesson = fold(events)
        assert lesson is not None and lesson.is_open and lesson.hands == ()
        assert await store.journal.live() == ["lesson000001"]
        beats = await store.journal.heartbeats("lesson000001")
        assert len(beats) >= (told - 3) // 2
    finally:
        await store.close()

"""The demo itself with the real server, shortened: a lesson of some seconds lacks just what a short lesson lacks."""

from pathlib import Path

import pytest

from signaling.demo.run import DemoFailed, DemoOptions, run
from signaling.demo.server import ServerFailed, ServerProcess


@pytest.mark.timeout(300)
async def test_a_lesson_of_some_seconds_does_all_but_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    options = DemoOptions(data=tmp_path, clients="own", together_s=6.0)
    outcome = await run(options, lambda sentence, done: told.append(sentence))
    result = outcome.result
    pair = result.activities[0].pair
    assert sorted(outcome.failures) == [
        f"Pair {pair} has no participants.",
        f"The activity of pair {pair} is not_counted.",
        f"The month {result.month.month} counts 0, not one.",
    ]
    assert len(result.seats) == 3
    assert all(seat.pictures > 30 for seat in result.seats)
    assert len(result.recordings) == 3
    assert all((tmp_path / recording.file).exists() for recording in result.recordings)
    assert sum("/teach/" in sentence or "/join/" in sentence for sentence in told) == 3


async def test_asking_for_a_browser_where_there_is_none_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.demo.run.find_browser", lambda: None)
    with pytest.raises(DemoFailed, match="No Chromium"):
        await run(DemoOptions(data=tmp_path, clients="browser"), lambda sentence, done: None)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_a_browser_that_does_not_start_gives_way_to_our_own_clients(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.demo.run.find_browser", lambda: "/bin/false")
    told: list[str] = []
    await run(DemoOptions(data=tmp_path, together_s=2.0), lambda sentence, done: told.append(sentence))
    assert "Joining with clients of our own" in told


async def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "classroom.db").mkdir()
    with pytest.raises(ServerFailed, match="did not start"):
        async with ServerProcess(tmp_path):
            pass

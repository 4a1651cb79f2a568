"""The process of our own clients, driven through its pipes."""

from pathlib import Path
from typing import Any

import pytest

from signaling.demo.plan import ClipPlan, Plan, Player
from signaling.demo.players import OwnPlayers, PlayersFailed


async def test_the_process_joins_acts_tells_figures_and_leaves(stage: Any, until: Any, tmp_path: Path) -> None:
    seats = [Player(seat, seat, ClipPlan(seat, seconds=2, width=320, height=180)) for seat in ("teacher", "a", "b")]
    async with OwnPlayers(Plan(stage.url, "l", str(tmp_path / "clips"), seats), tmp_path / "log") as players:

        def all_see() -> bool:
            latest = players.latest
            return len(latest) == 3 and all(any(figures.pictures.values()) for figures in latest.values())

        await players.act("a", {"type": "raise_hand"})
        await until(lambda: ("a", {"type": "raise_hand"}) in stage.said, 60)
        await until(all_see, 60)
        assert set(await players.figures()) == {"teacher", "a", "b"}
    with pytest.raises(PlayersFailed):
        await players.act("a", {"type": "raise_hand"})


async def test_clients_that_cannot_start_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    players = OwnPlayers(Plan("http://127.0.0.1:9", "l", str(tmp_path), []), tmp_path / "log")
    with pytest.raises(PlayersFailed):
        async with players:
            while True:
                await players.figures()
                await players.act("a", {})
    await players.__aexit__()

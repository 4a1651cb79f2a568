"""Who has spoken in a live lesson: what the relay counts per connection, as one voice per seat. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from classroom.ledger.fairness import Spoken
from signaling.flows import SeatFlow


class Voices:
    """The voices of one lesson, carried on from the heartbeats of an earlier run."""

    def __init__(self, spoken: Mapping[str, Spoken]) -> None:
        self.spoken = dict(spoken)
        self._counted: dict[str, float] = {}

    def take(self, flows: Iterable[SeatFlow], at: datetime) -> dict[str, int]:
        """Seat → milliseconds of voice since the last time; 0 is silence, and who is not in it cannot be heard.

        A seat's microphone is its camera's: what a shared screen plays is nobody's voice.
        """
        counted: dict[str, float] = {}
        fresh: dict[str, int] = {}
        for flow in flows:
            if flow.receiver is None and flow.source == "camera" and flow.voice_s is not None:
                counted[flow.session] = flow.voice_s
                more = flow.voice_s - self._counted.get(flow.session, 0.0)
                fresh[flow.seat] = fresh.get(flow.seat, 0) + round(max(0.0, more) * 1000)
        self._counted = counted
        for seat, ms in fresh.items():
            self.spoken[seat] = self.spoken.get(seat, Spoken()).more(ms, at)
        return fresh

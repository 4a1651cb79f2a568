"""What the relay says of its sessions: their answers, what flows, what happened, and the state of their paths."""

from dataclasses import dataclass
from typing import Literal

from classroom.relay.ladder import Rung
from classroom.relay.rtp import Kind


@dataclass(frozen=True, slots=True)
class Session:
    """One connection: its id (12 characters, base32) and the SDP answer to its offer."""

    id: str
    answer: str


@dataclass(frozen=True, slots=True)
class Flow:
    """Media that moves. Publisher (`subscriber` None): first and last packet with payload. Subscriber: first and last
    moment its feedback proved that it still receives. Monotonic seconds. `voice_s`: how long a publisher's sound was
    somebody speaking; None where its packets do not tell."""

    stream: str
    subscriber: str | None
    session: str
    kind: Kind
    first: float
    last: float
    voice_s: float | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened to a session, at `now`; `last` is its last media packet, or its beginning when there was none.

    "flowing": first media, or first proof of delivery; again after "stalled": a publisher's media stopped for 3 s.
    "gone": nothing heard for 8 s, not connected within 10 s, close_notify, or ended. "replaced": a newer publisher
    came. "layers": the layers of a publisher that anybody wants are others now: `layers`. "rung": the line of a group
    (in `subscriber`; no stream, no session) carries more or less now: `rung`.
    """

    stream: str
    subscriber: str | None
    session: str
    kind: Literal["flowing", "stalled", "gone", "replaced", "layers", "rung"]
    now: float
    last: float
    layers: tuple[str, ...] = ()
    rung: Rung = "full"


@dataclass(frozen=True, slots=True)
class Link:
    """The state of a session's network path; loss 0…1; None where nothing tells: publishers send no reports on us."""

    rtt_ms: float | None
    loss: float
    jitter_ms: float
    in_bps: int
    out_bps: int
    remb_bps: int | None
    by_tcp: bool = False

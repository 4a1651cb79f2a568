"""The relay as the others see it: streams to publish and to view, in opaque ids."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from classroom.relay.route import Subscriber
from classroom.relay.rtp import Kind


class OfferError(Exception):
    """An offer that gets no session. `code`: bad_sdp, no_common_codec, stream_absent or too_many_sessions."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class RelayConfig:
    """`announce`: candidate addresses (empty: the machine's own); `video_codecs`: in order of preference."""

    host: str = "0.0.0.0"
    port: int = 8189
    announce: tuple[str, ...] = ()
    video_codecs: tuple[str, ...] = ("vp8", "h264")
    max_sessions: int = 1000
    max_handshakes: int = 64


@dataclass(frozen=True, slots=True)
class Session:
    """One connection: its id (12 characters, base32) and the SDP answer to its offer."""

    id: str
    answer: str


@dataclass(frozen=True, slots=True)
class Flow:
    """Media that moves. Publisher (`subscriber` None): first and last packet with payload. Subscriber: first and last
    moment its feedback proved that it still receives. Monotonic seconds."""

    stream: str
    subscriber: str | None
    session: str
    kind: Kind
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened to a session, at `now`; `last` is its last media packet (monotonic seconds)."""

    stream: str
    subscriber: str | None
    session: str
    kind: Literal["flowing", "stalled", "gone", "replaced"]
    now: float
    last: float


@dataclass(frozen=True, slots=True)
class Link:
    """The state of a session's network path; loss 0…1; None where nothing tells yet."""

    rtt_ms: float | None
    loss: float
    jitter_ms: float
    in_bps: int
    out_bps: int
    remb_bps: int | None


class Hub:
    """Owns the socket, the sessions, the routes and the timers."""

    port: int

    def __init__(self, config: RelayConfig, notice: Callable[[Notice], None]) -> None:
        self._config = config
        self._notice = notice

    async def start(self) -> None:
        """Bind the socket (sets `port`) and start the timers; OSError."""
        raise NotImplementedError

    async def close(self) -> None:
        """Refuse new sessions, say goodbye to all peers, close the socket. Idempotent."""
        raise NotImplementedError

    def publish(self, stream: str, offer: str, *, group: str) -> Session:
        """Answer a publisher's offer; an older session of the stream ends as "replaced". OfferError."""
        raise NotImplementedError

    def subscribe(self, stream: str, subscriber: str, offer: str, *, group: str) -> Session:
        """Answer a viewer's offer. OfferError."""
        raise NotImplementedError

    def attach(self, stream: str, subscriber: Subscriber) -> None:
        """Let a tap follow the stream, whether or not it has a publisher yet."""
        raise NotImplementedError

    def detach(self, stream: str, subscriber: Subscriber) -> None:
        """Let it go. Unknown ones are ignored."""
        raise NotImplementedError

    def end(self, session: str) -> bool:
        """End one session; False when there is none."""
        raise NotImplementedError

    def end_stream(self, prefix: str) -> None:
        """End every session that publishes or views a stream whose key starts with `prefix`."""
        raise NotImplementedError

    def flows(self) -> list[Flow]:
        """What flows now: a snapshot."""
        raise NotImplementedError

    def stats(self) -> dict[str, int]:
        """Counters since the start."""
        raise NotImplementedError

    def link(self, session: str) -> Link | None:
        """The state of one session's path; None when there is no such session."""
        raise NotImplementedError

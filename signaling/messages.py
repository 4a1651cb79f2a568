"""The messages of `/ws/{lesson}`: small JSON objects told apart by `type`. `docs/protocol.md` is their table.

Pure. What a client sends goes through `decode`, which raises BadMessage and nothing else.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from classroom.lesson.events import Fault, SeatRole
from classroom.lesson.lesson import State
from classroom.lesson.seats import MAX_STUDENTS, MAX_TEACHERS
from classroom.registry.facts import Role

PROTOCOL_VERSION = 1
MAX_MESSAGE_BYTES = 4096
"""The largest client message, a hello, takes some 200 bytes; nothing sent by hand is longer than a name."""
MESSAGES_PER_S = 20
MESSAGE_BURST = 40
"""A page that re-joins sends a handful at once; more than this is a broken or hostile client."""
MAX_EXCESS = 4
"""So many refusals for speed and the connection is closed."""
HELLO_TIMEOUT_S = 5.0
HEARTBEAT_S = 5.0

ONE_LINE = r"^[^\x00-\x1f\x7f]+\Z"
Token = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+\Z")]
DeviceId = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+\Z")]
SeatId = Annotated[str, msgspec.Meta(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9_-]+\Z")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=ONE_LINE)]
"""Of a person, a school, a room or a class."""
SessionId = Annotated[str, msgspec.Meta(min_length=1, max_length=32, pattern=r"^[a-z0-9]+\Z")]
Height = Annotated[int, msgspec.Meta(ge=0, le=8192)]
"""Of a picture on a screen, in device pixels."""
Students = Annotated[int, msgspec.Meta(ge=0, le=MAX_STUDENTS)]
Teachers = Annotated[int, msgspec.Meta(ge=0, le=MAX_TEACHERS)]


class BadMessage(ValueError):
    """A message that is none of ours. `code` is stable; `title` is a Chinese and str() an English sentence."""

    def __init__(self, code: str, title: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.title = title
        self.detail = detail


class ClientMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What a page may send. `seat` absent means the sender's own; only the teacher may name another's."""


class Hello(ClientMessage, frozen=True, kw_only=True, tag="hello"):
    """Comes first, within HELLO_TIMEOUT_S. `device` is a random id the browser keeps in its local storage."""

    token: Token
    device: DeviceId
    version: int = PROTOCOL_VERSION


class Start(ClientMessage, frozen=True, kw_only=True, tag="start"):
    """上课. Teacher only."""


class End(ClientMessage, frozen=True, kw_only=True, tag="end"):
    """下课. Teacher only."""


class RaiseHand(ClientMessage, frozen=True, kw_only=True, tag="raise_hand"):
    """举手. A classroom or its assistant, for itself."""

    seat: SeatId | None = None


class LowerHand(ClientMessage, frozen=True, kw_only=True, tag="lower_hand"):
    """放下手, one's own; the teacher lowers any."""

    seat: SeatId | None = None


class SetStage(ClientMessage, frozen=True, kw_only=True, tag="set_stage"):
    """上台, or null to clear the stage. Teacher only."""

    seat: SeatId | None


class Mute(ClientMessage, frozen=True, kw_only=True, tag="mute"):
    """静音. Null means every classroom; the teacher may mute all, a classroom itself."""

    seat: SeatId | None
    muted: bool


class ConfirmHeadcount(ClientMessage, frozen=True, kw_only=True, tag="headcount"):
    """实到人数 of a seat."""

    students: Students
    teachers: Teachers
    seat: SeatId | None = None


class AskHelp(ClientMessage, frozen=True, kw_only=True, tag="help"):
    """求助, for one's own seat."""

    fault: Fault


class AnswerHelp(ClientMessage, frozen=True, kw_only=True, tag="answer_help"):
    """The teacher has seen the call for help."""

    seat: SeatId


class NoteConsent(ClientMessage, frozen=True, kw_only=True, tag="note_consent"):
    """The named person says that the class (null: every class) has its guardians' consent to be recorded.

    Teacher only.
    """

    seat: SeatId | None
    by_name: Name


class Record(ClientMessage, frozen=True, kw_only=True, tag="record"):
    """Starts or stops the recording. Teacher only."""

    on: bool


class Want(ClientMessage, frozen=True, kw_only=True, tag="want"):
    """How high this device shows the picture of one of its viewing sessions, in device pixels; 0 while nobody sees it.

    A session that is gone, or another seat's, is passed over: layouts change while sessions come and go.
    """

    session: SessionId
    height: Height


class Ping(ClientMessage, frozen=True, kw_only=True, tag="ping"):
    """`t` is the page's own clock and comes back untouched."""

    t: float


AnyClientMessage = (
    Hello
    | Start
    | End
    | RaiseHand
    | LowerHand
    | SetStage
    | Mute
    | ConfirmHeadcount
    | AskHelp
    | AnswerHelp
    | NoteConsent
    | Record
    | Want
    | Ping
)


class PlannedView(msgspec.Struct, frozen=True, kw_only=True):
    start: datetime
    end: datetime


class SchoolView(msgspec.Struct, frozen=True, kw_only=True):
    school: str


class HandView(msgspec.Struct, frozen=True, kw_only=True):
    seat: str
    at: datetime


class MissingConsentView(msgspec.Struct, frozen=True, kw_only=True):
    seat: str
    school: str
    class_name: str


class RecordingView(msgspec.Struct, frozen=True, kw_only=True):
    """`on`: pictures are being written now. `wanted`: they will be as soon as nothing stands against it.

    `problem`: why nothing can be written although it is on (`disk_full`, `write_failed`); it is tried again by itself.
    """

    on: bool
    wanted: bool
    problem: str | None
    missing_consent: list[MissingConsentView]


class HeadcountView(msgspec.Struct, frozen=True, kw_only=True):
    students: int
    teachers: int


class StreamView(msgspec.Struct, frozen=True, kw_only=True):
    source: str
    state: Literal["flowing", "stalled"]
    audio: bool
    video: bool


class SeatView(msgspec.Struct, frozen=True, kw_only=True):
    """`students` is the roster; `code` and `join` are for the teacher's eyes only and null for all others."""

    seat: str
    role: SeatRole
    school: str
    classroom: str
    class_name: str
    present: bool
    left_at: datetime | None
    muted: bool
    help: Fault | None
    students: int | None
    headcount: HeadcountView | None
    streams: list[StreamView]
    rung: str
    code: str | None
    join: str | None


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The whole lesson as a page shows it: one fold, on the server only. Instants in +08:00."""

    lesson: str
    seq: int
    state: State
    subject: str
    is_test: bool
    now: datetime
    planned: list[PlannedView]
    opened_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    supporter: SchoolView
    stage: str | None
    hands: list[HandView]
    recording: RecordingView
    seats: list[SeatView]


class LinkView(msgspec.Struct, frozen=True, kw_only=True):
    """Quality of a seat's line: rates summed, `loss` (0..1) and `rtt_ms` the worst over its connections.

    `by_tcp`: some of them come over TCP, because UDP does not get through.
    """

    up_kbps: int
    down_kbps: int
    loss: float
    rtt_ms: int | None
    by_tcp: bool = False


class IceServer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One RTCIceServer of the browsers; a STUN server has neither user name nor credential."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class ServerMessage(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What the server sends."""


class Welcome(ServerMessage, frozen=True, kw_only=True, tag="welcome"):
    """The answer to hello. `seat` is null for an observer; `recording_notice` says that recording is on or may come.

    `ice_servers` are for the page's connections, with credentials that end with time.
    """

    seat: str | None
    role: Role
    lesson: View
    recording_notice: bool
    ice_servers: list[IceServer] = []


class LessonNow(ServerMessage, frozen=True, kw_only=True, tag="lesson"):
    """The lesson after an event."""

    lesson: View


class Links(ServerMessage, frozen=True, kw_only=True, tag="links"):
    """Line quality per seat. To the teacher, every two seconds."""

    seats: dict[str, LinkView]


class Observers(ServerMessage, frozen=True, kw_only=True, tag="observers"):
    """Who watches the lesson now. To the teacher, whenever it changes: nobody looks into a class unseen.

    `names` are of those who came from the desk (巡课); `unnamed` counts those with the link that the teacher gave away.
    """

    names: list[str]
    unnamed: int


class Layers(ServerMessage, frozen=True, kw_only=True, tag="layers"):
    """Which layers (`rid`) of a source of one's own are wanted, at least one. A new session begins with all of them."""

    source: str
    active: list[str]


class Still(ServerMessage, frozen=True, kw_only=True, tag="still"):
    """A still of a source is there: for a seat on a rung without moving pictures. `version` grows with each."""

    seat: str
    source: str
    version: int


class Replaced(ServerMessage, frozen=True, kw_only=True, tag="replaced"):
    """A newer device or tab speaks for this seat; the server closes this connection."""


class Error(ServerMessage, frozen=True, kw_only=True, tag="error"):
    """A refusal. `code` is stable, `title` a Chinese and `detail` an English sentence."""

    code: str
    title: str
    detail: str


class Pong(ServerMessage, frozen=True, kw_only=True, tag="pong"):
    """`t` as it came, and the server's clock."""

    t: float
    now: datetime


class Closing(ServerMessage, frozen=True, kw_only=True, tag="closing"):
    """The server goes down: connect again at once and keep trying."""


AnyServerMessage = Welcome | LessonNow | Links | Observers | Layers | Still | Replaced | Error | Pong | Closing

_client: msgspec.json.Decoder[AnyClientMessage] = msgspec.json.Decoder(AnyClientMessage)


def decode(message: bytes | str) -> AnyClientMessage:
    """A client's message. Raises BadMessage (`message_too_large` or `bad_message`) and nothing else."""
    # A text frame is measured in characters first: they are never more than its bytes, and encoding costs.
    try:
        size = len(message) if isinstance(message, bytes) or len(message) > MAX_MESSAGE_BYTES else len(message.encode())
        if size <= MAX_MESSAGE_BYTES:
            return _client.decode(message)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError) as error:
        raise BadMessage("bad_message", "消息无法识别。", f"Not a message of this protocol: {error}") from error
    raise BadMessage("message_too_large", "消息过大。", f"A message may have at most {MAX_MESSAGE_BYTES} bytes.")


def encode(message: AnyServerMessage) -> bytes:
    """A server's message as JSON."""
    return msgspec.json.encode(message)

"""The messages of `/ws/{lesson}`: small JSON objects told apart by `type`. `docs/protocol.md` is their table.

Pure. What a client sends goes through `decode`, which raises BadMessage and nothing else.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from classroom.lesson.chat import MAX_LINE
from classroom.lesson.courseware import MAX_PAGES
from classroom.lesson.events import Fault, Layout, Paper, SeatRole, Tool, Training
from classroom.lesson.ink import MAX_ERASED, MAX_POINTS_CHARS, MAX_WIDTH, SIDE
from classroom.lesson.lesson import State
from classroom.lesson.quiz import MAX_OPTIONS, MAX_QUESTIONS
from classroom.lesson.scene import MAX_MINUTES
from classroom.lesson.seats import MAX_STUDENTS, MAX_TEACHERS
from classroom.lesson.state import MAX_EXTENSIONS_MIN
from classroom.lesson.steps import MAX_STEPS
from classroom.registry.facts import Role
from signaling.homework_view import DeskView, HomeworkCount
from signaling.page_views import StrokeView
from signaling.quiz_view import QuizView

PROTOCOL_VERSION = 1
MAX_MESSAGE_BYTES = 4096
"""The largest client message, a hello, takes some 200 bytes; nothing sent by hand is longer than a name."""
MESSAGES_PER_S = 20
MESSAGE_BURST = 40
"""A page that re-joins sends a handful at once; more than this is a broken or hostile client."""
MAX_EXCESS = 4
"""So many refusals for speed and the connection is closed."""
SKETCHES_PER_S = 20
SKETCH_BURST = 60
"""Pointer moves and unfinished strokes, which nobody keeps: what comes faster is dropped without a word."""
MAX_SKETCH_EXCESS = 400
"""So many dropped in a row and the connection is closed: a line that stood still brings less at once."""
HELLO_TIMEOUT_S = 5.0
HEARTBEAT_S = 5.0

ONE_LINE = r"^[^\x00-\x1f\x7f]+\Z"
Token = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+\Z")]
DeviceId = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+\Z")]
SeatId = Annotated[str, msgspec.Meta(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9_-]+\Z")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=ONE_LINE)]
"""Of a person, a school, a room or a class."""
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_LINE, pattern=ONE_LINE)]
"""Of the chat."""
LineId = Annotated[str, msgspec.Meta(min_length=12, max_length=12, pattern=r"^[a-z0-9]+\Z")]
SourceName = Literal["camera", "board", "students", "stand", "phone"]
"""Of a seat's cameras."""
Minutes = Annotated[int, msgspec.Meta(ge=1, le=MAX_MINUTES)]
"""Of one turn."""
SessionId = Annotated[str, msgspec.Meta(min_length=1, max_length=32, pattern=r"^[a-z0-9]+\Z")]
QuizId = Annotated[str, msgspec.Meta(min_length=12, max_length=12, pattern=r"^[a-z0-9]+\Z")]
PersonId = Annotated[str, msgspec.Meta(min_length=12, max_length=12, pattern=r"^[a-z0-9]+\Z")]
Height = Annotated[int, msgspec.Meta(ge=0, le=8192)]
"""Of a picture on a screen, in device pixels."""
PageId = Annotated[str, msgspec.Meta(min_length=2, max_length=17, pattern=r"^[a-z0-9-]+\Z")]
BlankPageId = Annotated[str, msgspec.Meta(min_length=2, max_length=13, pattern=r"^w[a-z0-9]+\Z")]
Ref = Annotated[str, msgspec.Meta(min_length=1, max_length=16, pattern=r"^[a-z0-9]+\Z")]
"""What a page calls a stroke of its own, at random."""
Colour = Annotated[str, msgspec.Meta(pattern=r"^#[0-9a-f]{6}\Z")]
Width = Annotated[int, msgspec.Meta(ge=1, le=MAX_WIDTH)]
Along = Annotated[int, msgspec.Meta(ge=0, le=SIDE)]
"""A coordinate on a page."""
Points = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_POINTS_CHARS)]
Pages = Annotated[int, msgspec.Meta(ge=0, le=MAX_PAGES)]
Students = Annotated[int, msgspec.Meta(ge=0, le=MAX_STUDENTS)]
Teachers = Annotated[int, msgspec.Meta(ge=0, le=MAX_TEACHERS)]
Place = Annotated[int, msgspec.Meta(ge=0, lt=MAX_QUESTIONS)]
"""Of a question in its quiz."""


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


class Extend(ClientMessage, frozen=True, kw_only=True, tag="extend"):
    """再上几分钟: the lesson ends by itself so many minutes later than planned, in all. Teacher only."""

    minutes: Annotated[int, msgspec.Meta(ge=1, le=MAX_EXTENSIONS_MIN)]


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


class SetStep(ClientMessage, frozen=True, kw_only=True, tag="set_step"):
    """环节: the plan's step at this place, from 0, is on; null: none is. Teacher only."""

    step: Annotated[int, msgspec.Meta(ge=0, lt=MAX_STEPS)] | None


class Draw(ClientMessage, frozen=True, kw_only=True, tag="draw"):
    """随机点名: one of the classrooms that are here comes on stage. Teacher only."""


class Praise(ClientMessage, frozen=True, kw_only=True, tag="praise"):
    """表扬 of a classroom. Teacher only."""

    seat: SeatId


class Say(ClientMessage, frozen=True, kw_only=True, tag="say"):
    """A line of the chat, by one's own seat. `to`: in private between the teacher and this seat's co-teacher."""

    text: Line
    to: SeatId | None = None


class HideLine(ClientMessage, frozen=True, kw_only=True, tag="hide_line"):
    """A line leaves every screen. Teacher only."""

    line: LineId


class CloseChat(ClientMessage, frozen=True, kw_only=True, tag="close_chat"):
    """Nobody but the teacher may write, or again everybody. Teacher only."""

    closed: bool


class SetTalk(ClientMessage, frozen=True, kw_only=True, tag="talk"):
    """对讲 with this classroom's co-teacher; null hangs up. The teacher, or that co-teacher."""

    seat: SeatId | None


class Spotlight(ClientMessage, frozen=True, kw_only=True, tag="spotlight"):
    """Which camera of a seat the others see. Teacher only."""

    seat: SeatId
    source: SourceName


class SetLayout(ClientMessage, frozen=True, kw_only=True, tag="layout"):
    """How the classrooms' screens are laid out. Teacher only."""

    layout: Layout


class Rotate(ClientMessage, frozen=True, kw_only=True, tag="rotate"):
    """轮流, every so many minutes; null pauses. Teacher only."""

    minutes: Minutes | None


class Mute(ClientMessage, frozen=True, kw_only=True, tag="mute"):
    """静音. Null means every classroom; the teacher may mute all, a classroom itself."""

    seat: SeatId | None
    muted: bool


class ConfirmHeadcount(ClientMessage, frozen=True, kw_only=True, tag="headcount"):
    """实到人数 of a seat."""

    students: Students
    teachers: Teachers
    seat: SeatId | None = None


class SignIn(ClientMessage, frozen=True, kw_only=True, tag="sign_in"):
    """签到 in a meeting, in one's own room: a person of the room's school. `present` false: it was a mistake."""

    person: PersonId
    present: bool = True


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


class Camera(ClientMessage, frozen=True, kw_only=True, tag="camera"):
    """The own camera is turned off on purpose, or on again: a black picture is no fault then. Main devices only."""

    on: bool


class Want(ClientMessage, frozen=True, kw_only=True, tag="want"):
    """How high this device shows the picture of one of its viewing sessions, in device pixels; 0 while nobody sees it.

    A session that is gone, or another seat's, is passed over: layouts change while sessions come and go.
    """

    session: SessionId
    height: Height


class AskQuestion(ClientMessage, frozen=True, kw_only=True, tag="ask_question"):
    """Another question of the open quiz, by its place from 0. Teacher only."""

    question: Place


class TallyQuestion(ClientMessage, frozen=True, kw_only=True, tag="tally"):
    """What the class was counted to say to a question: pupils for each option; of a number or a text, how many are
    right, or nothing. `number`: what the class says. `quiz`: meant for this one, not for what was opened meanwhile."""

    question: Place
    quiz: QuizId | None = None
    counts: Annotated[tuple[Students, ...], msgspec.Meta(max_length=MAX_OPTIONS)]
    number: float | None = None
    seat: SeatId | None = None


class ShowQuiz(ClientMessage, frozen=True, kw_only=True, tag="show_quiz"):
    """What the classes said to the question on the screens is shown on them, or no more. Teacher only."""

    shown: bool


class CloseQuiz(ClientMessage, frozen=True, kw_only=True, tag="close_quiz"):
    """The quiz leaves the screens. Teacher only."""


class ShowHomework(ClientMessage, frozen=True, kw_only=True, tag="show_homework"):
    """讲评: a work, the task (no `work`) or nothing (no `homework`) on every screen (`seat` null: teacher only), or on
    one's own."""

    homework: SessionId | None = None
    work: SessionId | None = None
    seat: SeatId | None = None


class ShowPage(ClientMessage, frozen=True, kw_only=True, tag="show_page"):
    """翻页: this page on every screen; null puts the pages away. Teacher only."""

    page: PageId | None


class AddPage(ClientMessage, frozen=True, kw_only=True, tag="add_page"):
    """白板: an empty page behind the one that is shown, and shows it. Teacher only, who names it."""

    page: BlankPageId
    paper: Paper


class DrawStroke(ClientMessage, frozen=True, kw_only=True, tag="draw_stroke"):
    """A finished stroke. The teacher, and classrooms that may write. Said twice (`ref`) it is drawn once."""

    page: PageId
    ref: Ref
    tool: Tool
    colour: Colour
    width: Width
    points: Points


class Erase(ClientMessage, frozen=True, kw_only=True, tag="erase"):
    """Strokes are gone from the page: the teacher erases anybody's, others their own."""

    page: PageId
    strokes: Annotated[list[int], msgspec.Meta(min_length=1, max_length=MAX_ERASED)]


class ClearPage(ClientMessage, frozen=True, kw_only=True, tag="clear_page"):
    """清空本页. Teacher only."""

    page: PageId


class AllowDrawing(ClientMessage, frozen=True, kw_only=True, tag="allow_drawing"):
    """允许书写, or no longer. Teacher only."""

    seat: SeatId
    allowed: bool


class Point(ClientMessage, frozen=True, kw_only=True, tag="point"):
    """激光笔: where the pointer is on the page; null: it is away. Who may draw may point. Kept by nobody."""

    page: PageId
    at: tuple[Along, Along] | None


class Sketch(ClientMessage, frozen=True, kw_only=True, tag="sketch"):
    """More of a stroke that is not finished: its points since the last, as a polyline of its own. Kept by nobody."""

    page: PageId
    ref: Ref
    tool: Tool
    colour: Colour
    width: Width
    points: Points


class PagesHeld(ClientMessage, frozen=True, kw_only=True, tag="pages_held"):
    """How many of so many pages this classroom's PC has loaded already."""

    held: Pages
    of: Pages


class Ping(ClientMessage, frozen=True, kw_only=True, tag="ping"):
    """`t` is the page's own clock and comes back untouched."""

    t: float


AnyClientMessage = (
    Hello
    | Start
    | Extend
    | End
    | RaiseHand
    | LowerHand
    | SetStage
    | SetStep
    | Draw
    | Praise
    | Say
    | HideLine
    | CloseChat
    | SetTalk
    | Spotlight
    | SetLayout
    | Rotate
    | Mute
    | ConfirmHeadcount
    | SignIn
    | AskHelp
    | AnswerHelp
    | NoteConsent
    | Record
    | Camera
    | Want
    | AskQuestion
    | TallyQuestion
    | ShowQuiz
    | CloseQuiz
    | ShowHomework
    | ShowPage
    | AddPage
    | DrawStroke
    | Erase
    | ClearPage
    | AllowDrawing
    | Point
    | Sketch
    | PagesHeld
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


class DrawnView(msgspec.Struct, frozen=True, kw_only=True):
    """The last draw (随机点名)."""

    seat: str
    at: datetime


class ChatView(msgspec.Struct, frozen=True, kw_only=True):
    """`lines`: how many were written to everybody; they are fetched apart."""

    closed: bool
    lines: int


class MissingConsentView(msgspec.Struct, frozen=True, kw_only=True):
    """`withdrawn`: the class's school has taken the consent back, and no teacher can note it."""

    seat: str
    school: str
    class_name: str
    withdrawn: bool = False


class FlawView(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with the recording of a stream, from `at` on, for `seconds` (of `drift`: by so much)."""

    seat: str
    source: str
    what: str
    at: datetime
    seconds: float
    words: str


class VerdictView(msgspec.Struct, frozen=True, kw_only=True):
    """On a recording. `words`: 合格, or what is wrong, in Chinese; `missing_s`: what the worst stream lacks;
    `healed`: what the pages have put back of it later, in Chinese, stream by stream."""

    ok: bool
    missing_s: float
    words: str
    flaws: list[FlawView]
    healed: list[str] = []


class RecordingView(msgspec.Struct, frozen=True, kw_only=True):
    """`on`: pictures are being written now. `wanted`: they will be as soon as nothing stands against it.

    `problem`: why nothing can be written although it is on (`disk_full`, `write_failed`), or only the sound of some
    streams (`disk_low`); it is tried again by itself. `verdict`: seconds after the recording was stopped, else null.
    """

    on: bool
    wanted: bool
    problem: str | None
    missing_consent: list[MissingConsentView]
    verdict: VerdictView | None = None


class HeadcountView(msgspec.Struct, frozen=True, kw_only=True):
    students: int
    teachers: int


class PersonView(msgspec.Struct, frozen=True, kw_only=True):
    """Who has signed in to a meeting."""

    person: str
    name: str


class StreamView(msgspec.Struct, frozen=True, kw_only=True):
    source: str
    state: Literal["flowing", "stalled"]
    audio: bool
    video: bool


class SeatView(msgspec.Struct, frozen=True, kw_only=True):
    """`students` is the roster; `praises` counts 表扬. `code` and `join` are for the teacher's eyes only, else null."""

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
    praises: int
    shown: str
    people: list[PersonView]
    streams: list[StreamView]
    rung: str
    code: str | None
    join: str | None


class PagesView(msgspec.Struct, frozen=True, kw_only=True):
    """`shown`: the page on every screen. `version` changes with the row of pages, 0 while there are none.

    `writers`: the classrooms that may write.
    """

    shown: str | None
    version: int
    writers: list[str]


class PlanNow(msgspec.Struct, frozen=True, kw_only=True):
    """How far the plan (备课) is: the step that is on since `since`, and for how many seconds each was before; steps by
    their places. `version` changes with the plan, 0 while there is none.
    """

    version: int
    step: int | None
    since: datetime | None
    spent_s: list[float]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The whole lesson as a page shows it: one fold, on the server only. Instants in +08:00.

    `closes_at`: when an open lesson ends by itself, null for an unplanned one; `extended_min`: how much later that is.
    `training`: it is a meeting of teachers of this kind; `title`: 课题 or 主题, "" where nobody has said.
    """

    lesson: str
    seq: int
    state: State
    subject: str
    title: str
    training: Training | None
    is_test: bool
    now: datetime
    planned: list[PlannedView]
    opened_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    closes_at: datetime | None
    extended_min: int
    supporter: SchoolView
    stage: str | None
    layout: Layout
    rotation: int | None
    drawn: DrawnView | None
    chat: ChatView
    talk: str | None
    hands: list[HandView]
    recording: RecordingView
    pages: PagesView
    plan: PlanNow
    seats: list[SeatView]
    quiz: QuizView | None = None
    homework: list[HomeworkCount] = []
    desks: list[DeskView] = []


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


class VoiceView(msgspec.Struct, frozen=True, kw_only=True):
    """For how many seconds a seat has spoken, and when it last did; null: not once since it came."""

    spoke_s: int
    last_at: datetime | None


class VoicesNow(ServerMessage, frozen=True, kw_only=True, tag="voices"):
    """Who has spoken, per seat whose packets tell it (RFC 6464). To the teacher, every five seconds."""

    seats: dict[str, VoiceView]


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the chat; of a hidden one the text is empty. `to`: private between the teacher and this seat."""

    id: str
    role: Role
    seat: str
    to: str | None
    text: str
    at: datetime
    hidden: bool


class ChatNow(ServerMessage, frozen=True, kw_only=True, tag="chat"):
    """A line was written, or was hidden. To who may read it; observers read none."""

    line: LineView


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


class Warnings(ServerMessage, frozen=True, kw_only=True, tag="warnings"):
    """What is wrong now with what is being recorded, per seat: `silent`, `black`, `dark`, `frozen`; all that there is.

    To the teacher, and to each seat of its own. Sent whenever it changes; the next one takes back what it does not say.
    """

    seats: dict[str, list[str]]


class Drawn(ServerMessage, frozen=True, kw_only=True, tag="stroke_drawn"):
    """A stroke is on the page. `seq` is the event's number, as of the next two."""

    seq: int
    page: str
    stroke: StrokeView


class Erased(ServerMessage, frozen=True, kw_only=True, tag="strokes_erased"):
    """Strokes are gone from the page."""

    seq: int
    page: str
    strokes: list[int]


class Cleared(ServerMessage, frozen=True, kw_only=True, tag="page_cleared"):
    """All strokes are gone from the page."""

    seq: int
    page: str


class Pointed(ServerMessage, frozen=True, kw_only=True, tag="pointed"):
    """Where a seat's pointer is on the page; null: it is away."""

    seat: str
    page: str
    at: tuple[int, int] | None


class Sketched(ServerMessage, frozen=True, kw_only=True, tag="sketched"):
    """More of a seat's stroke that is not finished. `stroke_drawn` brings the whole of it."""

    seat: str
    page: str
    ref: str
    tool: Tool
    colour: str
    width: int
    points: str


class Held(ServerMessage, frozen=True, kw_only=True, tag="held"):
    """How many of the pages each classroom's PC has loaded: seat → have and of how many. To the teacher."""

    seats: dict[str, tuple[int, int]]


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


AnyServerMessage = (
    Welcome
    | LessonNow
    | Links
    | VoicesNow
    | ChatNow
    | Observers
    | Layers
    | Still
    | Warnings
    | Drawn
    | Erased
    | Cleared
    | Pointed
    | Sketched
    | Held
    | Replaced
    | Error
    | Pong
    | Closing
)

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

"""The facts of a lesson, as the journal keeps them.

Every event carries the lesson's id, its place in the lesson (`seq`, from 1 without a hole), the wall clock of the
server (`at`, UTC) and who caused it (`by`). Events hold ids and numbers, never names: a lawful deletion of a name must
not break the hash chain over them.

`by` is `teacher`, a classroom's id, `assistant:<classroom>`, `server` (a rule or the relay) or `cli`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any, Literal

import msgspec

VERSION = 1
"""The version every new row is written with. A change of shape raises it and adds a step to UPGRADES."""

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
SeatRole = Literal["host", "rural"]
EndReason = Literal["teacher", "alone", "limit", "time", "cancelled", "cli"]
StopReason = Literal["teacher", "ended", "fault", "cli", "consent"]
Layout = Literal["lecture", "equal", "pip"]
"""Of a classroom's screen: 主讲大图, 等分, 画中画."""
Fault = Literal["no_sound", "no_picture", "other"]
QuestionKind = Literal["choice", "true_false", "number", "text"]
Training = Literal["集体备课", "教学诊断", "主题研修"]
"""教师网络研修 of which kind."""
Paper = Literal["plain", "grid"]
Tool = Literal["pen", "highlighter"]

HOST_SEAT = "teacher"
"""The id of the host's seat; a rural seat's id is its classroom's."""


class UnreadableRow(ValueError):
    """A stored row that is no event of this or an earlier version."""


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """One planned teaching period (节), half open, in whole minutes."""

    start: Instant
    end: Instant


class SeatPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A classroom's place in the lesson, as planned.

    `students` is the class's roster size on the day (None: unknown), `teachers` how many teachers are with it. In a
    meeting of teachers (研修) nobody sits but they: `class_id` is empty.
    """

    seat: str
    school: str
    classroom: str
    role: SeatRole
    class_id: str
    students: int | None = None
    teachers: int = 1


class QuestionShape(msgspec.Struct, frozen=True, kw_only=True):
    """A question without its words. `options`: how many there are to choose from, 0 where the class says a number or
    a text; `answer`: the place of the right option, from 0, None where none is called right."""

    kind: QuestionKind
    options: int = 0
    answer: int | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """What every event has."""

    lesson: str
    seq: int
    at: Instant
    by: str


class LessonScheduled(Event, frozen=True, kw_only=True):
    """The lesson exists. `periods` is empty for an unplanned lesson; `observers` is how many may watch at once.

    `teacher`: who is to teach, as the id of a person (人员) of the host's school; None where nobody has said.
    `training`: a meeting of the schools' teachers (教师网络研修) of this kind; None for a lesson.
    """

    supporter: str
    subject: str
    periods: tuple[Period, ...]
    pairs: tuple[str, ...]
    seats: tuple[SeatPlan, ...]
    is_test: bool = False
    record: bool = False
    observers: int = 0
    teacher: str | None = None
    training: Training | None = None


class LessonMoved(Event, frozen=True, kw_only=True):
    """调课: the lesson will be held at another time, as long as before."""

    periods: tuple[Period, ...]


class TeacherReplaced(Event, frozen=True, kw_only=True):
    """代课: another person (人员) of the host's school teaches, as an id."""

    teacher: str


class LessonOpened(Event, frozen=True, kw_only=True):
    """Classrooms may take their seats."""


class LessonStarted(Event, frozen=True, kw_only=True):
    """上课."""


class LessonExtended(Event, frozen=True, kw_only=True):
    """再上几分钟: the lesson ends by itself so much later than it would have."""

    minutes: int


class LessonEnded(Event, frozen=True, kw_only=True):
    """下课, or the lesson closed by a rule (`time`: it was due to; `alone`, `limit`) or a cancellation."""

    reason: EndReason


class LessonCancelled(Event, frozen=True, kw_only=True):
    """The lesson is not held; a LessonEnded with the reason `cancelled` follows at once."""


class SeatTaken(Event, frozen=True, kw_only=True):
    """A classroom's main device is there."""

    seat: str
    device: str


class SeatLeft(Event, frozen=True, kw_only=True):
    """Nothing has connected the seat for a while; `last_at` is its last packet, not the verdict."""

    seat: str
    last_at: Instant


class DeviceReplaced(Event, frozen=True, kw_only=True):
    """Another device now speaks for the seat."""

    seat: str
    device: str


class StreamFlowing(Event, frozen=True, kw_only=True):
    """Media of one source arrives, for the first time or again."""

    seat: str
    source: str
    session: str


class StreamStalled(Event, frozen=True, kw_only=True):
    """The source has been silent for some seconds; its connection may live."""

    seat: str
    source: str
    last_at: Instant


class StreamGone(Event, frozen=True, kw_only=True):
    """The source's connection is over."""

    seat: str
    source: str
    last_at: Instant


class RungChanged(Event, frozen=True, kw_only=True):
    """The server moved the seat on the weak-line ladder."""

    seat: str
    rung: str


class HandRaised(Event, frozen=True, kw_only=True):
    """举手."""

    seat: str


class HandLowered(Event, frozen=True, kw_only=True):
    """放下手, by the classroom or by the teacher."""

    seat: str


class StageSet(Event, frozen=True, kw_only=True):
    """上台: this classroom is on every screen; None clears the stage."""

    seat: str | None


class ClassroomDrawn(Event, frozen=True, kw_only=True):
    """随机点名: the draw fell on this classroom; the StageSet that puts it on every screen follows where it is new."""

    seat: str


class Praised(Event, frozen=True, kw_only=True):
    """表扬 of a classroom, never of a pupil."""

    seat: str


class ChatSaid(Event, frozen=True, kw_only=True):
    """A line of the chat (讨论区): its id alone. `to`: in private between the teacher and this seat's co-teacher."""

    line: str
    seat: str
    to: str | None = None


class ChatHidden(Event, frozen=True, kw_only=True):
    """The teacher took a line from every screen."""

    line: str


class ChatClosed(Event, frozen=True, kw_only=True):
    """Nobody but the teacher may write, or again everybody."""

    closed: bool


class TalkSet(Event, frozen=True, kw_only=True):
    """对讲: the teacher and this classroom's co-teacher have a private line; None: nobody has."""

    seat: str | None


class SpotlightSet(Event, frozen=True, kw_only=True):
    """Which camera of a seat the others see: 教师, 学生, 板书, 展台, or a phone's."""

    seat: str
    source: str


class LayoutSet(Event, frozen=True, kw_only=True):
    """How the classrooms' screens are laid out."""

    layout: Layout


class RotationSet(Event, frozen=True, kw_only=True):
    """轮流: every so many minutes the next classroom comes on stage; None: no more."""

    minutes: int | None


class Muted(Event, frozen=True, kw_only=True):
    """静音 or its end: the page turns its microphone track off, packets of silence flow on."""

    seat: str
    muted: bool


class HeadcountConfirmed(Event, frozen=True, kw_only=True):
    """实到人数 of one seat, counted by somebody in the room. 0 is a number."""

    seat: str
    students: int
    teachers: int


class PersonSignedIn(Event, frozen=True, kw_only=True):
    """签到: a teacher takes part in the meeting in this room; `person` is an id of the room's own school."""

    seat: str
    person: str


class PersonSignedOut(Event, frozen=True, kw_only=True):
    """The signing in was a mistake."""

    seat: str
    person: str


class ConsentNoted(Event, frozen=True, kw_only=True):
    """The class's consent to being recorded is on record (who noted it stands in the registry)."""

    class_id: str


class ConsentWithdrawn(Event, frozen=True, kw_only=True):
    """The class must not be recorded any more; only its school's new entry in the register makes that good again."""

    class_id: str


class RecordingStarted(Event, frozen=True, kw_only=True):
    """From here on streams are being recorded."""


class RecordingStopped(Event, frozen=True, kw_only=True):
    """Nothing is being recorded any more."""

    reason: StopReason


class HelpAsked(Event, frozen=True, kw_only=True):
    """求助."""

    seat: str
    fault: Fault


class HelpAnswered(Event, frozen=True, kw_only=True):
    """Somebody has taken care of the call for help."""

    seat: str


class QuizStarted(Event, frozen=True, kw_only=True):
    """测验 or a single question of a poll: its first question is on every screen. Its words stand in a table.

    `seconds`: how long each question is to be thought about; None: as long as it takes.
    """

    quiz: str
    questions: tuple[QuestionShape, ...]
    seconds: int | None = None


class QuestionAsked(Event, frozen=True, kw_only=True):
    """Another question of the open quiz is on the screens, by its place from 0."""

    quiz: str
    question: int


class QuizTallied(Event, frozen=True, kw_only=True):
    """A class has been counted: never a pupil. A later count of the same question takes the place of this one.

    `counts`: pupils for each option; for a number or a text, how many have it right, or nothing. `number`: what the
    class says. `present`: 实到人数 then, else the roster, as far as it is known.
    """

    quiz: str
    question: int
    seat: str
    counts: tuple[int, ...]
    number: float | None = None
    present: int | None = None


class QuizShown(Event, frozen=True, kw_only=True):
    """The counts of a question, and which option is right, are on every screen, or no more."""

    quiz: str
    question: int
    shown: bool


class QuizClosed(Event, frozen=True, kw_only=True):
    """The quiz is over and off the screens."""

    quiz: str


class HomeworkGiven(Event, frozen=True, kw_only=True):
    """同步作业: a task is on every screen. Its words, and when it is due, stand in a table."""

    homework: str


class WorkHandedIn(Event, frozen=True, kw_only=True):
    """A page of a pupil's exercise book was photographed. The picture lies beside the journal and can be deleted."""

    homework: str
    work: str
    seat: str


class WorkMarked(Event, frozen=True, kw_only=True):
    """批改: `by` has written on the picture."""

    homework: str
    work: str


class WorkTakenBack(Event, frozen=True, kw_only=True):
    """The picture is no more: it was a wrong one."""

    homework: str
    work: str


class HomeworkShown(Event, frozen=True, kw_only=True):
    """What of the homework is on the screens: a work with its marks, the task itself (`work` None), or nothing.

    `seat`: on that seat's screen alone; None: on every one.
    """

    homework: str | None
    work: str | None = None
    seat: str | None = None


class StepSet(Event, frozen=True, kw_only=True):
    """环节: the step at this place of the plan (备课) is on; None: none is."""

    step: int | None


class CoursewareAdded(Event, frozen=True, kw_only=True):
    """A courseware (课件) is in the lesson, with so many pages; what is on them is in the store."""

    courseware: str
    pages: int


class CoursewareRemoved(Event, frozen=True, kw_only=True):
    """The courseware is not in the lesson any more."""

    courseware: str


class BlankPageAdded(Event, frozen=True, kw_only=True):
    """白板: an empty page, behind the page `after`, or at the end."""

    page: str
    paper: Paper
    after: str | None


class PageShown(Event, frozen=True, kw_only=True):
    """翻页: this page is on every screen; None: no page is."""

    page: str | None


class DrawingAllowed(Event, frozen=True, kw_only=True):
    """允许书写: the classroom may write on the pages, or may no more."""

    seat: str
    allowed: bool


class StrokeDrawn(Event, frozen=True, kw_only=True):
    """A stroke on a page; its number is the event's. `points`: see classroom.lesson.ink; `width` in the same units.

    `colour` as #rrggbb; `ref` is what its drawer called it.
    """

    page: str
    ref: str
    tool: Tool
    colour: str
    width: int
    points: str


class StrokesErased(Event, frozen=True, kw_only=True):
    """These strokes are gone from the page."""

    page: str
    strokes: tuple[int, ...]


class PageCleared(Event, frozen=True, kw_only=True):
    """清空本页: all strokes are gone from the page."""

    page: str


AnyEvent = (
    LessonScheduled
    | LessonMoved
    | TeacherReplaced
    | LessonOpened
    | LessonStarted
    | LessonExtended
    | LessonEnded
    | LessonCancelled
    | SeatTaken
    | SeatLeft
    | DeviceReplaced
    | StreamFlowing
    | StreamStalled
    | StreamGone
    | RungChanged
    | HandRaised
    | HandLowered
    | StageSet
    | ClassroomDrawn
    | Praised
    | ChatSaid
    | ChatHidden
    | ChatClosed
    | TalkSet
    | SpotlightSet
    | LayoutSet
    | RotationSet
    | Muted
    | HeadcountConfirmed
    | PersonSignedIn
    | PersonSignedOut
    | ConsentNoted
    | ConsentWithdrawn
    | RecordingStarted
    | RecordingStopped
    | HelpAsked
    | HelpAnswered
    | QuizStarted
    | QuestionAsked
    | QuizTallied
    | QuizShown
    | QuizClosed
    | HomeworkGiven
    | WorkHandedIn
    | WorkMarked
    | WorkTakenBack
    | HomeworkShown
    | StepSet
    | CoursewareAdded
    | CoursewareRemoved
    | BlankPageAdded
    | PageShown
    | DrawingAllowed
    | StrokeDrawn
    | StrokesErased
    | PageCleared
)

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
UPGRADES: Mapping[int, Upgrade] = MappingProxyType({})
"""Version → the step that makes its row one of the next version. A step is never removed."""


def encode(event: AnyEvent) -> bytes:
    """The event as one line of JSON with its version as `v`: fields in declared order, instants with `Z`."""
    return msgspec.json.encode({"v": VERSION, **msgspec.to_builtins(event)})


def decode(row: bytes | str, *, version: int = VERSION, upgrades: Mapping[int, Upgrade] = UPGRADES) -> AnyEvent:
    """The event in a stored row of any version up to `version`. Raises UnreadableRow and nothing else."""
    try:
        fields = msgspec.json.decode(row, type=dict[str, Any])
        for step in range(fields.pop("v"), version):
            fields = upgrades[step](fields)
        event: AnyEvent = msgspec.convert(fields, AnyEvent)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, KeyError, TypeError) as error:
        raise UnreadableRow(f"not an event: {error}") from error
    return event

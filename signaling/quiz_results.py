"""What came of quizzes (共同质量检测): a line for each question and class, and for a term one for each quiz and class.

Pure. Classes are compared, never pupils.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from classroom.ledger.figures import rate
from classroom.ledger.months import SHANGHAI
from classroom.lesson.events import QuestionKind
from classroom.lesson.quiz import right_of
from classroom.store.lessons import ListedLesson
from classroom.store.quizzes import Run, StoredQuiz


class ResultLine(msgspec.Struct, frozen=True, kw_only=True):
    """What a class said to a question of a quiz in a lesson. `question` from 1; `counts` by option, as `options` name.

    `right` out of `out_of` pupils; `rate`: per cent with one decimal, “—” where nobody can tell.
    """

    quiz: str
    title: str
    question: int
    kind: QuestionKind
    text: str
    options: list[str]
    answer: int | None
    key: str | None
    seat: str
    school: str
    class_name: str
    present: int | None
    counts: list[int]
    number: float | None
    said: str | None
    right: int | None
    out_of: int | None
    rate: str


class TermLine(msgspec.Struct, frozen=True, kw_only=True):
    """A class in a quiz of a lesson: `right` of `out_of` answers, summed over those questions of it that have a right
    one; `asked` of `questions` were counted. `started_at` at +08:00."""

    started_at: datetime
    lesson: str
    quiz: str
    title: str
    subject: str
    seat: str
    school: str
    class_name: str
    questions: int
    asked: int
    right: int
    out_of: int
    rate: str


def result_lines(
    run: Run, words: StoredQuiz | None, lesson: ListedLesson, texts: Mapping[tuple[str, int, str], str]
) -> list[ResultLine]:
    """Of one run, question by question, the host's class first."""
    lines = []
    for place, shape in enumerate(run.shape):
        said_of = words.questions[place] if words is not None and place < len(words.questions) else None
        for seat in lesson.seats:
            said = run.tallies.get(seat.seat, {}).get(place)
            if said is None:
                continue
            right, out_of = right_of(shape, said) or (None, None)
            lines.append(
                ResultLine(
                    quiz=run.quiz,
                    title=words.title if words is not None else "",
                    question=place + 1,
                    kind=shape.kind,
                    text=said_of.text if said_of is not None else "",
                    options=list(said_of.options) if said_of is not None else [],
                    answer=shape.answer,
                    key=said_of.key if said_of is not None else None,
                    seat=seat.seat,
                    school=seat.school,
                    class_name=seat.class_name,
                    present=said.present,
                    counts=list(said.counts),
                    number=said.number,
                    said=texts.get((run.quiz, place, seat.seat)),
                    right=right,
                    out_of=out_of,
                    rate=rate(right or 0, out_of or 0),
                )
            )
    return lines


def term_lines(
    runs: Iterable[Run], words: Mapping[str, StoredQuiz], lessons: Mapping[str, ListedLesson]
) -> list[TermLine]:
    """Of many lessons, in the order in which the quizzes were begun; a class that nobody counted has no line."""
    lines = []
    for run in runs:
        lesson = lessons[run.lesson]
        for seat in lesson.seats:
            said = run.tallies.get(seat.seat, {})
            if not said:
                continue
            known = [found for place, one in said.items() if (found := right_of(run.shape[place], one)) is not None]
            right, out_of = sum(each[0] for each in known), sum(each[1] for each in known)
            lines.append(
                TermLine(
                    started_at=run.started_at.astimezone(SHANGHAI),
                    lesson=run.lesson,
                    quiz=run.quiz,
                    title=words[run.quiz].title if run.quiz in words else "",
                    subject=lesson.subject,
                    seat=seat.seat,
                    school=seat.school,
                    class_name=seat.class_name,
                    questions=len(run.shape),
                    asked=len(said),
                    right=right,
                    out_of=out_of,
                    rate=rate(right, out_of),
                )
            )
    return lines

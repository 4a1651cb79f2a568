"""What a teacher may choose from the registry."""

from datetime import date

from classroom.registry.book import Book, choices
from classroom.registry.facts import Class, Classroom, Pair, PairStatus, School, Size, StatusChange


def pair(since: date, status: PairStatus, recipient: str | None = "s2", id: str = "p1") -> Pair:
    changes = (StatusChange(since=since, status=status),)
    return Pair(id=id, supporter="s1", recipient=recipient, level="县内", statuses=changes)


def test_a_teacher_chooses_among_own_classes_and_supported_schools() -> None:
    since = date(2019, 4, 1)
    book = Book(
        schools={"s1": School(id="s1", name="实验小学"), "s2": School(id="s2", name="檀溪中小")},
        classrooms={"r1": Classroom(id="r1", school="s2", name="同步教室")},
        classes={
            "c1": Class(id="c1", school="s1", name="四(2)班", sizes=(Size(since=since, students=42),)),
            "c2": Class(id="c2", school="s2", name="四(1)班"),
        },
        pairs={
            "p1": pair(since, "active"),
            "p2": pair(since, "待定", recipient=None, id="p2"),
            "p3": pair(since, "ended", id="p3"),
        },
    )
    found = choices(book, "s1", date(2019, 5, 14))
    assert (found.own.school, [(c.name, c.students) for c in found.own.classes]) == ("实验小学", [("四(2)班", 42)])
    assert [(p.pair, p.school, p.status) for p in found.pairs] == [("p1", "檀溪中小", "active"), ("p2", "", "待定")]
    [room] = found.pairs[0].classrooms
    assert (room.name, [(c.name, c.students) for c in room.classes]) == ("同步教室", [("四(1)班", None)])
    assert choices(book, "s2", date(2019, 5, 14)).pairs == []

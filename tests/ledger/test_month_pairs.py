"""The pairs of a work month: who files 附件3, whose schools are ours, and to which pair an item belongs."""

from datetime import UTC, date, datetime

import pytest

from classroom.ledger.month_pairs import MonthPair, active_pairs, items_by_pair, month_pairs
from classroom.ledger.months import MonthWindow
from classroom.registry.book import Book
from classroom.registry.facts import Fact, Pair, School, StatusChange
from classroom.registry.items import Material, OutletLevel, Publicity

MAY = MonthWindow(month="2019-05", first=date(2019, 4, 27), last=date(2019, 5, 26))
OURS = "330726"
CODES = {"实验小学": OURS, "檀溪中小": OURS, "浦阳一小": OURS, "鹤田小学": "330782"}
AT = datetime(2019, 5, 14, tzinfo=UTC)


def pair(id: str, supporter: str, recipient: str | None, place: int, *statuses: tuple[date, str]) -> Pair:
    changes = tuple(StatusChange(since=since, status=status) for since, status in statuses)  # type: ignore[arg-type]
    return Pair(id=id, supporter=supporter, recipient=recipient, place=place, level="县内", statuses=changes)


ACTIVE = (date(2019, 4, 1), "active")
P1 = pair("P1", "实验小学", "檀溪中小", 1, ACTIVE)
P2 = pair("P2", "浦阳一小", "鹤田小学", 2, ACTIVE)
P3 = pair("P3", "实验小学", "鹤田小学", 3, ACTIVE)
P11 = pair("P11", "实验小学", None, 4, (date(2019, 4, 1), "待定"))


def of_may(*pairs: Pair) -> tuple[MonthPair, ...]:
    codes = {
        (name, "county_code"): (
            Fact(id=name, subject_id=name, field="county_code", since=date(2019, 4, 1), value=code, recorded_at=AT),
        )
        for name, code in CODES.items()
    }
    book = Book(
        schools={name: School(id=name, name=name) for name in CODES},
        classrooms={},
        classes={},
        pairs={one.id: one for one in pairs},
        facts=codes,
    )
    return month_pairs(book, MAY, OURS)


def material(id: str, school: str, pair: str | None = None) -> Material:
    return Material(id=id, school=school, pair=pair, title="教案", sha256=id, file="f", uploaded_at=AT, removed_at=None)


def story(id: str, level: OutletLevel, school: str | None = None, pair: str | None = None) -> Publicity:
    return Publicity(
        id=id,
        pair=pair,
        school=school,
        level=level,
        outlet="浦江发布",
        title="同上一堂课",
        url="",
        published_on=AT.date(),
    )


def test_the_village_school_fills_the_form_and_our_own_side_where_it_is_another_countys() -> None:
    first, second, _, pending = of_may(P1, P2, P3, P11)
    assert [(one.filing_school, one.own) for one in (first, second)] == [
        ("檀溪中小", ("实验小学", "檀溪中小")),
        ("浦阳一小", ("浦阳一小",)),
    ]
    assert (pending.files, pending.is_active, pending.name) == (False, False, "实验小学 → 待定")


@pytest.mark.parametrize(
    ("begun", "ended", "files", "is_active"),
    [
        (date(2019, 5, 26), date(2020, 1, 1), True, True),
        (date(2019, 5, 27), date(2020, 1, 1), False, False),
        (date(2019, 4, 1), date(2019, 5, 26), True, False),
        (date(2019, 4, 1), date(2019, 4, 27), False, False),
        (date(2019, 5, 1), date(2019, 5, 2), True, False),
    ],
)
def test_a_form_is_due_for_any_day_of_the_window_and_stocks_are_those_of_its_last(
    begun: date, ended: date, files: bool, is_active: bool
) -> None:
    [one] = of_may(pair("P1", "实验小学", "檀溪中小", 1, (begun, "active"), (ended, "ended")))
    assert (one.files, one.is_active) == (files, is_active)
    assert len(active_pairs([one])) == is_active


def test_material_without_a_pair_is_of_the_schools_first_pair_and_each_piece_stands_once() -> None:
    pieces = [
        material("a", "实验小学"),
        material("b", "实验小学", "P3"),
        material("c", "檀溪中小"),
        material("d", "鹤田小学"),
    ]
    items, _ = items_by_pair(of_may(P3, P1, P2), pieces, [])
    assert {id: (one.supporter, one.recipient) for id, one in items.items()} == {
        "P1": (("material:a",), ("material:c",)),
        "P2": ((), ("material:d",)),
        "P3": (("material:b",), ()),
    }


def test_a_first_pair_that_files_no_form_this_month_takes_no_material() -> None:
    ended = pair("P1", "实验小学", "檀溪中小", 1, ACTIVE, (date(2019, 4, 27), "ended"))
    items, _ = items_by_pair(of_may(ended, P3), [material("a", "实验小学"), material("b", "檀溪中小")], [])
    assert {id: one.supporter for id, one in items.items()} == {"P3": ("material:a",)}


def test_a_story_is_of_its_pair_or_its_school_and_else_the_bureaus_own() -> None:
    stories = [
        story("a", "school", "檀溪中小"),
        story("b", "county", pair="P2"),
        story("c", "county", pair="P2"),
        story("d", "province"),
    ]
    items, bureau = items_by_pair(of_may(P1, P2), [], stories)
    assert {id: dict(one.publicity) for id, one in items.items()} == {
        "P1": {"publicity.school": ("publicity:a",)},
        "P2": {"publicity.county": ("publicity:b", "publicity:c")},
    }
    assert bureau == {"publicity.province": ["publicity:d"]}

"""The county's list of pairs (附件1) over the book: line by line, and nothing decided that a person must decide."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest

from classroom.paper.table import read_table
from classroom.registry.book import Book, value_on
from classroom.registry.changes import Batch
from classroom.registry.errors import RegistryError
from classroom.registry.facts import Pair, status_on
from classroom.registry.lists import Plan
from classroom.registry.pair_list import EXPORT, pair_rows, plan_pairs, stage_by_name
from classroom.registry.standing import is_own, own_schools

LIST = read_table((Path(__file__).parent.parent / "data" / "annex1-pairs.csv").read_bytes(), "附件1.csv")
EMPTY = Book(schools={}, classrooms={}, classes={}, pairs={})
SINCE, DAY = date(2019, 4, 1), date(2019, 4, 26)
AT = datetime(2019, 4, 22, tzinfo=UTC)
SAME: Mapping[str, str | None] = {"浙江省浦江县实验小学": "实验小学"}
OURS = "330726"


def plan(book: Book, table: list[list[str]] = LIST, **more: Any) -> Plan:
    ids = count(len(book.schools) + len(book.pairs) + 1)
    return plan_pairs(book, table, since=SINCE, at=AT, new_id=lambda: f"id{next(ids)}", **more)


def written(book: Book, batch: Batch) -> Book:
    """The book with the batch in it."""
    pairs = {pair.id: pair for pair in (*book.pairs.values(), *batch.pairs)}
    for id, level, place in batch.places:
        pairs[id] = msgspec.structs.replace(pairs[id], level=level, place=place)
    for id, change in batch.statuses:
        pairs[id] = msgspec.structs.replace(pairs[id], statuses=(*pairs[id].statuses, change))
    return Book(
        schools={**book.schools, **{school.id: school for school in (*batch.schools, *batch.renamed)}},
        classrooms={},
        classes={},
        pairs=pairs,
        facts={**book.facts, **{(new.fact.subject_id, new.fact.field): (new.fact,) for new in batch.facts}},
    )


def county() -> Book:
    return written(EMPTY, plan(EMPTY, answers=SAME).batch)


def test_ten_pairs_are_active_and_one_is_pending() -> None:
    statuses = [status_on(pair, DAY) for pair in county().pairs.values()]
    assert (statuses.count("active"), statuses.count("待定")) == (10, 1)


def test_thirteen_own_schools_are_paired() -> None:
    assert len(own_schools(county(), OURS, DAY)) == 13


def test_six_recipients_are_inside_the_county_and_five_outside() -> None:
    book = county()
    recipients = [pair.recipient for pair in book.pairs.values()]
    inside = [id for id in recipients if id is not None and is_own(book, id, OURS, DAY)]
    outside = [id for id in recipients if id is not None and not is_own(book, id, OURS, DAY)]
    assert (len(inside), len(outside), recipients.count(None)) == (6, 4, 1)


def test_two_names_of_one_school_are_asked_about_and_never_merged_silently() -> None:
    asked = plan(EMPTY)
    assert [line.verdict for line in asked.lines] == ["new"] * 10 + ["ask"]
    assert len(asked.batch.pairs) == 10
    apart = plan(EMPTY, answers={"浙江省浦江县实验小学": None})
    assert len(apart.batch.schools) == len(plan(EMPTY, answers=SAME).batch.schools) + 1
    book = county()
    [school] = [school for school in book.schools.values() if school.name == "实验小学"]
    aliases = value_on(book, school.id, "aliases", SINCE)
    assert aliases is not None and aliases.value == ("浙江省浦江县实验小学",)


def test_the_same_list_again_changes_nothing() -> None:
    again = plan(county())
    assert {line.verdict for line in again.lines} == {"same"}
    assert (again.batch.schools, again.batch.pairs, again.batch.facts, again.batch.statuses) == ([], [], [], [])


def test_the_exported_list_is_the_list() -> None:
    rows = pair_rows(county(), OURS, DAY)
    assert [(row[0], row[1], row[2], row[3]) for row in rows[:10]] == [
        (line[0], int(line[1]), line[2], line[3]) for line in LIST[1:11]
    ]
    sides = {"both": "双方", "supporter": "支援", "recipient": "受援"}
    assert [row[7] for row in rows] == [sides[line[7]] for line in LIST[1:]]
    table = [list(EXPORT), *([str(cell or "") for cell in row] for row in rows)]
    assert {line.verdict for line in plan(county(), table).lines} == {"same"}


def test_what_changed_is_said_line_by_line() -> None:
    table = [LIST[0], ["市域内", "7", *LIST[1][2:4], "ended", *LIST[1][5:]]]
    [line] = plan(county(), table).lines
    assert line.verdict == "changed"
    assert line.says == (
        "名单位置由县内第 1 对改为市域内第 7 对",
        "状态由已结对改为已结束（2019-04-01 起）",
        "请核对：按两校所在县应为县内，表中为市域内",
    )


def test_merged_cells_and_titles_of_a_printed_list_are_understood() -> None:
    table = [
        ["附件1 结对学校名单"],
        ["结对层级", "序号", "支援学校", "受援学校", "支援学校所在县", "受援学校所在县"],
        ["县域内", "1", "实验小学", "檀溪中小", "浦江", "浦江"],
        ["", "2", "兰溪市聚仁教育集团\n振兴小学", "礼张完小", "兰溪", "浦江"],
        ["省域外(待定)"],
    ]
    lines = plan(EMPTY, table).lines
    assert [(line.number, line.title) for line in lines] == [
        (3, "实验小学 → 檀溪中小"),
        (4, "兰溪市聚仁教育集团振兴小学 → 礼张完小"),
    ]


def test_a_school_of_the_same_name_in_another_county_is_not_taken_for_ours() -> None:
    head = LIST[0]
    table = [head, LIST[1], ["市域内", "9", "后宅小学", "实验小学", "active", "义乌", "义乌", "supporter"]]
    [_, line] = plan(EMPTY, table).lines
    assert (line.verdict, line.problem) == (
        "refused",
        "名册里的实验小学在浦江，表中写的是义乌；如果是另一所学校，请写学校全称",
    )


def test_a_school_met_before_by_its_name_alone_gets_its_county() -> None:
    table = [LIST[0][:5], LIST[1][:5]]
    book = written(EMPTY, plan(EMPTY, table).batch)
    again = plan(book)
    assert {school.county for school in again.batch.renamed} == {"浦江"}
    assert again.lines[0].verdict == "changed"


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("实验小学", "小学"),
        ("檀溪中小", "小学"),
        ("礼张完小", "小学"),
        ("浦江县浦阳一小", "小学"),
        ("浦江四中", "初中"),
        ("磐安四中", "初中"),
        ("浦江龙峰国际学校", None),
    ],
)
def test_a_name_says_its_stage_or_nothing(name: str, stage: str | None) -> None:
    assert stage_by_name(name) == stage


def test_stages_are_taken_from_names_only_when_asked() -> None:
    assert not any(new.fact.field == "stage" for new in plan(EMPTY, answers=SAME).batch.facts)
    taken = plan(EMPTY, answers=SAME, takes_stages=True)
    assert sum(new.fact.field == "stage" for new in taken.batch.facts) == 10
    assert not any(lack.field == "stage" for line in taken.lines for lack in line.missing)


def test_headings_are_needed_once() -> None:
    with pytest.raises(RegistryError, match="headings_missing"):
        plan(EMPTY, [["实验小学", "檀溪中小"]])
    with pytest.raises(RegistryError, match="heading_twice"):
        plan(EMPTY, [["支援学校", "受援学校", "城镇学校"], ["a", "b", "c"]])


def test_a_pending_pair_is_found_again_by_its_district() -> None:
    book = county()
    [pending] = [pair for pair in book.pairs.values() if pair.recipient is None]
    district = value_on(book, pending.id, "district", SINCE)
    assert district is not None and district.value == "四川省乐山市金口河区"
    assert isinstance(pending, Pair) and plan(book).lines[-1].verdict == "same"


def test_a_pair_without_a_level_does_not_take_that_of_the_line_above_it() -> None:
    table = [
        ["结对层级", "支援学校", "受援学校", "状态"],
        ["市域内", "浦阳一小", "义乌市鹤田小学", "已结对"],
        ["待定", "实验小学", "金口河区", "待定"],
        ["", "浦阳二小", "", "待定"],
    ]
    first = plan(EMPTY, table)
    assert [line.says[-1] for line in first.lines[1:]] == ["新增层级待定的结对，2019-04-01 起为待定"] * 2
    book = written(EMPTY, first.batch)
    assert [pair.level for pair in book.pairs.values()] == ["市域内", None, None]
    rows = [[str(cell or "") for cell in row] for row in pair_rows(book, OURS, DAY)]
    assert {row[2]: row[0] for row in rows} == {"浦阳一小": "市域内", "实验小学": "待定", "浦阳二小": "待定"}
    assert {line.verdict for line in plan(book, [list(EXPORT), *rows]).lines} == {"same"}


def test_a_pair_made_at_the_desk_comes_back_the_same_though_nobody_wrote_down_its_level() -> None:
    book = county()
    bare = {id: msgspec.structs.replace(pair, level=None, place=None) for id, pair in book.pairs.items()}
    made = msgspec.structs.replace(book, pairs=bare)
    rows = [[str(cell or "") for cell in row] for row in pair_rows(made, OURS, SINCE)]
    assert Counter(row[0] for row in rows) == {"县内": 3, "市域内": 6, "省域内": 1, "待定": 1}
    assert {line.verdict for line in plan(made, [list(EXPORT), *rows]).lines} == {"same"}

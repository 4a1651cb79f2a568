"""Whatever stands in the cells, a list is planned line by line or refused in a sentence, and nothing else is raised."""

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.registry.book import Book
from classroom.registry.errors import RegistryError
from classroom.registry.pair_list import plan_pairs
from classroom.registry.school_list import plan_schools

EMPTY = Book(schools={}, classrooms={}, classes={}, pairs={})
WORDS = [
    "实验小学",
    "浙江省浦江县实验小学",
    "县内",
    "待定",
    "浦江",
    "义乌",
    "=1+1",
    "2019-02-30",
    "-1",
    "999999",
    "是",
    "",
]
CELL = st.one_of(st.sampled_from(WORDS), st.text(max_size=12))
PAIR_HEADS = ["group", "no", "supporter", "recipient", "status", "supporter_county", "recipient_county", "学段"]
SCHOOL_HEADS = [
    "学校",
    "所在县",
    "县代码",
    "别名",
    "所在地类型",
    "学段",
    "是否教学点",
    "所属学校",
    "学生人数",
    "空间开通日期",
]
FROM = {"since": date(2019, 4, 1), "at": datetime(2019, 4, 22, tzinfo=UTC)}


@pytest.mark.parametrize(("plan", "heads"), [(plan_pairs, PAIR_HEADS), (plan_schools, SCHOOL_HEADS)])
@settings(deadline=None, max_examples=150)
@given(rows=st.lists(st.lists(CELL, max_size=11), max_size=8))
def test_any_cells_come_to_a_line_each(plan: Any, heads: list[str], rows: list[list[str]]) -> None:
    ids = count(1)
    made = plan(EMPTY, [heads, *rows], new_id=lambda: f"id{next(ids)}", **FROM)
    refused = [line for line in made.lines if line.verdict == "refused"]
    assert all(line.problem for line in refused) and len(made.lines) <= len(rows)
    names = [school.name for school in made.batch.schools]
    assert len(set(names)) == len(names) and all(names)
    assert all(pair.supporter != pair.recipient for pair in made.batch.pairs)


@settings(deadline=None, max_examples=60)
@given(table=st.lists(st.lists(CELL, max_size=4), max_size=12))
def test_a_table_without_headings_is_refused(table: list[list[str]]) -> None:
    with pytest.raises(RegistryError, match="headings_missing"):
        plan_pairs(EMPTY, table, new_id=lambda: "id", **FROM)

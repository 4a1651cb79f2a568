"""Names: when two are one for certain, when somebody must be asked, and which county is meant."""

import pytest

from classroom.registry.book import Book
from classroom.registry.counties import COUNTIES, code_of, county_in, name_of
from classroom.registry.facts import School
from classroom.registry.names import core, is_likely_same, key, near_schools, school_named


@pytest.mark.parametrize(
    ("one", "other"),
    [("兰溪市聚仁教育集团 振兴小学", "兰溪市聚仁教育集团\n振兴小学"), ("四（2）班", "四(2)班"), ("ＡＢ小学", "ab小学")],
)
def test_blanks_and_widths_make_no_other_name(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other", "counties", "likely"),
    [
        ("实验小学", "浙江省浦江县实验小学", ("浦江", "浦江"), True),
        ("实验小学", "浙江省浦江县实验小学", (None, "浦江"), True),
        ("朱宅完小", "浦江县虞宅乡朱宅完小", ("浦江", "浦江"), True),
        ("檀溪中小", "檀溪中心小学", ("浦江", "浦江"), True),
        ("浦江四中", "磐安四中", ("浦江", "磐安"), False),
        ("浦阳一小", "浦阳二小", ("浦江", "浦江"), False),
        ("实验小学", "义乌市实验小学", ("浦江", "义乌"), False),
        ("实验小学", "实验小学", ("浦江", "浦江"), False),
    ],
)
def test_somebody_is_asked_about_what_looks_like_one_school(
    one: str, other: str, counties: tuple[str | None, str | None], likely: bool
) -> None:
    assert is_likely_same(one, other, *counties) is likely
    assert is_likely_same(other, one, *reversed(counties)) is likely


def test_the_core_of_a_name_is_what_people_call_the_school() -> None:
    assert core("浙江省浦江县实验小学", "浦江") == "实验小学"
    assert core("义乌市后宅小学", "义乌") == "后宅小学"


def test_a_mistyped_name_finds_its_neighbours() -> None:
    schools = {id: School(id=id, name=name, county="浦江") for id, name in enumerate_names()}
    book = Book(schools=schools, classrooms={}, classes={}, pairs={})
    assert [school.name for school in near_schools(book, "檀西中小")] == ["檀溪中小"]
    assert [school.name for school in near_schools(book, "浦江县实验小学")] == ["实验小学"]
    assert near_schools(book, "学军中学") == []
    assert school_named(book, "檀 溪中小") == schools["s1"]


def enumerate_names() -> list[tuple[str, str]]:
    return [("s0", "实验小学"), ("s1", "檀溪中小"), ("s2", "礼张完小")]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("浦江", "330726"),
        ("浦江县", "330726"),
        ("浙江省金华市浦江县", "330726"),
        ("义乌", "330782"),
        ("杭州西湖", "330106"),
        ("杭州市西湖区", "330106"),
        ("乐山金口河", None),
        ("", None),
        (None, None),
    ],
)
def test_a_countys_name_gives_its_code(name: str | None, code: str | None) -> None:
    assert code_of(name) == code


def test_every_county_has_a_code_of_its_own() -> None:
    assert len(COUNTIES) == 92
    assert all(len(code) == 6 and code.startswith("33") and code_of(name_of(code)) == code for code in COUNTIES)


def test_a_school_without_a_county_still_has_the_one_in_its_name() -> None:
    assert county_in("义乌市后宅小学") == "义乌市" and county_in("后宅小学") is None
    assert is_likely_same("浙江省浦江县实验小学", "实验小学", None, None)
    assert not is_likely_same("浦江四中", "磐安四中", None, None)

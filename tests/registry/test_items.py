"""新增过程资料: once a school and content, gone at once counts nowhere, gone later stays counted (rule book §3.3)."""

from datetime import UTC, datetime

from classroom.registry.items import Material, new_in

MAY = (datetime(2019, 4, 26, 16, tzinfo=UTC), datetime(2019, 5, 26, 16, tzinfo=UTC))
JUNE = (MAY[1], datetime(2019, 6, 26, 16, tzinfo=UTC))


def material(
    id: str, month: int, day: int, *, gone: tuple[int, int] | None = None, content: str = "a", school: str = "s1"
) -> Material:
    return Material(
        id=id,
        school=school,
        pair=None,
        title="教案",
        sha256=content,
        file="f",
        uploaded_at=datetime(2019, month, day, tzinfo=UTC),
        removed_at=datetime(2019, *gone, tzinfo=UTC) if gone else None,
    )


def ids(found: list[Material]) -> list[str]:
    return [material.id for material in found]


def test_one_upload_counts_in_its_month() -> None:
    assert ids(new_in(MAY, [material("m1", 5, 10), material("m2", 6, 1, content="b")], [])) == ["m1"]


def test_the_same_content_counts_once_in_a_school() -> None:
    found = [material("m1", 5, 10), material("m2", 5, 11), material("m3", 5, 12, school="s2")]
    assert ids(new_in(MAY, found, [])) == ["m1", "m3"]
    assert new_in(JUNE, [material("m1", 5, 10), material("m2", 6, 11)], [MAY]) == []


def test_removed_inside_its_window_counts_nowhere_and_later_changes_nothing() -> None:
    at_once, later = material("m1", 5, 10, gone=(5, 20)), material("m2", 5, 10, gone=(6, 2), content="b")
    assert ids(new_in(MAY, [at_once, later], [])) == ["m2"]


def test_content_that_never_counted_counts_when_it_comes_again() -> None:
    found = [material("m1", 5, 10, gone=(5, 20)), material("m2", 6, 5)]
    assert ids(new_in(JUNE, found, [MAY])) == ["m2"]
    counted = [material("m1", 5, 10, gone=(6, 2)), material("m2", 6, 5)]
    assert new_in(JUNE, counted, [MAY]) == []


def test_a_window_begins_at_midnight_of_the_county() -> None:
    edge = material("m1", 5, 26)
    at = [datetime(2019, 5, 26, 15, 59, 59, tzinfo=UTC), datetime(2019, 5, 26, 16, tzinfo=UTC)]
    uploads = [Material(**{**edge_fields(edge), "uploaded_at": instant}) for instant in at]
    assert [ids(new_in(MAY, [upload], [])) for upload in uploads] == [["m1"], []]


def edge_fields(material: Material) -> dict[str, object]:
    return {name: getattr(material, name) for name in material.__struct_fields__}

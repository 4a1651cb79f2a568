"""Publishing a recording: who has to agree, and in what order it may go."""

from datetime import UTC, datetime, timedelta

import pytest

from classroom.keeping.errors import KeepingError
from classroom.keeping.publication import Publication, approval, approve, refuse, withdraw

AT = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)


def asked(*, pupils: bool) -> Publication:
    return Publication(id="p1", lesson="l1", pupils=pupils, state="asked", reason="县级展示课", asked_at=AT)


def test_with_pupils_both_sides_have_to_agree_in_either_order() -> None:
    for first, second in (("school", "bureau"), ("bureau", "school")):
        one = approve(asked(pupils=True), first, AT, consented=True)  # type: ignore[arg-type]
        assert one.state == "asked" and one.waits_for == (second,) and approval(one) is None
        both = approve(one, second, LATER, consented=True)  # type: ignore[arg-type]
        given = approval(both)
        assert both.state == "approved" and given is not None and given.pupils and given.approved_at == LATER


def test_without_pupils_the_school_alone_agrees() -> None:
    made = approve(asked(pupils=False), "school", AT, consented=False)
    assert made.state == "approved" and approval(made) is not None
    with pytest.raises(KeepingError, match="publication_decided"):
        approve(asked(pupils=False), "bureau", AT, consented=True)


def test_nothing_with_pupils_is_published_without_every_classs_consent() -> None:
    with pytest.raises(KeepingError, match="publication_consent_missing"):
        approve(asked(pupils=True), "school", AT, consented=False)


def test_one_refusal_is_enough_and_final() -> None:
    refused = refuse(asked(pupils=True), "bureau", AT, "画面里有学生姓名")
    assert refused.state == "refused" and refused.word == "画面里有学生姓名" and refused.waits_for == ()
    for step in (
        lambda: approve(refused, "school", AT, consented=True),
        lambda: refuse(refused, "school", AT, "x"),
        lambda: withdraw(refused, AT, "x"),
    ):
        with pytest.raises(KeepingError, match="publication_decided"):
            step()


def test_what_is_published_can_be_withdrawn() -> None:
    approved = approve(asked(pupils=False), "school", AT, consented=False)
    gone = withdraw(approved, LATER, "家长要求")
    assert gone.state == "withdrawn" and approval(gone) is None
    assert withdraw(asked(pupils=True), LATER, "不申请了").state == "withdrawn"

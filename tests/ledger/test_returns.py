"""附件3 and 附件2 as computed: the roll-up example of the rule book, base data, scopes and variants."""

from datetime import date
from typing import Any, NamedTuple

import msgspec
import pytest

from classroom.ledger.bureau_return import ActivePair, PairPart, bureau_return, compared, missing_in_bureau_return
from classroom.ledger.cells import BUREAU_FORM, FLOWS, PUBLICITY, SCHOOL_FORM
from classroom.ledger.figures import printed
from classroom.ledger.flows import Counted, Delta, Flows
from classroom.ledger.kinds import Kind
from classroom.ledger.months import default_windows
from classroom.ledger.policy import Policy
from classroom.ledger.school_return import Items, PairSides, missing_in_school_return, school_return

MAY = default_windows(date(2019, 5, 1))[-1]


class Fact(NamedTuple):
    id: str
    value: Any


class Facts(dict[tuple[str, str], Fact]):
    """(id, field) → fact; called as the returns call the registry."""

    def note(self, id: str, field: str, value: Any) -> None:
        self[id, field] = Fact(f"f{len(self)}", value)

    def __call__(self, id: str, field: str) -> Fact | None:
        return self.get((id, field))


P1 = PairSides(
    pair="P1",
    supporter="s1",
    supporter_name="实验小学",
    recipient="r1",
    recipient_name="檀溪中小",
    stage="小学",
    stage_ref="fact:stage",
    is_small=False,
)


def counted(count: int, participants: int, *subjects: str) -> Counted:
    return Counted(count=count, participants=participants, subjects=subjects)


FLOWS_OF = {
    "P1": {
        Kind.SYNC: counted(4, 290, "语", "数", "英"),
        Kind.DELIVERY: counted(2, 46, "科"),
        Kind.MASTER: counted(1, 24, "语"),
        Kind.TRAINING: counted(1, 5),
    },
    "P2": {
        Kind.SYNC: counted(3, 162, "音", "美"),
        Kind.DELIVERY: counted(1, 13, "音"),
        Kind.TRAINING: counted(2, 13),
    },
    "P3": {},
}


def form3(pair: str = "P1", facts: Facts | None = None, items: Items | None = None, **flows: Any) -> Any:
    sides = msgspec.structs.replace(P1, pair=pair)
    given = Flows(own=FLOWS_OF[pair], **flows)
    return school_return(sides, MAY, facts or Facts(), given, items or Items(), "填报人甲")


def part(pair: str, **more: Any) -> PairPart:
    cells = form3(pair)
    return PairPart(
        pair=pair,
        is_recipient_ours=more.pop("is_recipient_ours", True),
        is_confirmed=more.pop("is_confirmed", True),
        numbers={cell: cells[cell].value for cell in (*FLOWS, *PUBLICITY)} | more,
        subjects=cells["subjects"].value,
    )


def form2(policy: Policy | None = None, **changes: Any) -> Any:
    given: dict[str, Any] = {
        "active": (),
        "facts": Facts(),
        "parts": [part(pair) for pair in FLOWS_OF],
        "publicity": {},
        "deltas": (),
        "overlap": {},
        "filler": "填报人乙",
    } | changes
    return bureau_return(policy or Policy(), 1, MAY, **given)


def test_附件3_has_every_cell_of_the_form_and_no_other() -> None:
    assert set(form3()) == set(SCHOOL_FORM)


def test_附件2_has_every_cell_of_the_form_and_no_other() -> None:
    assert set(form2()) == set(BUREAU_FORM)


def test_the_rollup_example_of_may_2019_on_附件3() -> None:
    cells = form3("P1")
    assert [cells[cell].value for cell in FLOWS] == [4, 290, 2, 46, 1, 24, 1, 5]
    assert cells["subjects"].value == ("语", "数", "英", "科")
    assert [form3("P3")[cell].value for cell in FLOWS] == [0] * 8


def test_the_rollup_example_of_may_2019_on_附件2() -> None:
    cells = form2()
    assert [cells[cell].value for cell in FLOWS] == [7, 452, 3, 59, 1, 24, 3, 18]
    assert cells["subjects"].value == ("语", "数", "英", "科", "音", "美")
    assert dict(cells["sync.count"].parts) == {"pair:P1": 4, "pair:P2": 3}


def seed(signed: int = 12, equipped: int = 9, opened: int = 13) -> tuple[list[ActivePair], Facts]:
    """The seed's shape: ten active pairs of thirteen own schools, 县内 3 (both ours), 7 with one of ours."""
    active = [
        ActivePair(pair=f"p{n}", supporter=f"s{n}", recipient=f"r{n}", own=(f"s{n}", f"r{n}") if n < 3 else (f"s{n}",))
        for n in range(10)
    ]
    schools = [school for pair in active for school in pair.own]
    assert len(schools) == 13
    facts = Facts()
    for place, school in enumerate(schools):
        if place < equipped:
            facts.note(school, "equipment", {"verdict": "达标", "valid_until": None})
        if place < opened:
            facts.note(school, "space", {"opened_on": "2019-05-26", "url": ""})
    for pair in active:
        # The last single pair has no agreement: 12 of 13 schools have all of theirs.
        if pair.pair != "p9" or signed == 13:
            facts.note(pair.pair, "agreement", {"signed_on": "2019-04-20", "until": None})
    return active, facts


def test_base_data_with_thirteen_own_schools() -> None:
    active, facts = seed()
    cells = form2(active=active, facts=facts)
    names = ("task", "pairs", "signed", "signed_rate", "equipped", "equipped_rate", "space_opened", "space_rate")
    assert [printed(cells[name].value) for name in names] == ["13", "13", "12", "92.3", "9", "69.2", "13", "100"]
    assert len(cells["pairs"].parts) == 13 and cells["pairs"].parts["school:s0"] == 1


def test_base_data_counted_in_pairs() -> None:
    active, facts = seed()
    cells = form2(Policy(count_unit="pairs"), active=active, facts=facts)
    assert [cells[name].value for name in ("pairs", "signed", "signed_rate")] == [10, 9, "90"]
    assert cells["pairs"].parts["pair:p0"] == 1
    assert cells["equipped_rate"].value == "69.2", "equipment is a school's"


def test_rates_by_task_may_exceed_100() -> None:
    active, facts = seed()
    cells = form2(Policy(rate_denominator="task", task={2019: 12}), active=active, facts=facts)
    assert [cells[name].value for name in ("signed_rate", "space_rate")] == ["100", "108.3"]


def test_a_year_without_a_task_prints_an_empty_cell_and_no_rate_by_it() -> None:
    active, facts = seed()
    cells = form2(Policy(rate_denominator="task", task={}), active=active, facts=facts)
    assert (cells["task"].value, cells["signed_rate"].value) == (None, "—")
    assert ("task", "未设置本年度结对任务数") in missing_in_bureau_return(Policy(task={}), {"task": ""})


def test_without_any_pair_there_is_no_rate() -> None:
    cells = form2()
    assert (cells["pairs"].value, cells["signed_rate"].value) == (0, "—")


def test_a_school_of_two_pairs_is_one_and_has_signed_only_when_both_have() -> None:
    pairs = [
        ActivePair(pair="a", supporter="s", recipient="x", own=("s",)),
        ActivePair(pair="b", supporter="s", recipient="y", own=("s",)),
    ]
    facts = Facts()
    facts.note("a", "agreement", {"signed_on": "2019-04-20"})
    assert [form2(active=pairs, facts=facts)[cell].value for cell in ("pairs", "signed")] == [1, 0]
    facts.note("b", "agreement", {"signed_on": "2019-05-26"})
    assert form2(active=pairs, facts=facts)["signed"].value == 1
    facts.note("b", "agreement", {"signed_on": "2019-05-27"})
    assert form2(active=pairs, facts=facts)["signed"].value == 0, "signed after the window's end"


def test_uploaded_asks_for_the_schools_own_side_of_all_its_pairs() -> None:
    pairs = [
        ActivePair(pair="a", supporter="s", recipient="x", own=("s",)),
        ActivePair(pair="b", supporter="y", recipient="s", own=("s",)),
    ]
    facts = Facts()
    facts.note("a", "agreement_uploaded_supporter", {"on": "2019-05-01"})
    facts.note("b", "agreement_uploaded_supporter", {"on": "2019-05-01"})
    assert form2(active=pairs, facts=facts)["uploaded"].value == 0
    facts.note("b", "agreement_uploaded_recipient", {"on": "2019-05-01"})
    assert form2(active=pairs, facts=facts)["uploaded"].value == 1


@pytest.mark.parametrize(
    ("verdict", "until", "holds"),
    [("达标", None, True), ("达标", "2019-05-26", True), ("达标", "2019-05-25", False), ("未达标", None, False)],
)
def test_a_verdict_holds_until_it_expires(verdict: str, until: str | None, holds: bool) -> None:
    facts = Facts()
    facts.note("r1", "equipment", {"verdict": verdict, "valid_until": until})
    assert printed(form3(facts=facts)["recipient.equipment"].value) == ("是" if holds else "否")


def test_a_school_never_assessed_prints_否_and_is_named_as_missing() -> None:
    cells = form3()
    on_paper = {cell: printed(figure.value) for cell, figure in cells.items()}
    assert on_paper["recipient.equipment"] == "否"
    said = dict(missing_in_school_return(cells, on_paper))
    assert said["recipient.equipment"] == "乡村学校技术装备未核定"
    assert said["recipient.contact"] == "未填乡村学校联系人" and "stage" not in said and "filler" not in said


def test_materials_and_publicity_of_the_pair_with_their_records() -> None:
    items = Items(
        supporter=("material:a", "material:b"), recipient=(), publicity={"publicity.county": ("publicity:x",)}
    )
    cells = form3(items=items)
    assert (cells["supporter.materials"].value, cells["recipient.materials"].value) == (2, 0)
    assert dict(cells["supporter.materials"].parts) == {"material:a": 1, "material:b": 1}
    assert [cells[cell].value for cell in PUBLICITY] == [0, 1, 0, 0]


def test_small_scale_is_asked_of_the_village_school_only() -> None:
    small = school_return(msgspec.structs.replace(P1, is_small=True), MAY, Facts(), Flows(), Items(), "")
    assert [printed(small[f"{side}.is_small"].value) for side in ("supporter", "recipient")] == ["否", "是"]


def test_materials_and_publicity_of_附件2_are_the_sum_of_附件3_and_the_bureaus_own() -> None:
    parts = [part("P1", materials=2, **{"publicity.city": 1}), part("P2", materials=3)]
    cells = form2(parts=parts, publicity={"publicity.city": ["publicity:own"]})
    assert (cells["materials"].value, cells["publicity.city"].value) == (5, 2)
    assert dict(cells["publicity.city"].parts) == {"pair:P1": 1, "publicity:own": 1}


def test_other_lists_补计_and_冲减() -> None:
    delta = Delta(id="d", activity="a", kind=Kind.SYNC, of_month="2019-05", count=1, participants=67)
    assert form3(deltas=(delta,))["other"].value == "补计2019年5月城乡同步课堂1节、67人次"
    assert form2(deltas=[delta])["other"].value == "补计2019年5月城乡同步课堂1节、67人次"
    assert form3()["other"].value is None


def test_sum_and_distinct_any_side_and_recipient_side_stand_beside_one_another() -> None:
    parts = [part("P1"), part("P2", is_recipient_ours=False), part("P3")]
    shared = {Kind.SYNC: (1, 43)}
    ways = compared(parts, Policy(), shared, {})
    assert [ways["any_side"]["sum"][cell] for cell in FLOWS[:2]] == [7, 452]
    assert [ways["any_side"]["distinct"][cell] for cell in FLOWS[:2]] == [6, 409]
    assert [ways["recipient_side"]["sum"][cell] for cell in FLOWS[:2]] == [4, 290]
    assert ways["recipient_side"]["sum"] == ways["recipient_side"]["distinct"]


def test_the_policy_decides_which_of_them_is_printed() -> None:
    parts = [part("P1"), part("P2", is_recipient_ours=False)]
    shared = {Kind.SYNC: (1, 43)}
    assert form2(parts=parts, overlap=shared)["sync.count"].value == 7
    assert form2(Policy(rollup_mode="distinct"), parts=parts, overlap=shared)["sync.count"].value == 6
    assert form2(Policy(activity_scope="recipient_side"), parts=parts)["sync.participants"].value == 290


def test_what_no_school_has_confirmed_counts_unless_the_policy_says_otherwise() -> None:
    parts = [part("P1"), part("P2", is_confirmed=False)]
    assert form2(parts=parts)["sync.count"].value == 7
    assert form2(Policy(include_unconfirmed=False), parts=parts)["sync.count"].value == 4

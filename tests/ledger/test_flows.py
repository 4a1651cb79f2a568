"""补计, 冲减 and the carry: a cell never prints below 0, and the unused negative carries on."""

import msgspec

from classroom.ledger.cells import FLOWS
from classroom.ledger.flows import Carry, Counted, Delta, Flows, carried_on, delta_lines, flow_figures, flow_numbers
from classroom.ledger.kinds import Kind


def taken_off(count: int, participants: int, id: str = "a", of_month: str = "2019-04") -> Delta:
    return Delta(
        id=id, activity=id, kind=Kind.SYNC, of_month=of_month, count=count, participants=participants, subjects=("音",)
    )


OWN = {
    Kind.SYNC: Counted(
        count=2,
        participants=134,
        subjects=("语",),
        counts={"activity:x": 1, "activity:y": 1},
        people={"activity:x": 67, "activity:y": 67},
    )
}


def test_a_cell_is_own_figures_and_deltas_and_carry() -> None:
    flows = Flows(
        own=OWN,
        deltas=(taken_off(1, 67, "a"), taken_off(-1, -54, "b")),
        carries=(Carry(month="2019-03", cell="sync.participants", amount=-10),),
    )
    figures = flow_figures(flows)
    assert figures["sync.count"].value == 2
    assert dict(figures["sync.count"].parts) == {
        "activity:x": 1,
        "activity:y": 1,
        "adjustment:a": 1,
        "adjustment:b": -1,
    }
    assert figures["sync.participants"].value == 134 + 67 - 54 - 10
    assert figures["sync.participants"].parts["carry:2019-03"] == -10
    assert (figures["training.count"].value, dict(figures["training.count"].parts)) == (0, {})


def test_what_lies_below_0_prints_0_and_carries_on() -> None:
    flows = Flows(own=OWN, deltas=(taken_off(-3, -200),))
    figures = flow_figures(flows)
    assert (figures["sync.count"].value, figures["sync.participants"].value) == (0, 0)
    assert carried_on(flows) == {"sync.count": -1, "sync.participants": -66}
    assert carried_on(Flows(own=OWN)) == {}


def test_a_carry_that_is_not_used_up_goes_on_again() -> None:
    again = Flows(
        own={Kind.SYNC: Counted(count=1, participants=20)},
        carries=(Carry(month="2019-04", cell="sync.participants", amount=-66),),
    )
    figures = flow_figures(again)
    assert (figures["sync.count"].value, figures["sync.participants"].value) == (1, 0)
    assert carried_on(again) == {"sync.participants": -46}


def test_补计_brings_its_subject_and_冲减_takes_none_away() -> None:
    assert flow_figures(Flows(own=OWN, deltas=(taken_off(1, 67),)))["subjects"].value == ("语", "音")
    assert flow_figures(Flows(own=OWN, deltas=(taken_off(-1, -67),)))["subjects"].value == ("语",)


def test_lines_for_其他_are_added_up_by_month_form_and_direction() -> None:
    assert delta_lines(
        [taken_off(1, 67, "a"), taken_off(1, 54, "b"), taken_off(-1, -67, "c"), taken_off(1, 20, "d", "2019-03")]
    ) == [
        "补计2019年3月城乡同步课堂1节、20人次",
        "补计2019年4月城乡同步课堂2节、121人次",
        "冲减2019年4月城乡同步课堂1节、67人次",
    ]
    assert delta_lines([taken_off(0, -3)]) == ["冲减2019年4月城乡同步课堂0节、3人次"]


def test_what_was_added_and_taken_off_again_within_the_month_is_nothing() -> None:
    back = msgspec.structs.replace(taken_off(-1, -67, "b"), activity="a", subjects=())
    flows = Flows(own=OWN, deltas=(taken_off(1, 67, "a"), back))
    figures = flow_figures(flows)
    assert (figures["sync.count"].value, figures["subjects"].value) == (2, ("语",))
    assert dict(figures["sync.count"].parts) == {
        "activity:x": 1,
        "activity:y": 1,
        "adjustment:a": 1,
        "adjustment:b": -1,
    }
    assert delta_lines(flows.deltas) == []


def test_the_numbers_alone_are_those_of_the_figures() -> None:
    for flows in (Flows(own=OWN), Flows(own=OWN, deltas=(taken_off(-3, -100),)), Flows()):
        figures = flow_figures(flows)
        assert flow_numbers(flows) == {cell: figures[cell].value for cell in FLOWS}

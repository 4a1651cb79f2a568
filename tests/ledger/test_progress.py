"""A year against its targets."""

from datetime import date

from classroom.ledger.kinds import Kind
from classroom.ledger.months import WindowMode, default_windows
from classroom.ledger.policy import Policy
from classroom.ledger.progress import kind_progress, lacking, split_year


def test_a_year_is_its_whole_months_and_the_two_that_reach_over_its_edges() -> None:
    split = split_year(2020, default_windows(date(2021, 6, 1)))
    assert split.whole == tuple(f"2020-{month:02}" for month in range(2, 13))
    assert split.edges == ("2020-01", "2021-01")
    first = split_year(2019, default_windows(date(2021, 6, 1)))
    assert (first.whole[0], first.edges) == ("2019-04", ("2020-01",))


def test_calendar_months_have_no_edges() -> None:
    split = split_year(2020, default_windows(date(2021, 6, 1), WindowMode.CALENDAR))
    assert (len(split.whole), split.edges) == (12, ())


def test_what_a_pair_has_still_to_hold() -> None:
    kinds = kind_progress({Kind.SYNC: (18, 900)}, {Kind.SYNC: 17}, Policy())
    assert [(one.kind, one.count, one.reported, one.target) for one in kinds] == [
        (Kind.SYNC, 18, 17, 20),
        (Kind.DELIVERY, 0, 0, None),
        (Kind.MASTER, 0, 0, None),
        (Kind.TRAINING, 0, 0, 8),
    ]
    assert lacking(kinds, {Kind.SYNC: 1}, Policy()) == [
        "城乡同步课堂还差2节",
        "教师网络研修还差8次",
        "城乡同步课堂还差1门学科",
        "至少采用2种形式，现为1种",
    ]


def test_a_pair_that_has_held_everything_lacks_nothing() -> None:
    kinds = kind_progress({Kind.SYNC: (20, 900), Kind.TRAINING: (8, 40)}, {}, Policy())
    assert lacking(kinds, {Kind.SYNC: 2}, Policy()) == []

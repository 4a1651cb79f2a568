"""Annual progress (年度进度): what each pair has held this year, against the county's targets."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from classroom.ledger.kinds import ON_PAPER, Kind
from classroom.ledger.months import MonthWindow
from classroom.ledger.policy import Policy


class YearSplit(msgspec.Struct, frozen=True, kw_only=True):
    """How a calendar year lies over work months: those wholly inside, and those that reach over its edges."""

    whole: tuple[str, ...]
    edges: tuple[str, ...]
    first: date
    last: date


def split_year(year: int, windows: Sequence[MonthWindow]) -> YearSplit:
    """Which months add up to the year by their sums, and which must be looked at activity by activity."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    touching = [window for window in windows if window.first <= last and window.last >= first]
    whole = tuple(window.month for window in touching if first <= window.first and window.last <= last)
    return YearSplit(
        whole=whole,
        edges=tuple(window.month for window in touching if window.month not in whole),
        first=first,
        last=last,
    )


class KindProgress(msgspec.Struct, frozen=True, kw_only=True):
    """One form of a pair. `count`, `participants`: by the activities' own dates; `reported`: Σ over the months."""

    kind: Kind
    count: int
    participants: int
    reported: int
    target: int | None
    """None: no target."""

    @property
    def lacks(self) -> int:
        """How many are still to be held."""
        return max(0, (self.target or 0) - self.count)


def kind_progress(
    dated: Mapping[Kind, tuple[int, int]], reported: Mapping[Kind, int], policy: Policy
) -> list[KindProgress]:
    """Every form in the order of the paper."""
    found = []
    for kind in ON_PAPER:
        count, participants = dated.get(kind, (0, 0))
        target = policy.targets.get(kind)
        found.append(
            KindProgress(
                kind=kind,
                count=count,
                participants=participants,
                reported=reported.get(kind, 0),
                target=target.count if target else None,
            )
        )
    return found


def lacking(kinds: Sequence[KindProgress], subjects: Mapping[Kind, int], policy: Policy) -> list[str]:
    """What a pair has still to do this year, in words."""
    found = [f"{one.kind.words}还差{one.lacks}{one.kind.unit}" for one in kinds if one.lacks]
    for kind, target in policy.targets.items():
        short = target.subjects - subjects.get(kind, 0)
        if short > 0:
            found.append(f"{kind.words}还差{short}门学科")
    forms = sum(1 for one in kinds if one.count)
    if forms < policy.forms_min:
        found.append(f"至少采用{policy.forms_min}种形式，现为{forms}种")
    return found

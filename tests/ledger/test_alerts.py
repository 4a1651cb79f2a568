"""What is worth a look in a pair's month, and what is not."""

from datetime import date
from typing import Any, NamedTuple

import msgspec
import pytest

from classroom.ledger.alerts import Alert, PairMonth, alerts_of, in_term
from classroom.ledger.months import default_windows
from classroom.ledger.policy import Policy

MAY = default_windows(date(2019, 5, 1))[-1]
CALM = PairMonth(
    files=True,
    is_unnamed=False,
    has_activity=True,
    sync_count=4,
    is_term=True,
    is_late=True,
    history=(4, 3, 5),
    forms=2,
    agreement_until=None,
    round_until=date(2021, 12, 31),
    expired=(),
    idle_spaces=(),
    at_limit=False,
    is_unconfirmed=False,
)


def raised(policy: Policy | None = None, **changes: Any) -> list[Alert]:
    pair = msgspec.structs.replace(CALM, **changes)
    return [alert.code for alert in alerts_of(pair, MAY, policy or Policy())]


def test_an_ordinary_month_raises_nothing() -> None:
    assert raised() == []


@pytest.mark.parametrize(
    ("changes", "alerts"),
    [
        ({"sync_count": 0}, [Alert.NO_SYNC]),
        ({"sync_count": 0, "is_term": False}, []),
        ({"sync_count": 0, "is_late": False}, []),
        ({"forms": 1}, [Alert.ONE_FORM]),
        ({"sync_count": 12}, []),
        ({"sync_count": 13}, [Alert.ABOVE_MEDIAN]),
        ({"sync_count": 13, "history": (4, 0, 3)}, []),
        ({"agreement_until": date(2019, 8, 24)}, [Alert.AGREEMENT_ENDING]),
        ({"agreement_until": date(2019, 8, 25)}, []),
        ({"round_until": date(2019, 5, 1)}, [Alert.ROUND_ENDING]),
        ({"expired": ("礼张完小",)}, [Alert.EQUIPMENT_EXPIRED]),
        ({"idle_spaces": ("礼张完小",)}, [Alert.SPACE_IDLE]),
        ({"at_limit": True}, [Alert.PUPILS_AT_LIMIT]),
        ({"is_unconfirmed": True}, [Alert.UNCONFIRMED]),
        ({"is_unnamed": True}, [Alert.UNNAMED_ACTIVE]),
        ({"is_unnamed": True, "has_activity": False}, []),
        ({"files": False, "sync_count": 0}, []),
    ],
)
def test_each_alert_and_its_boundary(changes: dict[str, Any], alerts: list[Alert]) -> None:
    assert raised(**changes) == alerts


def test_the_words_say_what_it_is_about() -> None:
    [alert] = alerts_of(msgspec.structs.replace(CALM, sync_count=13), MAY, Policy())
    assert alert.text == "次数远高于本对各月中位数：13 节，中位数 4 节"


class Term(NamedTuple):
    first: date
    last: date


def test_a_month_of_holidays_by_the_school_calendar_is_no_month_of_teaching() -> None:
    [august] = [window for window in default_windows(date(2019, 8, 1)) if window.month == "2019-08"]
    spring = [Term(date(2019, 2, 18), date(2019, 6, 28))]
    assert in_term([spring], MAY)
    assert not in_term([spring], august)
    assert in_term([], august), "nobody has said when there is teaching"
    assert in_term([spring, [Term(date(2019, 8, 26), date(2020, 1, 17))]], august)

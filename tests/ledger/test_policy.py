"""The county's policy: its defaults are the rule book's, and what cannot be is refused."""

import msgspec
import pytest

from classroom.ledger.errors import LedgerError
from classroom.ledger.kinds import Kind
from classroom.ledger.months import WindowMode
from classroom.ledger.policy import RULE_LIMITS, Policy, check_policy
from classroom.ledger.rules import CountingRules


def test_the_defaults_are_those_of_the_rule_book() -> None:
    policy = Policy()
    check_policy(policy)
    assert (policy.count_unit, policy.rate_denominator, policy.activity_scope, policy.rollup_mode) == (
        "schools",
        "actual",
        "any_side",
        "sum",
    )
    assert (policy.task, policy.goal_min, policy.coverage_goals, policy.school_total) == (
        {2019: 13},
        12,
        (20, 28),
        None,
    )
    assert (policy.month_window, policy.school_due_inclusive, policy.include_unconfirmed) == (
        WindowMode.CUTOFF_26,
        True,
        True,
    )
    assert (
        policy.targets[Kind.SYNC].count,
        policy.targets[Kind.SYNC].subjects,
        policy.targets[Kind.TRAINING].count,
    ) == (20, 2, 8)


def test_a_policy_goes_through_json_and_back() -> None:
    policy = Policy(unit="某县教育局", task={2019: 13, 2020: 14}, school_total=46)
    assert msgspec.json.decode(msgspec.json.encode(policy), type=Policy) == policy


@pytest.mark.parametrize(
    "text",
    [
        '{"unit": "两\\n行"}',
        '{"county": "33072"}',
        '{"task": {"2019": -1}}',
        '{"task": {"1999": 1}}',
        '{"count_unit": "所"}',
        '{"targets_by": "13-01"}',
        '{"pending_days": 0}',
        '{"typo": 1}',
        '{"counting": {"need_min": "20"}}',
    ],
)
def test_what_the_types_refuse(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Policy)


def test_every_counting_rule_that_is_a_number_has_its_limits() -> None:
    rules = msgspec.structs.asdict(CountingRules())
    assert set(RULE_LIMITS) == {name for name, value in rules.items() if type(value) is int}
    assert all(least <= rules[name] <= greatest for name, (_, least, greatest) in RULE_LIMITS.items())


@pytest.mark.parametrize("name", RULE_LIMITS)
def test_counting_rules_stay_within_their_limits(name: str) -> None:
    for value in (RULE_LIMITS[name].least - 1, RULE_LIMITS[name].greatest + 1):
        with pytest.raises(LedgerError) as refused:
            check_policy(Policy(counting=msgspec.structs.replace(CountingRules(), **{name: value})))
        assert refused.value.code == "policy_invalid" and RULE_LIMITS[name].words in refused.value.detail


@pytest.mark.parametrize(
    "policy",
    [
        Policy(coverage_goals=(30, 20)),
        Policy(bureau_report_to=("甲",) * 6),
        Policy(task=dict.fromkeys(range(2019, 2070), 1)),
    ],
)
def test_what_cannot_be_together_is_refused(policy: Policy) -> None:
    with pytest.raises(LedgerError, match="policy_invalid"):
        check_policy(policy)

"""The rules on accounts: logins that cannot look alike, passwords, who keeps whom, and growing waits."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.registry.accounts import (
    EVERY_ROLE,
    FORGOTTEN,
    FREE,
    MAX_WAIT,
    SENTENCES,
    Account,
    AccountError,
    Failures,
    check_keeper,
    check_password,
    check_school,
    failed_again,
    login_key,
    password_form,
    wait_until,
)

AT = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)


def refusal(call, *arguments) -> str:
    with pytest.raises(AccountError) as refused:
        call(*arguments)
    return refused.value.code


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("zhangsan", "zhangsan"),
        (" ZhangSan ", "zhangsan"),
        ("ｚｈａｎｇ３", "zhang3"),
        ("Ⅷ-chu", "viii-chu"),
        ("张老师", "张老师"),
        ("a.b_c-d@pj", "a.b_c-d@pj"),
        ("凉亭", "凉亭"),
    ],
)
def test_a_login_has_one_form_however_it_is_typed(typed: str, key: str) -> None:
    assert login_key(typed) == key
    assert login_key(key) == key


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "a",
        "\u0430dmin",
        "adm\u0131n",
        "zhang san",
        "a\u200bb",
        "a\x00b",
        ".ab",
        "-ab",
        "é" * 3,
        "x" * 33,
        "\ufdfa" * 30,
    ],
)
def test_a_login_that_could_be_taken_for_another_is_refused(typed: str) -> None:
    assert refusal(login_key, typed) == "login_malformed"


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_login_or_refused_and_the_form_is_its_own_form(typed: str) -> None:
    try:
        key = login_key(typed)
    except AccountError:
        return
    assert login_key(key) == key
    assert len(key) <= 32


@given(st.text(max_size=200))
def test_a_password_has_one_form(typed: str) -> None:
    try:
        form = password_form(typed)
    except AccountError as error:
        assert error.code == "password_long"
        assert len(typed) > 128
        return
    assert password_form(form[:128]) == form[:128]


def test_a_password_typed_at_full_width_is_the_same_password() -> None:
    assert password_form("ｐａｓｓ１　ｗｏｒｄ") == "pass1 word"


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ("short1!", "password_short"),
        ("123456789", "password_short"),
        ("1234567890", "password_common"),
        ("9876543210", "password_common"),
        ("qwertyuiop", "password_common"),
        ("password123", "password_common"),
        ("Password2026!", "password_common"),
        ("jiaoyuju2026", "password_common"),
        ("aaaaaaaaaaaa", "password_common"),
        ("1990010119900101", "password_common"),
        ("13800001111", "password_common"),
        ("zhangsan2026", "password_like_login"),
        ("XX-ZhangSan-XX", "password_like_login"),
    ],
)
def test_a_password_that_would_be_guessed_is_refused_with_the_reason(form: str, code: str) -> None:
    assert refusal(check_password, form, "zhangsan") == code


@pytest.mark.parametrize("form", ["山高 月小 水落 石出", "correct horse battery", "k9#mQ2vL!x", "春眠不觉晓处处闻啼鸟"])
def test_a_password_of_unrelated_words_will_do(form: str) -> None:
    check_password(form, "zhangsan")


def test_a_megabyte_is_no_password() -> None:
    assert refusal(password_form, "x" * 1_000_000) == "password_long"


@pytest.mark.parametrize("role", sorted(EVERY_ROLE))
def test_who_keeps_whose_account(role) -> None:
    by_the_bureau = role in {"teacher", "school_officer", "inspector"}
    assert keeps("bureau_officer", role) is by_the_bureau
    assert keeps("admin", role)
    assert keeps("machine", role)
    for other in ("teacher", "school_officer", "inspector", "classroom", "observer", "program", "anyone"):
        assert not keeps(other, role)


def test_nobody_lifts_an_account_above_what_he_keeps() -> None:
    assert refusal(check_keeper, "bureau_officer", "teacher", "admin") == "not_yours_to_keep"


def keeps(keeper: str, role) -> bool:
    try:
        check_keeper(keeper, role)
    except AccountError:
        return False
    return True


def test_a_teacher_and_a_school_officer_belong_to_a_school_and_nobody_else_does() -> None:
    for role in ("teacher", "school_officer"):
        check_school(role, "s1")
        assert refusal(check_school, role, None) == "school_needed"
    for role in ("bureau_officer", "inspector", "admin"):
        check_school(role, None)
        assert refusal(check_school, role, "s1") == "school_unneeded"


def test_an_account_opens_until_it_is_disabled_or_its_one_time_password_runs_out() -> None:
    def account(**more) -> Account:
        return Account(id="a", login="ab", name="王", role="admin", school=None, created_at=AT, **more)

    assert account().is_open(AT)
    assert not account(disabled_at=AT).is_open(AT)
    once = account(once_until=AT)
    assert once.must_change
    assert once.is_open(AT - timedelta(seconds=1))
    assert not once.is_open(AT)


def test_waits_begin_after_the_free_failures_and_double_up_to_a_quarter_of_an_hour() -> None:
    waits = []
    failures = None
    for _ in range(13):
        failures = failed_again(failures, AT)
        until = wait_until("account", failures)
        waits.append(None if until is None else int((until - AT).total_seconds()))
    assert waits == [None, None, None, None, 30, 60, 120, 240, 480, 900, 900, 900, 900]
    assert wait_until("account", None) is None


def test_an_address_that_a_school_shares_has_more_failures_free() -> None:
    assert wait_until("address", Failures(FREE["address"] - 1, AT)) is None
    assert wait_until("address", Failures(FREE["address"], AT)) == AT + timedelta(seconds=30)


def test_a_day_later_nothing_is_held_against_anybody_and_a_clock_set_back_shortens_no_wait() -> None:
    assert failed_again(Failures(40, AT), AT + FORGOTTEN) == Failures(1, AT + FORGOTTEN)
    assert failed_again(Failures(40, AT), AT - timedelta(hours=1)) == Failures(41, AT)
    until = wait_until("account", Failures(10**6, AT))
    assert until == AT + MAX_WAIT


def test_every_refusal_has_a_chinese_and_an_english_sentence_apart() -> None:
    for zh, en in SENTENCES.values():
        assert en.isascii()
        assert not zh.isascii()

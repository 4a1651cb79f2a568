"""Accounts (账号): people who sign in; the rules on names, passwords, failures and who keeps whom. Pupils have none."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal

import msgspec

AccountRole = Literal["teacher", "school_officer", "bureau_officer", "inspector", "admin"]
"""教师, 学校填报人, 教育局填报人, 巡课人员, 系统管理员."""

OF_A_SCHOOL: Final = frozenset[AccountRole]({"teacher", "school_officer"})
"""Roles whose account belongs to a school, which bounds what it reaches."""
EVERY_ROLE: Final = frozenset[AccountRole]({"teacher", "school_officer", "bureau_officer", "inspector", "admin"})
KEEPS: Final[Mapping[str, frozenset[AccountRole]]] = MappingProxyType(
    {
        "bureau_officer": frozenset({"teacher", "school_officer", "inspector"}),
        "admin": EVERY_ROLE,
        "machine": EVERY_ROLE,
    }
)
"""Who may make, change, disable and reset accounts of which roles. Nobody lifts an account above what he keeps."""

MIN_PASSWORD: Final = 10
MAX_PASSWORD: Final = 128
"""Characters. The upper bound is far beyond what anybody types: it keeps a hostile megabyte from the hash."""
MIN_DIFFERENT: Final = 5
ONE_TIME_LIFE: Final = timedelta(days=7)
"""A password that somebody else has set is good for one sign-in within these days; then its owner chooses."""
IDLE: Final = timedelta(hours=2)
LONGEST: Final = timedelta(hours=12)
"""A session ends when nothing came for IDLE, and in any case after a working day."""
DEVICE_LIFE: Final = timedelta(days=180)
"""For how long a browser that has signed in is known by its own count of failures, since it last did."""

_MAX_LOGIN: Final = 32
# Latin letters and digits as an e-mail address has them, and Chinese characters. No other script: a Cyrillic а beside a
# Latin a would be two names that nobody can tell apart.
_LOGIN: Final = re.compile(r"[a-z0-9\u4e00-\u9fff][a-z0-9\u4e00-\u9fff._@-]{1,31}")
# What is tried first, in this country and elsewhere; digits and signs around one of these make it no better.
_COMMON: Final = frozenset({
    "password", "passwrd", "passwd", "qwerty", "qwertyuiop", "asdfgh", "asdfghjkl", "zxcvbn", "qazwsx",
    "qazwsxedc", "admin", "administrator", "root", "letmein", "welcome", "iloveyou", "woaini", "abc", "abcd",
    "abcdef", "classroom", "teacher", "school", "jiaoyu", "jiaoyuju", "xuexiao", "ketang", "laoshi", "pujiang",
})  # fmt: skip
_RUNS: Final = ("0123456789012345", "9876543210987654", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")

SENTENCES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "login_malformed": (
            "登录名应为 2–32 个小写字母、数字或汉字，可含 . _ - @",
            "A login has 2 to 32 lower-case letters, digits or Chinese characters, and . _ - @ inside",
        ),
        "login_taken": ("这个登录名已有人使用，请换一个", "This login is taken: choose another"),
        "password_short": ("密码至少 10 个字符，请加长", "A password has at least 10 characters"),
        "password_long": ("密码最多 128 个字符", "A password has at most 128 characters"),
        "password_common": (
            "这个密码太容易被猜到，请换一个（例如几个不相关的词连在一起）",
            "This password is among the first to be guessed: take several unrelated words",
        ),
        "password_like_login": ("密码不能包含登录名", "The password must not hold the login"),
        "password_same": ("新密码不能与原密码相同", "The new password is the old one"),
        "password_wrong": ("原密码不对", "The present password is wrong"),
        "school_needed": ("教师和学校填报人的账号必须属于一所学校", "An account of this role belongs to a school"),
        "school_unneeded": ("这种账号不属于任何学校", "An account of this role belongs to no school"),
        "school_unknown": ("没有这所学校，请核对名称", "There is no such school"),
        "account_unknown": ("没有这个账号", "There is no such account"),
        "not_yours_to_keep": ("您不能管理这种账号", "You may not keep accounts of this role"),
        "last_admin": (
            "这是最后一个可用的系统管理员账号，请先另设一个",
            "This is the last administrator: make another one first",
        ),
        "yourself": ("不能停用自己的账号，也不能更改自己的角色", "Nobody disables himself or changes his own role"),
        "set_up_before": ("系统已经完成初始设置，请直接登录", "The server has been set up before: sign in"),
        "account_stale": (
            "您打开之后，别人已经修改了这个账号；请看过对方的修改再决定",
            "Somebody else has changed this account since you opened it",
        ),
    }
)
"""code → (Chinese, English)."""


class AccountError(Exception):
    """A refusal; nothing was changed. `title` is a Chinese, `detail` an English sentence; `more` is for programs."""

    def __init__(self, code: str, more: Mapping[str, object] | None = None) -> None:
        self.code = code
        self.title, self.detail = SENTENCES[code]
        self.more = dict(more or {})
        super().__init__(f"{code}: {self.detail}")


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A person's account. `school` is set for a teacher and a school officer, and bounds what they reach.

    `once_until`: the password was set by somebody else; it opens nothing but its own change, and that until then.
    """

    id: str
    login: str
    name: str
    role: AccountRole
    school: str | None
    created_at: datetime
    disabled_at: datetime | None = None
    once_until: datetime | None = None
    version: int = 1

    @property
    def must_change(self) -> bool:
        """Whether the password must be changed before anything else."""
        return self.once_until is not None

    def is_open(self, at: datetime) -> bool:
        """Whether its right password opens it."""
        return self.disabled_at is None and (self.once_until is None or at < self.once_until)


def login_key(typed: str) -> str:
    """The one form in which a login is kept and looked up: NFKC, then small letters, without blanks around.

    What a Chinese keyboard types at full width is the same name, and no second account can look like the first.
    Raises AccountError(login_malformed).
    """
    # Before normalising: one character may become eighteen.
    if len(typed) > _MAX_LOGIN:
        raise AccountError("login_malformed")
    key = unicodedata.normalize("NFKC", typed).strip().lower()
    if not _LOGIN.fullmatch(key):
        raise AccountError("login_malformed")
    return key


def password_form(typed: str) -> str:
    """The one form in which a password is hashed: NFKC, so that full-width digits and composed letters are the same.

    Raises AccountError(password_long).
    """
    if len(typed) > MAX_PASSWORD:
        raise AccountError("password_long")
    return unicodedata.normalize("NFKC", typed)


def check_password(form: str, login: str) -> None:
    """Whether a new password (as of `password_form`) will do.

    Raises AccountError: password_short, password_common, password_like_login.
    """
    if len(form) < MIN_PASSWORD:
        raise AccountError("password_short")
    small = form.lower()
    if login in small:
        raise AccountError("password_like_login")
    if len(set(small)) < MIN_DIFFERENT or _is_common(small):
        raise AccountError("password_common")


def _is_common(small: str) -> bool:
    """A run of the keyboard, a word of the list with digits and signs around it, or a date or telephone number."""
    if any(small in run for run in _RUNS):
        return True
    letters = re.sub(r"[^a-z\u0080-\U0010ffff]", "", small)
    return letters in _COMMON or (letters == "" and len(set(small)) < MIN_PASSWORD)


def check_school(role: AccountRole, school: str | None) -> None:
    """Raises AccountError: school_needed, school_unneeded."""
    if role in OF_A_SCHOOL and school is None:
        raise AccountError("school_needed")
    if role not in OF_A_SCHOOL and school is not None:
        raise AccountError("school_unneeded")


def check_keeper(keeper: str, *roles: AccountRole) -> None:
    """Whether somebody with the role `keeper` may keep accounts of all these roles.

    Raises AccountError(not_yours_to_keep).
    """
    if not set(roles) <= KEEPS.get(keeper, frozenset()):
        raise AccountError("not_yours_to_keep")


class Failures(msgspec.Struct, frozen=True):
    """Wrong passwords in a row under one key, and when the last of them came."""

    count: int
    last_at: datetime


KeyKind = Literal["account", "device", "address"]
FREE: Final[Mapping[KeyKind, int]] = MappingProxyType({"account": 5, "device": 5, "address": 20})
"""Failures before the first wait. A school's teachers share an address.

A browser that has signed in to the account before is counted by itself alone: whoever fails on purpose from elsewhere
makes strangers wait, not the officer.
"""
FIRST_WAIT: Final = timedelta(seconds=30)
MAX_WAIT: Final = timedelta(minutes=15)
FORGOTTEN: Final = timedelta(days=1)
"""So long after the last failure nothing is held against anybody. At MAX_WAIT that is a hundred guesses a day."""


def wait_until(kind: KeyKind, failures: Failures | None) -> datetime | None:
    """Until when no further try is heard: 30 s after the last free failure, twice as long after each; None: try now."""
    if failures is None or failures.count < FREE[kind]:
        return None
    doublings = min(failures.count - FREE[kind], 10)
    return failures.last_at + min(FIRST_WAIT * (1 << doublings), MAX_WAIT)


def failed_again(failures: Failures | None, at: datetime) -> Failures:
    """One failure more; the count begins anew when the last one is forgotten."""
    if failures is None or at - failures.last_at >= FORGOTTEN:
        return Failures(1, at)
    return Failures(failures.count + 1, max(at, failures.last_at))

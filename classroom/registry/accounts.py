"""Accounts (账号): people who sign in. Pupils have none."""

from datetime import datetime
from typing import Literal

import msgspec

AccountRole = Literal["teacher", "school_officer", "bureau_officer", "inspector", "admin"]
"""教师, 学校填报人, 教育局填报人, 巡课人员, 系统管理员."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A person's account. `school` is set for a teacher and a school officer, and bounds what they reach."""

    id: str
    login: str
    name: str
    role: AccountRole
    school: str | None
    created_at: datetime
    disabled_at: datetime | None = None

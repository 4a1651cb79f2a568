"""The cells of both official forms by name, and what stands in one: a value and the records it is made of."""

from collections.abc import Mapping
from typing import Final

import msgspec

from classroom.ledger.kinds import ON_PAPER

Value = int | str | bool | tuple[str, ...] | None
"""A count, a text (a rate is one), 是/否, the ticked subjects; None: nobody has said."""


class Figure(msgspec.Struct, frozen=True):
    """A cell's computed value. `parts`: reference of a record → what it adds (a fact that decides a 是/否 adds 1).

    References are a kind and an id: `activity:…`, `adjustment:…`, `carry:2019-05`, `fact:…`, `material:…`,
    `publicity:…`, `pair:…` (on 附件2: a pair's printed value), `school:…`, `policy:3`.
    """

    value: Value
    parts: Mapping[str, int] = {}


FLOWS: Final = tuple(f"{kind.value}.{what}" for kind in ON_PAPER for what in ("count", "participants"))
"""活动次数 and 参与师生数 of each kind, in the order of both forms."""
PUBLICITY: Final = ("publicity.school", "publicity.county", "publicity.city", "publicity.province")
"""宣传报道篇次: 校级, 县级 (附件3: 县区级), 市级 (附件3: 地市级), 省及以上."""
TEXTS: Final = ("highlights", "next_plan", "other")
"""亮点做法, 下月工作计划, 其他."""
SIDES: Final = ("supporter", "recipient")
"""城区学校 and 乡村学校, as rows of 附件3."""

SCHOOL_FORM: Final = (
    "supporter",
    "recipient",
    "filler",
    "month",
    "stage",
    "agreement_signed",
    *(f"{side}.{what}" for side in SIDES for what in ("contact", "phone")),
    *(
        f"{side}.{what}"
        for side in SIDES
        for what in ("equipment", "space", "agreement_uploaded", "materials", "is_small")
    ),
    *FLOWS,
    "subjects",
    *PUBLICITY,
    *TEXTS,
)
"""附件3 (结对学校用表), one per pair and month. `month` is printed as 年 and 月."""
BUREAU_FORM: Final = (
    "unit",
    "filler",
    "month",
    "task",
    "pairs",
    "signed",
    "signed_rate",
    "equipped",
    "equipped_rate",
    "space_opened",
    "space_rate",
    "uploaded",
    "materials",
    *FLOWS,
    "subjects",
    *PUBLICITY,
    *TEXTS,
)
"""附件2 (教育局汇总表), one per month."""

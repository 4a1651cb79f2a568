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

_FLOW_WORDS: Final = {"count": "活动次数", "participants": "参与师生数"}
_SIDE_WORDS: Final = {
    "contact": "联系人",
    "phone": "联系电话",
    "equipment": "技术装备环境是否达标",
    "space": "学校空间是否已开通",
    "agreement_uploaded": "结对协议是否已上传",
    "materials": "过程资料空间上传数",
    "is_small": "是否为小规模学校",
}
CELL_WORDS: Final[Mapping[str, str]] = {
    "unit": "教育局（盖章）",
    "supporter": "城镇学校",
    "recipient": "乡村学校",
    "filler": "填报人",
    "month": "工作月度",
    "stage": "学段",
    "agreement_signed": "是否已签订结对协议",
    **{f"supporter.{what}": f"城区学校{words}" for what, words in _SIDE_WORDS.items()},
    **{f"recipient.{what}": f"乡村学校{words}" for what, words in _SIDE_WORDS.items()},
    "task": "结对任务数",
    "pairs": "实际结对数",
    "signed": "已完成协议签订数",
    "signed_rate": "签订率",
    "equipped": "技术装备环境达标数",
    "equipped_rate": "达标率",
    "space_opened": "已开通学校数",
    "space_rate": "开通率",
    "uploaded": "完成协议上传学校数",
    "materials": "新增过程资料上传数",
    **{f"{kind.value}.{what}": f"{kind.words}{words}" for kind in ON_PAPER for what, words in _FLOW_WORDS.items()},
    "subjects": "涉及学科",
    "publicity.school": "宣传报道校级",
    "publicity.county": "宣传报道县级",
    "publicity.city": "宣传报道市级",
    "publicity.province": "宣传报道省及以上",
    "highlights": "亮点做法",
    "next_plan": "下月工作计划",
    "other": "其他",
}
"""Cell → what it is called in sentences for people."""

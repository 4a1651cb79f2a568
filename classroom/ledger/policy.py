"""Policy (口径与设置): everything that no authority fixes, as one value of the county's, kept in versions.

A return keeps the number of the version it was made by, so that its figures can be made again years later.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from classroom.ledger.errors import LedgerError
from classroom.ledger.kinds import Kind
from classroom.ledger.months import MonthRules, WindowMode
from classroom.ledger.rules import CountingRules

Line = Annotated[str, msgspec.Meta(max_length=80, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029]*$")]
Notice = Annotated[str, msgspec.Meta(max_length=300, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029]*$")]
Item = Annotated[str, msgspec.Meta(min_length=1, max_length=12, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029]*$")]
Count = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
Percent = Annotated[int, msgspec.Meta(ge=1, le=100)]
CountyCode = Annotated[str, msgspec.Meta(pattern=r"^(\d{2}|\d{4}|\d{6})?$")]

CountUnit = Literal["schools", "pairs"]
Denominator = Literal["actual", "task"]
Scope = Literal["any_side", "recipient_side"]
RollupMode = Literal["sum", "distinct"]


class Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """年度目标 of one form: how often, and over how many subjects, each pair should have held it."""

    count: Count
    """全年不少于多少节（次）。"""
    subjects: Annotated[int, msgspec.Meta(ge=0, le=12)] = 0
    """至少涉及多少门学科；0 为不要求。"""


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """口径与设置. The defaults are those we run with until the bureau says otherwise."""

    unit: Line = ""
    """单位名称：印在附件2“教育局（盖章）”一行。"""
    county: CountyCode = ""
    """本县行政区划代码（六位；设区市四位，省两位）：以此判定哪些是本县学校。空：登记的学校都算本县。"""
    programme: Line = "互联网+义务教育结对帮扶"
    """项目名称：印在两张表的标题里。"""
    task: Mapping[Annotated[int, msgspec.Meta(ge=2019, le=2099)], Count] = msgspec.field(
        default_factory=lambda: {2019: 13}
    )
    """结对任务数（所），按年度下达。"""
    goal_min: Count = 12
    """目标：参与结对的学校不少于多少所。"""
    school_total: Count | None = None
    """本县义务教育学校总数，用于计算覆盖率；空：未填。"""
    coverage_goals: tuple[Percent, Percent] = (20, 28)
    """覆盖率参考线（%）：要求值、争取值。"""
    count_unit: CountUnit = "schools"
    """基础数据的计数单位：所（学校，默认）或对（结对）。"""
    rate_denominator: Denominator = "actual"
    """三个比率的分母：实际结对数（默认）或结对任务数。"""
    activity_scope: Scope = "any_side"
    """附件2 的活动范围：任何一方是本县学校的结对（默认），或只算受援校在本县的结对。"""
    rollup_mode: RollupMode = "sum"
    """附件2 的汇总方式：各校之和（默认），或去重（一节课由几对共享只算一次）。"""
    include_unconfirmed: bool = True
    """学校未提交的附件3，是否把自动记录的数计入附件2（默认计入，并标明“学校未确认”）。"""
    month_window: WindowMode = WindowMode.CUTOFF_26
    """统计区间：上月 27 日至本月 26 日（默认），或自然月。"""
    school_due_inclusive: bool = True
    """“每月26日前”是否包含 26 日当天（默认包含）。"""
    counting: CountingRules = CountingRules()
    """计数规则。"""
    targets: Mapping[Kind, Target] = msgspec.field(
        default_factory=lambda: {Kind.SYNC: Target(count=20, subjects=2), Kind.TRAINING: Target(count=8)}
    )
    """各形式的年度目标（每对）。"""
    forms_min: Annotated[int, msgspec.Meta(ge=0, le=4)] = 2
    """每对全年至少采用几种形式。"""
    targets_by: Annotated[str, msgspec.Meta(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")] = "11-30"
    """年度任务完成日（月-日）。"""
    county_level_percent: Percent = 80
    """省对设区市的参考：县内结对占比（%）。"""
    small_max: Count = 100
    """小规模学校：学生人数不超过多少（默认 100，含本数；恰为 100 时提示核实）。"""
    ending_days: Count = 90
    """协议或轮次到期前多少天提示。"""
    pending_days: Annotated[int, msgspec.Meta(ge=1, le=60)] = 5
    """待确认超过多少个工作日提示。"""
    median_times: Annotated[int, msgspec.Meta(ge=2, le=20)] = 3
    """某月次数达到本对各月中位数的多少倍时提示。"""
    school_report_to: Notice = ""
    """附件3 报送对象（联系人、电话、邮箱），印在附件3 说明1。"""
    bureau_report_to: tuple[Notice, ...] = ()
    """附件2 报送对象（联系人、方式），可以有几个；第一个印在附件2 填写说明1。"""
    show_leader_line: bool = False
    """附件2 表下是否加印“领导签批”一行。"""
    review_items: tuple[Item, ...] = ("教学目标", "教学过程", "城乡互动", "媒体应用", "教学效果")
    """听课评课表的评价项目：只评教学，不评学生。改动只影响以后新写的评课表。"""
    show_window_on_paper: bool = True
    """纸质表外是否用小字印统计区间。"""

    @property
    def month_rules(self) -> MonthRules:
        """How months are generated."""
        return MonthRules(mode=self.month_window, inclusive=self.school_due_inclusive)


class RuleLimit(NamedTuple):
    """A counting rule that is a number: what the officers call it, its least and its greatest value."""

    words: str
    least: int
    greatest: int


RULE_LIMITS: Final[Mapping[str, RuleLimit]] = {
    "flow_gap_s": RuleLimit("媒体中断判定（秒）", 1, 60),
    "reconnect_grace_s": RuleLimit("断线重连宽限（秒）", 0, 900),
    "zone_before_min": RuleLimit("课前有效时间（分钟）", 0, 60),
    "zone_after_min": RuleLimit("课后有效时间（分钟）", 0, 60),
    "need_min": RuleLimit("同堂满多久计入（分钟）", 1, 240),
    "need_percent": RuleLimit("短课按计划时长的比例（%）", 1, 100),
    "low_percent": RuleLimit("不足计入时长多少就不计（%）", 1, 100),
    "adhoc_end_min": RuleLimit("临时课自动结束（分钟）", 1, 240),
    "adhoc_limit_min": RuleLimit("临时课最长（分钟）", 1, 600),
    "adhoc_merge_min": RuleLimit("临时课合并间隔（分钟）", 0, 240),
    "view_percent": RuleLimit("专递、名师：观看比例（%）", 1, 100),
    "view_need_min": RuleLimit("专递、名师：观看时长（分钟）", 1, 240),
    "training_need_min": RuleLimit("研修：两校同时在线（分钟）", 1, 240),
    "training_person_min": RuleLimit("研修：每人在线（分钟）", 1, 240),
}


def check_policy(policy: Policy) -> None:
    """What the types cannot say. Raises LedgerError(policy_invalid)."""
    for name, (words, least, greatest) in RULE_LIMITS.items():
        value = getattr(policy.counting, name)
        if not least <= value <= greatest:
            raise LedgerError("policy_invalid", f"“{words}”应在 {least} 至 {greatest} 之间，现为 {value}")
    required, wanted = policy.coverage_goals
    if required > wanted:
        raise LedgerError("policy_invalid", "覆盖率的要求值不能高于争取值")
    if len(policy.bureau_report_to) > 5:
        raise LedgerError("policy_invalid", "附件2 的报送对象最多五个")
    if not 1 <= len(policy.review_items) <= 12 or len(set(policy.review_items)) < len(policy.review_items):
        raise LedgerError("policy_invalid", "听课评课表的评价项目须为一至十二个，且不重复")
    if len(policy.task) > 50:
        raise LedgerError("policy_invalid", "结对任务数最多填五十个年度")

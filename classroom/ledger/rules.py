"""Every threshold of counting, as data: no public authority fixes them, so each is a setting with our default."""

import msgspec

MINUTE_MS = 60_000


class CountingRules(msgspec.Struct, frozen=True, kw_only=True):
    """计数规则: the settings of presence and counting. Minutes and seconds are whole numbers."""

    flow_gap_s: int = 10
    """媒体中断判定：同一路媒体相邻两次到达间隔不超过此秒数，视为连续。"""
    rungs_without_video: frozenset[str] = frozenset({"still", "slides", "audio"})
    """弱网降级档位：由服务器选定、画面不再连续的档位；处于这些档位仍视为收到画面。"""
    reconnect_grace_s: int = 120
    """断线重连宽限：教室中断不超过此秒数，中断时间仍计入。"""
    zone_before_min: int = 10
    """课前有效区：计划上课时间之前多少分钟内的同堂时间有效。"""
    zone_after_min: int = 15
    """课后有效区：计划下课时间之后多少分钟内的同堂时间有效。"""
    need_min: int = 20
    """计入时长上限：同堂满此分钟数即计入（40、45 分钟的课和临时课都用此值）。"""
    need_percent: int = 50
    """计入时长比例：短课按计划时长的百分比折算（进一取整），与上一项取较小者。"""
    low_percent: int = 50
    """待确认下限：为计入时长的百分之几（舍去小数，至少 1 分钟）；不足此值不计。"""
    count_view_only: bool = False
    """单向观看是否计入：默认不计，因为不是视频直播互动。"""
    count_observers: bool = False
    """听课观摩人员是否计入参与师生数：默认不计；公众观看人数任何时候都不计。"""
    adhoc_end_min: int = 15
    """临时课自动结束：两端没有同堂超过此分钟数，临时课到此为止。"""
    adhoc_limit_min: int = 240
    """临时课最长时间（分钟）。"""
    adhoc_merge_min: int = 15
    """临时课合并：同一主讲教室、听课教室、学科的两次临时课，间隔不超过此分钟数算一次。"""

    view_percent: int = 50
    """专递、名师课堂观看比例：一个班当天看过的不同内容达到资源时长的百分之几，算一次活动。"""
    view_need_min: int = 15
    """专递、名师课堂观看时长：长资源看满此分钟数即可，与上一项取较小者。"""
    training_need_min: int = 20
    """网络研修时长：两校教师同时在线满此分钟数才计入。"""
    training_person_min: int = 10
    """网络研修人数：在线满此分钟数的教师才计入参与人数。"""

    def need_minutes(self, planned_ms: int | None) -> int:
        """Shared minutes that count a period of `planned_ms`; None: an unplanned lesson."""
        if planned_ms is None:
            return self.need_min
        return min(self.need_min, -(-planned_ms * self.need_percent // (100 * MINUTE_MS)))

    def low_minutes(self, need: int) -> int:
        """Shared minutes from which a lesson may be confirmed, given what counts it by itself."""
        return max(1, need * self.low_percent // 100)

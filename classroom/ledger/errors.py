"""What the ledger refuses: a stable code, and a sentence in Chinese that says what is wrong and what to do."""

from typing import Final

TITLES: Final[dict[str, tuple[str, str]]] = {
    "filing_refused": ("报表现在的状态不能做这一步", "The return's state does not allow this"),
    "month_locked": ("本月报表已提交或已锁定，不能再改", "The month is filed: it cannot be changed any more"),
    "month_future": ("这个工作月度还没有开始", "This work month has not begun"),
    "month_unknown": ("没有这个工作月度", "There is no such work month"),
    "window_past": ("已经开始的工作月度不能修改统计区间", "The window of a month that has begun cannot be changed"),
    "window_overlap": ("统计区间有重叠或空档", "The windows overlap, or leave a gap"),
    "due_impossible": ("报送期限不合理", "This due date cannot be"),
    "workday_past": ("过去的日期不能再改是否上班", "A day that has passed cannot be changed"),
    "policy_invalid": ("设置不合理", "This setting cannot be"),
    "cell_unknown": ("报表上没有这一栏", "The form has no such cell"),
    "cell_not_by_hand": ("这一栏不能手工填写", "This cell is not filled in by hand"),
    "cell_out_of_range": ("填写的数不合理", "This value is out of range"),
    "reason_missing": ("请写明理由", "A reason is needed"),
    "signature_missing": (
        "请填写签批领导姓名和签批日期；日期应在统计区间首日与今天之间",
        "The leader's name and the day of the signature are needed: a day since the month began, and not one to come",
    ),
    "sending_impossible": ("报送时间不合理", "This time of sending cannot be"),
    "signed_differs": (
        "签批之后数据又有变化，请撤回签批，核对后重新签批",
        "Figures have changed since the leader signed: take the signature back and sign again",
    ),
    "word_needless": ("这个活动现在不需要、也不能这样处理", "This activity neither needs nor takes this word"),
    "rooms_needed": (
        "同堂时间不足，不能直接确认；如确有开展，请用“更正”写明计入的听课教室和理由",
        "Too short to be confirmed: if it took place, correct it and name the classrooms that took part",
    ),
    "second_person_needed": (
        "手工录入的同步课堂须由录入人以外的另一人确认",
        "A lesson entered by hand must be confirmed by another person than the one who entered it",
    ),
    "evidence_needed": (
        "请上传凭证文件或填写凭证链接",
        "Evidence is needed: a file or a link",
    ),
    "file_unknown": ("凭证文件不存在，请重新上传", "There is no such file: upload it again"),
    "change_missing": ("请写明要更正什么", "Say what is to be corrected"),
    "change_changes_nothing": ("更正后与现在一样，没有变化", "The correction changes nothing"),
    "room_unknown": ("这个活动里没有这间教室", "The activity has no such classroom"),
    "word_decided": ("这条申请已经处理过", "This proposal has been decided"),
    "duplicate": (
        "疑似重复：这对学校当天同一时段已有活动，请确认或更正那一条",
        "Probably a duplicate: the pair has an activity at that time; confirm or correct that one",
    ),
    "entry_invalid": ("录入内容不合理", "This entry cannot be"),
    "carried_on": (
        "本月的冲减余额已计入后面已提交的月份，请先退回那个月",
        "A later filed month has taken this month's carry: give that one back first",
    ),
}
"""code → (Chinese, English)."""


class LedgerError(Exception):
    """A refusal of the ledger. `detail` adds a fact in Chinese to the catalogue's sentence.

    Raises KeyError for a code that the catalogue does not hold.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.title, self.title_en = TITLES[code]

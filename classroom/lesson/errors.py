"""Refusals: a stable code, a Chinese and an English sentence that say what is wrong and what to do."""

from collections.abc import Mapping
from types import MappingProxyType

SENTENCES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "lesson_unknown": ("没有这节课，请核对链接。", "There is no such lesson: check the link."),
        "lesson_exists": ("这节课已经排好，不能重复安排。", "This lesson exists already."),
        "bad_schedule": (
            "排课内容有误，请检查时间和教室。",
            "The lesson cannot be held as planned: check times and rooms.",
        ),
        "same_school": (
            "支援学校和受援学校不能是同一所学校。",
            "The supporting and the receiving school must be two different schools.",
        ),
        "subject_unknown": (
            "没有这个学科，请在表中选择：语、数、英、科、品德、音、体、美、劳技、信息技术、拓展课程、其他。",
            "The forms have no such subject: choose one of 语 数 英 科 品德 音 体 美 劳技 信息技术 拓展课程 其他.",
        ),
        "lesson_not_open": ("课堂尚未打开，请等待主讲教师。", "The lesson is not open yet: wait for the teacher."),
        "lesson_ended": ("这节课已经结束。", "The lesson is over."),
        "lesson_under_way": (
            "已经上课，不能取消或改期；请使用下课。",
            "The lesson is under way: it can be ended, but neither cancelled nor moved.",
        ),
        "seat_unknown": ("本节课没有这个教室。", "This lesson has no such seat."),
        "seat_absent": ("该教室当前未接入。", "This classroom is not connected now."),
        "seat_taken": ("主讲席位正由另一位教师使用。", "Another teacher has this seat now."),
        "forbidden": ("没有进行此操作的权限。", "You may not do this."),
        "class_unknown": ("没有这个班级。", "There is no such class."),
        "classroom_unknown": ("没有这个教室。", "There is no such classroom."),
        "consent_missing": (
            "还有班级未登记录制同意，登记后才能录制。",
            "Not every class has consented to being recorded: note the consents first.",
        ),
        "bad_headcount": (
            "人数超出范围：学生 0–2000，教师 0–50。",
            "The headcount is out of range: 0 to 2000 students, 0 to 50 teachers.",
        ),
        "source_unknown": ("没有这种画面来源。", "There is no such source."),
        "observers_full": (
            "观摩人数已满，请稍后再试。",
            "As many observers as may watch are watching: try again later.",
        ),
        "busy": ("服务器繁忙，请再试一次。", "The server is too busy: try again."),
        "closing": ("服务器正在重启，页面会自动重连。", "The server is restarting: the page will reconnect by itself."),
        "rung_unknown": ("没有这一档画质。", "There is no such rung."),
    }
)


class LessonError(Exception):
    """A refused command; the lesson is as it was. `title` is a Chinese, `detail` an English sentence."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.title, self.detail = SENTENCES[code]
        super().__init__(f"{code}: {self.detail}")

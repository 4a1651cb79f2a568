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
        "class_needed": ("请填写本班名称。", "The class that teaches has no name."),
        "title_needed": ("研修要有主题和时长。", "A meeting needs a title and a length."),
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
        "bad_extension": (
            "每次可延长 1–30 分钟，一共不超过 2 小时；没有计划时间的课不会自动下课。",
            "A planned lesson goes on for 1 to 30 minutes more each time, two hours in all.",
        ),
        "lesson_under_way": (
            "已经上课，不能取消或改期；请使用下课。",
            "The lesson is under way: it can be ended, but neither cancelled nor moved.",
        ),
        "seat_unknown": ("本节课没有这个教室。", "This lesson has no such seat."),
        "seat_absent": ("该教室当前未接入。", "This classroom is not connected now."),
        "nobody_there": ("还没有教室接入。", "No classroom is connected yet."),
        "chat_closed": ("主讲教师已关闭讨论区。", "The teacher has closed the chat."),
        "chat_too_fast": ("发送太快，请稍候。", "Too fast: wait a second."),
        "chat_full": ("本节课的讨论已满。", "The lesson's chat is full."),
        "line_unknown": ("没有这条发言。", "There is no such line."),
        "talk_busy": ("主讲教师正在与另一间教室对讲。", "The teacher is talking to another classroom's co-teacher."),
        "layout_unknown": ("没有这种布局。", "There is no such layout."),
        "bad_rotation": ("轮流间隔应在 1 到 30 分钟之间。", "A turn takes 1 to 30 minutes."),
        "seat_taken": ("主讲席位正由另一位教师使用。", "Another teacher has this seat now."),
        "forbidden": ("没有进行此操作的权限。", "You may not do this."),
        "class_unknown": ("没有这个班级。", "There is no such class."),
        "classroom_unknown": ("没有这个教室。", "There is no such classroom."),
        "consent_missing": (
            "还有班级未登记录制同意，登记后才能录制。",
            "Not every class has consented to being recorded: note the consents first.",
        ),
        "consent_withdrawn": (
            "有班级已撤回录制同意，本节课仅直播、不录制；如需录制，请学校重新登记同意。",
            "A class has withdrawn its consent, so this lesson is live only: its school has to note consent anew.",
        ),
        "bad_headcount": (
            "人数超出范围：学生 0–2000，教师 0–50。",
            "The headcount is out of range: 0 to 2000 students, 0 to 50 teachers.",
        ),
        "quiz_open": ("正在进行另一份测验，请先结束它。", "Another quiz is open: close it first."),
        "quiz_over": (
            "这份测验在本节课已经用过，请复制一份再用。",
            "This lesson has had this quiz: copy it to ask again.",
        ),
        "homework_unknown": ("本节课没有这份作业。", "This lesson has no such homework."),
        "work_unknown": ("没有这张作业照片，可能已被删除。", "There is no such picture of homework."),
        "too_many_homeworks": ("本节课的作业已满 5 份。", "This lesson has all the homework it may have."),
        "too_many_works": (
            "本节课的作业照片已满 400 张。",
            "This lesson has all the pictures it may have.",
        ),
        "quiz_not_open": ("现在没有正在进行的测验。", "No quiz is open now."),
        "bad_quiz": (
            "测验内容有误：1–20 题，选择题 2–6 个选项。",
            "A quiz has 1 to 20 questions, a choice 2 to 6 options.",
        ),
        "too_many_quizzes": ("本节课的测验已满 50 份。", "This lesson has had all the quizzes it may have."),
        "question_unknown": ("这份测验没有这道题。", "The quiz has no such question."),
        "bad_tally": (
            "人数有误：每个选项填 0–2000，选项个数要与题目一致。",
            "A count is 0 to 2000 for each option that the question has.",
        ),
        "no_meeting": ("只有教师网络研修才签到。", "Only in a meeting of teachers does anybody sign in."),
        "too_many_people": ("一间教室最多签到 60 人。", "At most 60 people sign in in one room."),
        "person_elsewhere": (
            "只能签到本校在册的教师，请从名单中选择。",
            "Only the room's own school's people sign in here: choose one of the list.",
        ),
        "source_unknown": ("没有这种画面来源。", "There is no such source."),
        "observers_full": (
            "观摩人数已满，请稍后再试。",
            "As many observers as may watch are watching: try again later.",
        ),
        "busy": ("服务器繁忙，请再试一次。", "The server is too busy: try again."),
        "closing": ("服务器正在重启，页面会自动重连。", "The server is restarting: the page will reconnect by itself."),
        "step_unknown": ("备课里没有这个环节。", "The plan has no such step."),
        "page_unknown": ("本节课没有这一页。", "This lesson has no such page."),
        "page_shown": (
            "正在展示这份课件，请先收起再移除。",
            "A page of this courseware is being shown: put it away first.",
        ),
        "pages_full": ("一节课最多 500 页，不能再添加。", "A lesson has 500 pages at most: no more can be added."),
        "bad_stroke": ("这一笔无法识别。", "This is no stroke on a page."),
        "strokes_full": (
            "本节课的书写已满 2000 笔，不能再写；翻页和激光笔照常可用。",
            "All 2000 strokes of this lesson are drawn; turning pages and pointing go on.",
        ),
        "rung_unknown": ("没有这一档画质。", "There is no such rung."),
    }
)


class LessonError(Exception):
    """A refused command; the lesson is as it was. `title` is a Chinese, `detail` an English sentence."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.title, self.detail = SENTENCES[code]
        super().__init__(f"{code}: {self.detail}")

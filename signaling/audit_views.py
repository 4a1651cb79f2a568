"""The audit log (审计日志) as people read it: who, what and whose in words, names as of today."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Annotated, Any, Final

import msgspec

from classroom.ledger.months import SHANGHAI
from classroom.registry.book import Book
from classroom.store.activities import ActivityRow
from classroom.store.lessons import ListedLesson
from classroom.store.store import Store
from signaling.actors import actor_names

MAX_DATE: Final = date(9998, 12, 31)
_DAY: Final = timedelta(days=1)
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+\Z")]


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """`action` may be the beginning of one (`account.`); `first` and `last` are local dates, both included."""

    actor_kind: Code | None = None
    actor: Code | None = None
    action: Code | None = None
    subject: Code | None = None
    first: date | None = None
    last: date | None = None


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the log, its instant at +08:00. Names and texts are null where nothing is known of them.

    `detail` is what changed, as it was noted; null when it was deleted lawfully.
    """

    seq: int
    at: datetime
    actor_kind: str
    actor: str
    actor_name: str
    action: str
    action_text: str | None
    subject: str
    subject_name: str | None
    detail: Any


class AuditAction(msgspec.Struct, frozen=True):
    """What the log may say of a row, and its Chinese words."""

    action: str
    text: str


async def audit_lines(
    store: Store, wanted: AuditFilter, *, before: int | None = None, limit: int = 50
) -> list[AuditLine]:
    """The latest rows first, from below the number `before`."""
    entries = await store.audit.entries(
        before=before,
        limit=limit,
        actor_kind=wanted.actor_kind,
        actor=wanted.actor,
        action=wanted.action,
        subject=wanted.subject,
        since=None if wanted.first is None else datetime.combine(wanted.first, time(), SHANGHAI),
        until=None if wanted.last is None else datetime.combine(min(wanted.last, MAX_DATE) + _DAY, time(), SHANGHAI),
    )
    actors = await actor_names(store, {(entry.actor_kind, entry.actor) for entry in entries})
    subjects = await _subject_names(store, {entry.subject for entry in entries})
    return [
        AuditLine(
            seq=entry.seq,
            at=entry.at.astimezone(SHANGHAI),
            actor_kind=entry.actor_kind,
            actor=entry.actor,
            actor_name=actors[entry.actor_kind, entry.actor],
            action=entry.action,
            action_text=ACTIONS.get(entry.action),
            subject=entry.subject,
            subject_name=subjects.get(entry.subject),
            detail=entry.detail,
        )
        for entry in entries
    ]


async def _subject_names(store: Store, subjects: Iterable[str]) -> dict[str, str]:
    """Subject (`school:abc`) → its name, for those that have one."""
    parted = [(subject, *subject.partition(":")[::2]) for subject in subjects]
    book = await store.registry.book()
    accounts = await store.accounts.names({id for _, kind, id in parted if kind == "account"})
    found = {subject: _name(book, accounts, kind, id) for subject, kind, id in parted}

    def ids(wanted: str) -> list[str]:
        return [id for _, kind, id in parted if kind == wanted]

    found |= {f"lesson:{one.id}": _lesson(one) for one in await store.lessons.many(ids("lesson"))}
    found |= {f"activity:{one.id}": _activity(book, one) for one in await store.activities.many(ids("activity"))}
    found |= {f"file:{one.id}": one.name for one in await store.files.many(ids("file"))}
    return {subject: name for subject, name in found.items() if name is not None}


def _lesson(one: ListedLesson) -> str:
    """11月20日 09:00 实验小学 → 檀溪中小 语."""
    host, rural = ([seat.school for seat in one.seats if seat.role == role] for role in ("host", "rural"))
    return f"{_when(one.start_at)} {'、'.join(host)} → {'、'.join(rural)} {one.subject}"


def _activity(book: Book, one: ActivityRow) -> str:
    """11月20日 09:00 城乡同步课堂 实验小学 → 檀溪中小."""
    return f"{_when(one.begins_at)} {one.kind.words} {_name(book, {}, 'pair', one.pair) or ''}".rstrip()


def _when(at: datetime) -> str:
    local = at.astimezone(SHANGHAI)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def _name(book: Book, accounts: Mapping[str, str], kind: str, id: str) -> str | None:
    match kind:
        case "account":
            return accounts.get(id)
        case "school":
            return _school(book, id)
        case "classroom" if id in book.classrooms:
            room = book.classrooms[id]
            return f"{_school(book, room.school)} {room.name}"
        case "class" if id in book.classes:
            one = book.classes[id]
            return f"{_school(book, one.school)} {one.name}"
        case "pair" if id in book.pairs:
            pair = book.pairs[id]
            return f"{_school(book, pair.supporter)} → {_school(book, pair.recipient) or '待定'}"
        case "return":
            month, _, of = id.partition("/")
            pair_name = _name(book, accounts, "pair", of)
            return f"{month} 附件3 {pair_name}" if pair_name else f"{month} 附件2"
    return None


def _school(book: Book, id: str | None) -> str | None:
    school = book.schools.get(id or "")
    return school.name if school else None


ACTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "account.created": "新建账号",
        "account.changed": "修改账号",
        "account.disabled": "停用账号",
        "account.enabled": "启用账号",
        "account.password_changed": "修改自己的密码",
        "account.password_reset": "重置密码",
        "session.begun": "登录",
        "session.ended": "退出登录",
        "sign_in.slowed": "密码多次错误，限制登录",
        "link.minted": "生成链接",
        "link.revoked": "收回链接",
        "lesson.created": "排课",
        "lesson.ended": "下课",
        "lesson.cancelled": "取消课",
        "lesson.viewed": "观看课堂",
        "recording.played": "播放录像",
        "homework.given": "布置作业",
        "work.handed_in": "上交作业照片",
        "work.viewed": "查看作业照片",
        "works.listed": "查看作业列表",
        "work.marked": "批改作业",
        "work.taken_back": "删除作业照片",
        "works.erased": "按期限清除作业照片",
        "quiz.added": "新建测验",
        "quiz.changed": "修改测验",
        "quiz.removed": "删除测验",
        "quiz.said": "填写测验文字答案",
        "comment.added": "发表评课意见",
        "review.saved": "保存评课表草稿",
        "review.submitted": "提交评课表",
        "review.taken_back": "撤回评课表",
        "review.removed": "删除评课表",
        "review.printed": "导出评课表",
        "plan.edited": "修改备课环节",
        "courseware.added": "上传课件",
        "courseware.removed": "删除课件",
        "comment.removed": "删除评课意见",
        "lesson.moved": "调课",
        "lesson.teacher_replaced": "代课",
        "recording.warned": "公告录像将到期删除",
        "recording.extension_asked": "申请延长录像保存期",
        "recording.extended": "同意延长录像保存期",
        "recording.extension_refused": "不同意延长录像保存期",
        "recording.held": "对录像设法律保留",
        "recording.released": "解除录像的法律保留",
        "recording.sealed": "班级撤回同意，封存录像",
        "recording.unsealed": "重新登记同意，解除封存",
        "recording.erasing": "开始删除录像",
        "recording.erased": "录像已删除",
        "lesson.words_erased": "课堂中的文字已删除",
        "recording.damaged": "录像文件损坏或丢失",
        "recording.mended": "录像文件恢复完好",
        "publication.asked": "申请发布录像",
        "publication.seconded": "一方同意发布录像",
        "publication.approved": "批准发布录像",
        "publication.refused": "不同意发布录像",
        "publication.withdrawn": "撤回发布录像",
        "recording.exported": "导出录像",
        "recording.export_dropped": "取消或删除导出的录像",
        "recording.downloaded": "下载录像",
        "consent.noted": "登记家长同意",
        "consent.withdrawn": "撤回家长同意",
        "activity.entered": "手工录入活动",
        "activity.confirmed": "确认活动",
        "activity.rejected": "不予计入活动",
        "activity.corrected": "更正活动",
        "activity.word_proposed": "提出对活动的意见",
        "activity.word_approved": "同意对活动的意见",
        "activity.word_refused": "不同意对活动的意见",
        "activity.adjusted": "补计或冲减",
        "activity.replaced": "日志取代手工录入",
        "activity.changed": "活动有变化",
        "return.edited": "修改报表数据",
        "return.submitted": "提交报表",
        "return.given_back": "退回报表",
        "return.received": "收下报表",
        "return.signed": "领导签批",
        "return.unsigned": "撤回签批",
        "return.sent": "报送",
        "return.revised": "更正已报送的报表",
        "returns.imported": "导入以往月份的报表",
        "policy.changed": "修改设置",
        "calendar.days": "修改节假日表",
        "calendar.windows": "修改统计区间或报送期限",
        "school.added": "新增学校",
        "school.renamed": "修改学校名称",
        "classroom.added": "新增教室",
        "class.added": "新增班级",
        "class.sized": "修改班级人数",
        "pair.added": "新增结对",
        "pair.activated": "启用结对",
        "pair.status_set": "修改结对状态",
        "person.added": "新增人员",
        "person.left": "人员离任",
        "fact.recorded": "登记或修改名册信息",
        "registry.imported": "导入名册",
        "check.kept": "课前检测",
        "standard.changed": "修改装备标准",
        "material.added": "上传过程资料",
        "material.removed": "删除过程资料",
        "publicity.added": "登记宣传报道",
        "publicity.removed": "删除宣传报道",
        "file.added": "上传文件",
        "file.read": "查看文件",
        "upload.begun": "开始上传大文件",
        "recording.healed": "由教室或教师端补全录像",
        "resource.added": "资源库添加视频",
        "resource.changed": "修改资源库视频",
        "resource.removed": "删除资源库视频",
        "resource.played": "查看资源库视频",
        "resource.shown": "班级播放视频",
        "timetable.entered": "录入课表",
        "timetable.ended": "停用课表中的一行",
        "course.made": "新建课程",
        "course.changed": "修改课程",
        "course.removed": "删除课程",
        "course.assigned": "安排课程播放",
        "course.unassigned": "取消课程播放安排",
        "upload.dropped": "取消上传或上传过期",
        "program.made": "生成程序接口凭证",
        "program.revoked": "收回程序接口凭证",
        "webhook.made": "新增事件推送",
        "webhook.dropped": "删除事件推送",
        "webhook.paused": "暂停事件推送",
        "webhook.resumed": "恢复事件推送",
    }
)
"""Action → its Chinese words."""

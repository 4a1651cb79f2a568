"""Problems: every refusal has a stable code and a sentence in Chinese and in English (RFC 9457)."""

from collections.abc import Mapping
from typing import Any, Final, Self

import msgspec
from aiohttp import web

from classroom.keeping.errors import KeepingError
from classroom.ledger.errors import LedgerError
from classroom.lesson.errors import LessonError
from classroom.paper.errors import PaperError
from classroom.registry.accounts import AccountError
from classroom.registry.errors import RegistryError
from signaling.malformed import chinese

# code → (HTTP status, Chinese, English). The sentence says what is wrong and what to do.
PROBLEMS: Final[dict[str, tuple[int, str, str]]] = {
    "bad_request": (400, "请求格式不正确", "The request is malformed"),
    "bad_text": (
        400,
        "文字里有看不见的控制字符，请删去后重新输入",
        "A text holds control characters; take them out",
    ),
    "bad_number": (400, "数字太大，请核对", "A number is beyond all measure"),
    "bad_day": (400, "日期的年份不合理，请核对", "A year lies before 1900 or after 2199"),
    "bad_sdp": (400, "音视频协商内容无法识别", "The offer is not an SDP this server can read"),
    "bad_code": (
        404,
        "课堂码不对，或课堂还没有开始，请向授课教师核对",
        "No open lesson has this code; ask the teacher",
    ),
    "token_missing": (401, "缺少链接凭证，请使用学校发放的完整链接打开", "A token is needed: open the whole link"),
    "token_invalid": (401, "链接无效，请向学校管理员索取新链接", "This link is not valid; ask for a new one"),
    "token_expired": (401, "链接已过期，请向学校管理员索取新链接", "This link has expired; ask for a new one"),
    "forbidden": (403, "您没有这项权限", "You may not do that"),
    "session_ended": (401, "登录已过期，请重新登录", "The session has ended: sign in again"),
    "sign_in_failed": (
        401,
        "登录名或密码不对；多次忘记请联系管理员重置密码",
        "Login or password is wrong; the administrator can reset a forgotten password",
    ),
    "sign_in_slowed": (429, "密码错误次数太多，请稍后再试", "Too many wrong passwords: wait"),
    "password_must_change": (
        403,
        "首次登录请先修改密码",
        "This password was set by somebody else: change it first",
    ),
    "cross_site": (
        403,
        "请求不是从本系统的页面发出的，已拒绝；请从本系统的网址打开",
        "The request did not come from a page of this server",
    ),
    "bad_setup_code": (
        403,
        "设置码不对或已失效，请使用服务器启动时显示的设置网址",
        "The set-up code is wrong or spent: use the address that the server prints when it starts",
    ),
    "busy": (503, "服务器正忙，请过几秒再试", "The server is busy: try again in a few seconds"),
    "not_found": (404, "没有找到", "Not found"),
    "lesson_unknown": (404, "没有这节课", "There is no such lesson"),
    "no_common_codec": (
        406,
        "这台电脑的浏览器不支持本课堂的视频格式，请换用 Chrome、Edge 或 360 浏览器",
        "The publisher and this receiver have no codec in common",
    ),
    "stream_absent": (404, "对方还没有打开这路画面", "Nobody is sending this stream yet"),
    "too_many_sessions": (503, "连接数已达上限，请稍后再试", "The server has all the connections it may have"),
    "too_many_checks": (
        503,
        "正在检测的教室太多，请稍候片刻再试",
        "Too many checks are under way; try again in some seconds",
    ),
    "check_over": (410, "这次检测已经结束，请重新开始", "This check is over: begin again"),
    "too_many_tries": (429, "尝试次数太多，请一分钟后再试", "Too many tries; wait a minute"),
    "bad_address": (400, "地址无法使用，请填写完整的 http:// 或 https:// 地址，不含密码", "Not an address to send to"),
    "too_many_people": (
        429,
        "这次研修新增的人已经太多，请由学校在人员登记中添加",
        "This meeting has added too many people: let the school add them to its list",
    ),
    "too_many_webhooks": (409, "推送地址已达上限，请先删除不用的", "There are all the webhooks that there may be"),
    "too_slow": (408, "内容传输太慢，请检查网络后重试", "The body took too long; check the line and try again"),
    "too_large": (413, "内容太大", "The body is too large"),
    "unsupported_media_type": (415, "内容类型不对，应为 application/sdp", "The body must be application/sdp"),
    "trickle_unsupported": (
        501,
        "不支持增量候选；请重新发起连接",
        "No trickle ICE and no restart: POST a new offer instead",
    ),
    "file_kind_unknown": (
        400,
        "不支持这种文件，请上传 pdf、jpg、png、docx 或 xlsx（不带宏）",
        "Only pdf, jpg, png, docx and xlsx without macros are kept",
    ),
    "file_damaged": (400, "文件已损坏或没有传完，请重新上传", "The file is damaged or incomplete"),
    "file_empty": (400, "文件是空的", "The file is empty"),
    "file_lost": (410, "文件内容不在服务器上，请联系管理员从备份恢复", "The file's content is gone: restore a backup"),
    "disk_full": (507, "服务器磁盘空间不足，文件没有保存，请联系管理员", "The server's disk is full"),
    "upload_unknown": (
        404,
        "没有这个上传任务，可能已经过期，请重新上传",
        "No such upload; it may have expired",
    ),
    "upload_busy": (409, "这个文件正在另一个窗口上传", "Another part of this file is just being sent"),
    "upload_whole": (409, "这个文件已经传完", "This file has been sent already"),
    "upload_offset": (
        409,
        "上传位置不对，请从服务器已收到的位置继续",
        "Not where the last part ended",
    ),
    "upload_incomplete": (409, "文件还没有传完，请继续上传", "The file has not been sent as a whole"),
    "upload_damaged": (400, "文件在传输中损坏，请重新上传", "The file did not come as it was: send it again"),
    "resource_unknown": (404, "资源库里没有这个视频", "There is no such video"),
    "resource_not_ready": (409, "视频还在处理，请稍后再看", "The video is not ready yet"),
    "resource_in_use": (
        409,
        "有课程用到这个视频，请先从课程里移除",
        "Courses use this video: take it out of them first",
    ),
    "resource_school_needed": (400, "请选择视频属于哪所学校", "Say whose school's video it is"),
    "resource_origin": (403, "省名师资源由教育局添加", "Only the bureau adds the province's resources"),
    "not_published": (
        403,
        "这节课的录像还没有批准发布；请先在录像管理里申请发布",
        "The recording of this lesson is not approved for publication",
    ),
    "captions_unreadable": (400, "字幕文件不是 WebVTT 格式（.vtt，UTF-8）", "The subtitles are no WebVTT in UTF-8"),
    "film_not_video": (
        400,
        "不是能识别的视频文件；支持 MP4、MOV、MKV、WebM、AVI、WMV、FLV、MPEG、TS",
        "Not a video that can be read",
    ),
    "film_no_picture": (400, "文件里只有声音，没有画面", "There is sound but no picture in the file"),
    "film_too_long": (400, "视频超过 4 小时，请分段上传", "Longer than four hours: upload it in pieces"),
    "film_too_many_pixels": (400, "视频分辨率过高，请转换为 4K 以下再上传", "The picture is larger than 4K"),
    "film_damaged": (400, "视频文件损坏或不完整，请重新导出后再上传", "The video is damaged or incomplete"),
    "film_disk_full": (
        507,
        "服务器磁盘空间不足，视频没有处理；请联系管理员清理磁盘后重试",
        "The server's disk is full: have room made, then try again",
    ),
    "film_failed": (
        500,
        "视频处理没有成功，请重试；仍不成功请联系管理员",
        "The video could not be made: try again, and tell the administrator if it fails again",
    ),
    "film_lost": (410, "视频文件不在服务器上，请重新上传", "The video's file is gone: upload it again"),
    "film_export_dropped": (409, "录像导出已取消，请重新添加", "The export of the recording was cancelled"),
    "course_unknown": (404, "没有这门课程", "There is no such course"),
    "course_changed": (409, "这门课程刚被别人改过，请刷新后再改", "Somebody has just changed the course: read it anew"),
    "showing_unknown": (404, "没有这个播放安排", "There is no such showing"),
    "showing_invalid": (
        400,
        "播放安排的日期不对：结束日期早于开始日期，或超过一年",
        "The dates of the showing are wrong",
    ),
    "showing_class": (
        400,
        "班级和教室应属于同一所乡村学校，并与课程的学校结对",
        "Not a class and room of a paired school",
    ),
    "lesson_conflict": (409, "与已有安排冲突", "It is in the way of something planned"),
    "timetable_conflict": (409, "与已有安排冲突", "It is in the way of something planned"),
    "timetable_dates": (
        400,
        "起止日期有误：请填写截止日期，且不早于今天、不超过一年",
        "The days are wrong: say until when, not before today and within a year",
    ),
    "timetable_full": (409, "本校课表已满 200 行，请先停用不再上的课", "The school's timetable has 200 rows: end some"),
    "timetable_unknown": (404, "课表里没有这一行，可能已被停用", "The timetable has no such row"),
    "plan_changed": (
        409,
        "对方刚刚改过备课，请看过对方的版本再保存",
        "Somebody else has changed the plan meanwhile: look at theirs first",
    ),
    "showing_conflict": (409, "与已有安排冲突", "It is in the way of something planned"),
    "play_over": (409, "这次播放已经结束，请重新打开", "This play is over: open it anew"),
    "too_many_uploads": (
        409,
        "未完成的上传太多，请先完成或取消其中一些",
        "Too many files are on their way: finish or cancel some",
    ),
    "lesson_not_over": (409, "这节课还没有结束，下课后再导出", "The lesson is not over: export it afterwards"),
    "too_many_exports": (
        503,
        "等待导出的录像太多，请稍后再试",
        "Too many exports are waiting: try again later",
    ),
    "export_not_ready": (409, "录像还没有导出完，请等待完成后再下载", "The export is not ready yet"),
    "export_nothing_recorded": (409, "这节课没有可以导出的录像", "Nothing of this lesson was recorded"),
    "export_disk_full": (
        507,
        "服务器磁盘空间不足，录像没有导出；请联系管理员清理磁盘后重试",
        "The server's disk is full: have room made, then try again",
    ),
    "export_failed": (
        500,
        "导出没有成功，请重试；仍不成功请联系管理员",
        "The export failed: try again, and tell the administrator if it fails again",
    ),
    "ticket_spent": (410, "下载地址已过期，请回到页面重新点“下载”", "This address has expired: press download again"),
    "recording_under_way": (409, "这节课还没有结束，下课后就能看录像", "The lesson is not over yet"),
    "recording_finishing": (409, "录像正在收尾，请稍候几秒", "The recording is being finished: a few seconds"),
    "healing_over": (
        410,
        "这节课的录像不再接受补传",
        "Nothing is taken for the recording of this lesson any more",
    ),
    "nothing_missing": (409, "这段录像已经完整，无需补传", "Nothing is missing of this recording"),
    "courseware_kind_unknown": (
        400,
        "不支持这种文件，请上传 PDF 或图片（jpg、png、webp）；PPT 请先另存为 PDF",
        "Only PDF and pictures (jpg, png, webp) are shown: save slides as PDF first",
    ),
    "courseware_bad_pdf": (
        400,
        "这个 PDF 打不开，请重新导出后再上传",
        "This PDF cannot be opened: export it anew",
    ),
    "courseware_pdf_locked": (
        400,
        "这个 PDF 设了密码，请去掉密码后再上传",
        "This PDF is locked by a password: take it off first",
    ),
    "courseware_no_pages": (400, "这个 PDF 里没有页面", "This PDF has no pages"),
    "courseware_too_many_pages": (
        400,
        "页数太多，一份课件最多 200 页，请分成几份",
        "A courseware has 200 pages at most: divide it",
    ),
    "courseware_bad_picture": (
        400,
        "这张图片打不开或太大，请换一张",
        "This picture cannot be opened or is too large",
    ),
    "courseware_disk_full": (
        507,
        "服务器磁盘空间不足，课件没有保存，请联系管理员",
        "The server's disk is full",
    ),
    "courseware_failed": (
        500,
        "课件没有处理成功，请重新上传",
        "The courseware could not be made into pages: upload it again",
    ),
    "courseware_not_ready": (409, "课件还没有处理完，请稍候", "The courseware is not ready yet"),
    "too_much_courseware": (
        409,
        "学校的课件已满 500 份，请先删除不用的",
        "The school has 500 coursewares: delete some first",
    ),
    "not_recorded": (404, "这节课没有录像", "Nothing of this lesson was recorded"),
    "playback_ended": (401, "播放已过期，请刷新页面后继续观看", "This playback has ended: open the page again"),
    "too_many_comments": (409, "这节课的评课意见已满，不能再添加", "This lesson has all the comments it may have"),
    "too_many_own_comments": (
        409,
        "您对这节课的评课意见已满 200 条，请先删除不需要的意见",
        "You have all the comments that one person may have on a lesson: delete some first",
    ),
    "review_empty": (400, "评课表还是空的，请先写观察、评价或建议", "Nothing is said on the form yet"),
    "meeting_unknown": (400, "没有这次教学诊断，请重新选择", "There is no such meeting to choose"),
    "too_many_reviews": (409, "这节课的评课表已满 200 份", "This lesson has all the reviews it may have"),
    "homework_over": (409, "这份作业已过上交期限", "This homework can no longer be handed in"),
    "bad_due": (400, "上交期限应在现在之后、60 天之内", "It can be due within sixty days from now"),
    "bad_picture": (400, "这不是能打开的照片，请用 JPG 或 PNG 重新拍摄上传", "Not a JPEG or PNG that can be opened"),
    "too_much_ink": (413, "批注笔画太多，请清除一些后再保存", "There are too many strokes: clear some"),
    "quiz_unknown": (404, "没有这份测验，可能已被删除", "There is no such quiz"),
    "quiz_used": (
        409,
        "这份测验已经在课上用过，不能再改；请复制一份",
        "A lesson has had this quiz: copy it to change it",
    ),
    "quizzes_full": (
        409,
        "题库已满 500 份，请先删除不用的测验",
        "The school's list has 500 quizzes: remove some first",
    ),
    "import_too_long": (
        413,
        "名单太长，一次最多导入 5000 行，请分成几个文件",
        "A list has at most 5000 lines: divide it",
    ),
    "method_not_allowed": (405, "不支持这种操作", "This method is not allowed here"),
    "name_shared": (
        409,
        "本校有几位同名教师，请从名单中选择",
        "Several people of the school bear this name: choose one of the list",
    ),
    "stale": (
        409,
        "您打开之后，别人已经修改；请看过对方的修改再决定",
        "Somebody else has changed this since you opened it: look at their change first",
    ),
    "internal": (500, "服务器内部错误，已记录", "The server failed; it has been logged"),
}


# HTTP status of a lesson's own refusals (they bring their sentences along); 409 for all others.
LESSON_STATUS: Final = {
    "lesson_unknown": 404,
    "seat_unknown": 404,
    "page_unknown": 404,
    "bad_stroke": 400,
    "forbidden": 403,
    "bad_schedule": 400,
    "same_school": 400,
    "subject_unknown": 400,
    "bad_quiz": 400,
    "bad_tally": 400,
    "question_unknown": 404,
    "homework_unknown": 404,
    "work_unknown": 404,
    "class_needed": 400,
    "title_needed": 400,
    "person_elsewhere": 400,
    "closing": 503,
}


# HTTP status of the ledger's own refusals; 409 for all others.
LEDGER_STATUS: Final = {
    "month_unknown": 404,
    "cell_unknown": 400,
    "cell_not_by_hand": 400,
    "cell_out_of_range": 400,
    "reason_missing": 400,
    "signature_missing": 400,
    "sending_impossible": 400,
    "policy_invalid": 400,
    "due_impossible": 400,
    "change_missing": 400,
    "file_unknown": 400,
    "evidence_needed": 400,
    "room_unknown": 400,
    "entry_invalid": 400,
}


# The same of refusals that concern accounts; 409 for all others.
ACCOUNT_STATUS: Final = {
    "login_malformed": 400,
    "password_short": 400,
    "password_long": 400,
    "password_common": 400,
    "password_like_login": 400,
    "password_same": 400,
    "password_wrong": 400,
    "school_needed": 400,
    "school_unneeded": 400,
    "school_unknown": 400,
    "account_unknown": 404,
    "not_yours_to_keep": 403,
    "yourself": 403,
}


# The same of what is kept of recordings.
KEEPING_STATUS: Final = {
    "publication_unknown": 404,
    "recording_erased": 410,
    "recording_sealed": 403,
    "bad_until": 400,
}


# The same of the registry's refusals; 409 for all others.
REGISTRY_STATUS: Final = {
    "field_unknown": 400,
    "bad_value": 400,
    "bad_day": 400,
    "bad_order": 400,
    "too_early": 400,
    "terms_overlap": 400,
    "same_school": 400,
    "school_unknown": 404,
    "pair_unknown": 404,
    "class_unknown": 404,
    "classroom_unknown": 404,
    "file_unknown": 400,
    "standard_unknown": 404,
    "item_unknown": 400,
    "items_failed": 400,
    "bad_standard": 400,
    "material_unknown": 404,
    "not_paired": 400,
    "publicity_unknown": 404,
    "day_ahead": 400,
    "person_unknown": 404,
    "bad_size": 400,
    "headings_missing": 400,
    "heading_twice": 400,
}


class Problem(Exception):
    """A refusal that reaches the client as problem+json; `detail` adds a fact to the catalogue's sentence.

    `more` are members of the answer beside the usual ones, for the program that draws it (stale: `by_name`, `at`).
    Of them `retry_after_s` becomes a header too.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        entry: tuple[int, str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """`entry` (status, Chinese, English) stands in for the catalogue's. Raises KeyError for an unknown code."""
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.more = dict(more or {})
        self.status, self.zh, self.en = entry or PROBLEMS[code]

    @classmethod
    def of_malformed(cls, error: msgspec.DecodeError | UnicodeDecodeError) -> Self:
        """The problem with a request that is none, or not of its shape."""
        status, zh, en = PROBLEMS["bad_request"]
        said = chinese(error)
        return cls("bad_request", str(error), entry=(status, f"{zh}：{said}" if said else zh, en))

    @classmethod
    def of_lesson(cls, error: LessonError) -> Self:
        """The problem in a lesson's refusal."""
        status = LESSON_STATUS.get(error.code, 409)
        return cls(error.code, entry=(status, error.title, error.detail))

    @classmethod
    def of_keeping(
        cls, error: KeepingError, *, words: str | None = None, more: Mapping[str, Any] | None = None
    ) -> Self:
        """The problem in a refusal that concerns what is kept of recordings; `words` say it in more detail."""
        status = KEEPING_STATUS.get(error.code, 409)
        return cls(error.code, entry=(status, words or error.title, error.detail), more=more)

    @classmethod
    def of_registry(cls, error: RegistryError) -> Self:
        """The problem in a refusal of the registry; what is wrong with a value's shape follows the Chinese sentence."""
        status, cause = REGISTRY_STATUS.get(error.code, 409), error.__cause__
        said = chinese(cause) if isinstance(cause, msgspec.ValidationError) else ""
        title = f"{error.title.removesuffix('。')}：{said}。" if said else error.title
        return cls(error.code, entry=(status, title, error.detail), more=error.more)

    @classmethod
    def of_paper(cls, error: PaperError) -> Self:
        """The problem with a file that cannot be read; what it adds in Chinese follows the Chinese sentence."""
        said = f"{error.title}：{error.detail}" if error.detail else error.title
        status = 413 if error.code == "file_too_large" else 400
        return cls(error.code, entry=(status, said, error.title_en))

    @classmethod
    def of_ledger(cls, error: LedgerError) -> Self:
        """The problem in a refusal of the ledger; what it adds in Chinese follows the Chinese sentence."""
        said = f"{error.title}：{error.detail}" if error.detail else error.title
        return cls(error.code, entry=(LEDGER_STATUS.get(error.code, 409), said, error.title_en))

    @classmethod
    def of_account(cls, error: AccountError) -> Self:
        """The problem in a refusal that concerns accounts."""
        status = ACCOUNT_STATUS.get(error.code, 409)
        return cls(error.code, entry=(status, error.title, error.detail), more=error.more)

    def response(self) -> web.Response:
        """The `application/problem+json` answer."""
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}
        if "retry_after_s" in self.more:
            headers["Retry-After"] = str(self.more["retry_after_s"])
        body = {
            **self.more,
            "type": f"urn:classroom:problem:{self.code}",
            "title": self.zh,
            "title_en": self.en,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        return web.Response(
            status=self.status,
            body=msgspec.json.encode(body),
            content_type="application/problem+json",
            headers=headers,
        )

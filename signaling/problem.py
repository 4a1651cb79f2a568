"""Problems: every refusal has a stable code and a sentence in Chinese and in English (RFC 9457)."""

from collections.abc import Mapping
from typing import Any, Final, Self

import msgspec
from aiohttp import web

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
    "too_many_tries": (429, "尝试次数太多，请一分钟后再试", "Too many tries; wait a minute"),
    "bad_address": (400, "地址无法使用，请填写完整的 http:// 或 https:// 地址，不含密码", "Not an address to send to"),
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
    "import_too_long": (
        413,
        "名单太长，一次最多导入 5000 行，请分成几个文件",
        "A list has at most 5000 lines: divide it",
    ),
    "method_not_allowed": (405, "不支持这种操作", "This method is not allowed here"),
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
    "forbidden": 403,
    "bad_schedule": 400,
    "same_school": 400,
    "subject_unknown": 400,
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

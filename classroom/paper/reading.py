"""A filled 附件3 (xlsx or docx; ours, or the official form filled in an office program) read back into its cells.

Found by its labels, not by places: other counties' copies have other columns. 远程传递课堂, the official form's slip
of the pen, is taken for 远程专递课堂.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final
from unicodedata import normalize

from classroom.ledger.cells import CELL_WORDS, FLOWS, PUBLICITY, SCHOOL_FORM, SIDES, TEXTS, Value
from classroom.ledger.kinds import ON_PAPER, Kind
from classroom.ledger.school_return import HINT
from classroom.ledger.snapshot import MAX_LINE_CHARS, MAX_NUMBER, MAX_TEXT_CHARS, STAGES
from classroom.ledger.subjects import SUBJECTS
from classroom.paper.annex3 import SCHOOL_COLUMNS
from classroom.paper.errors import PaperError
from classroom.paper.squares import Row, Square, rows_of

_HEAD: Final = {"城镇学校": "supporter", "乡村学校": "recipient", "填报人": "filler", "工作月度": "month"}
_LABELS: Final[Mapping[str, str]] = {
    "学段": "stage",
    "是否已签订结对协议": "agreement_signed",
    "是否签订结对协议": "agreement_signed",
    "城区学校联系人": "supporter.contact",
    "城镇学校联系人": "supporter.contact",
    "乡村学校联系人": "recipient.contact",
    "校级": "publicity.school",
    "县区级": "publicity.county",
    "县级": "publicity.county",
    "县(区)级": "publicity.county",
    "地市级": "publicity.city",
    "市级": "publicity.city",
    "省及以上": "publicity.province",
    "省级及以上": "publicity.province",
    "亮点做法": "highlights",
    "下月工作计划": "next_plan",
    "其他": "other",
}
"""Labels whose value stands beside them."""
_PHONE: Final = "联系电话"
_SIDES: Final = {"城区学校": "supporter", "城镇学校": "supporter", "乡村学校": "recipient"}
_COLUMNS: Final = {label: what for what, label in SCHOOL_COLUMNS.items()}
_KINDS: Final = {**{kind.words: kind for kind in ON_PAPER}, "远程传递课堂": Kind.DELIVERY}
_COUNT, _PEOPLE, _SUBJECTS = "活动次数", "参与师生数", "涉及学科"
_OTHER_LABELS: Final = frozenset(
    {_PHONE, *_COLUMNS, *_KINDS, _COUNT, _PEOPLE, _SUBJECTS, "结对过程数据", "宣传报道篇次"}
)

_BOXES: Final = "□☐▢"
_TICKS: Final = "☑☒■√✓✔▣◼"
_TICKED: Final = re.compile(rf"[{_BOXES}]?[{_TICKS}]\s*({'|'.join(sorted(SUBJECTS, key=len, reverse=True))})")
_MONTH: Final = re.compile(r"(20\d\d)\s*[年./-]\s*(\d{1,2})")
_COUNTED: Final = re.compile(r"(\d{1,7})\s*(?:节|次|人次|人|篇|份|个|件|条)?")
_NOTHING: Final = frozenset({"", "/", "-", "—", "无"})


def read_annex3(data: bytes, name: str) -> dict[str, Value]:
    """Every cell of SCHOOL_FORM: counts as int, 是/否 as bool, the ticked subjects, texts; None where nothing stands.

    `month` as 2019-05. `name` is the file's. Raises PaperError: not_the_form, form_unreadable (which cell, and what
    stands in it), and those of files that are torn, huge or of another kind.
    """
    rows = rows_of(data, name)
    plain = [[_plain(square.text) for square in row] for row in rows]
    if any("结对任务数" in row for row in plain):
        raise PaperError("not_the_form", "这是附件2（教育局汇总表）")
    process = _row_with(plain, {_COUNT, _PEOPLE})
    schools = _row_with(plain, set(_COLUMNS))
    first = _row_with(plain, {"学段"})
    if process is None or schools is None or first is None:
        raise PaperError("not_the_form")
    texts = {
        **_head_texts(rows[:first]),
        **_labelled(rows, plain),
        **_school_texts(rows, plain, schools),
        **_process_texts(rows, plain, process),
    }
    return {cell: _value(cell, texts.get(cell, "")) for cell in SCHOOL_FORM}


def _plain(text: str) -> str:
    """A label without the blanks and line ends that typists put into it."""
    return re.sub(r"\s", "", normalize("NFKC", text))


def _row_with(plain: Sequence[Sequence[str]], labels: set[str]) -> int | None:
    return next((number for number, row in enumerate(plain) if labels <= set(row)), None)


def _head_texts(rows: Sequence[Row]) -> dict[str, str]:
    """城镇学校：… above the table, each on its line or all on one."""
    text = "\n".join(" ".join(square.text for square in row) for row in rows)
    found = list(re.finditer(rf"({'|'.join(_HEAD)})\s*[:：]", text))
    ends = [*(match.start() for match in found[1:]), len(text)]
    return {_HEAD[match[1]]: text[match.end() : end].strip() for match, end in zip(found, ends, strict=True)}


def _labelled(rows: Sequence[Row], plain: Sequence[Sequence[str]]) -> dict[str, str]:
    """Labels with their values beside them; 联系电话 belongs to the contact in its row. The first of each wins."""
    found: dict[str, str] = {}
    for row, labels in zip(rows, plain, strict=True):
        side = None
        for at, label in enumerate(labels):
            cell = _LABELS.get(label)
            if cell is not None and cell.endswith(".contact"):
                side = cell.partition(".")[0]
            if label == _PHONE and side is not None:
                cell = f"{side}.phone"
            # 其他 alone in its row's first square: the same word is a subject's.
            if cell is not None and cell not in found and (cell not in TEXTS or at == 0):
                found[cell] = _beside(row, labels, at)
    return found


def _beside(row: Row, labels: Sequence[str], at: int) -> str:
    texts = []
    for square, label in zip(row[at + 1 :], labels[at + 1 :], strict=True):
        if label in _LABELS or label in _OTHER_LABELS:
            break
        texts.append(square.text)
    return "\n".join(text for text in texts if text)


def _school_texts(rows: Sequence[Row], plain: Sequence[Sequence[str]], head: int) -> dict[str, str]:
    found: dict[str, str] = {}
    for row, labels in zip(rows[head + 1 : head + 4], plain[head + 1 : head + 4], strict=True):
        side = _SIDES.get(labels[0]) if labels else None
        if side is not None:
            values = _under(rows[head], plain[head], row, _COLUMNS)
            found |= {f"{side}.{_COLUMNS[label]}": text for label, text in values.items()}
    return found


def _process_texts(rows: Sequence[Row], plain: Sequence[Sequence[str]], head: int) -> dict[str, str]:
    found = {}
    wanted = (_COUNT, _PEOPLE, _SUBJECTS)
    subjects = []
    for row, labels in zip(rows[head + 1 : head + 6], plain[head + 1 : head + 6], strict=True):
        at, kind = next(((at, _KINDS[label]) for at, label in enumerate(labels) if label in _KINDS), (0, None))
        if kind is None:
            continue
        values = _under(rows[head], plain[head], row[at:], wanted)
        found[f"{kind.value}.count"] = values.get(_COUNT, "")
        found[f"{kind.value}.participants"] = values.get(_PEOPLE, "")
        subjects.append(values.get(_SUBJECTS, ""))
    return {**found, "subjects": "\n".join(subjects)}


def _under(head: Row, labels: Sequence[str], row: Row, wanted: Mapping[str, str] | Sequence[str]) -> dict[str, str]:
    """The texts of a row below the labels of its head: each up to where the next label begins."""
    starts = [(square.column, label) for square, label in zip(head, labels, strict=True) if label in wanted]
    values = row[1:]
    # A table whose columns were dragged about: as many cells as labels are taken one by one.
    if len(values) == len(starts):
        return {label: square.text for (_, label), square in zip(starts, values, strict=True)}
    found: dict[str, list[Square]] = {label: [] for _, label in starts}
    for square in values:
        under = [label for column, label in starts if column <= square.column]
        if under:
            found[under[-1]].append(square)
    return {label: "\n".join(square.text for square in squares) for label, squares in found.items()}


_COUNT_CELLS: Final = frozenset({*FLOWS, *PUBLICITY, *(f"{side}.materials" for side in SIDES)})
_YES_NO_CELLS: Final = frozenset(
    {"agreement_signed", *(f"{side}.{what}" for side in SIDES for what in SCHOOL_COLUMNS if what != "materials")}
)


def _value(cell: str, text: str) -> Value:
    if cell in _COUNT_CELLS:
        return _count(cell, text)
    if cell in _YES_NO_CELLS:
        return _yes_no(cell, text)
    if cell == "subjects":
        return _subjects(text)
    if cell == "month":
        return _month(text)
    if cell == "stage":
        return _stage(text)
    text = text.strip()
    if cell == "highlights" and _plain(text) == _plain(HINT):
        return None
    limit = MAX_TEXT_CHARS if cell in TEXTS else MAX_LINE_CHARS
    if len(text) > limit:
        raise PaperError("form_unreadable", f"“{CELL_WORDS[cell]}”超过 {limit} 字")
    return (text if cell in TEXTS else " ".join(text.split())) or None


def _count(cell: str, text: str) -> int | None:
    plain = normalize("NFKC", text).strip()
    if plain in _NOTHING:
        return None
    match = _COUNTED.fullmatch(plain)
    if match is None or int(match[1]) > MAX_NUMBER:
        raise _unreadable(cell, text, "应是不大于一百万的整数")
    return int(match[1])


def _yes_no(cell: str, text: str) -> bool | None:
    plain = _plain(text)
    # A form with boxes of its own: ☑是□否.
    for words, value in (("是", True), ("否", False)):
        if re.search(rf"[{_TICKS}]{words}", plain):
            return value
    if plain.strip(_BOXES + "是否/-—") == "" and plain not in ("是", "否"):
        return None
    if plain[0] in "未否不无没×✕✗":
        return False
    if plain[0] in f"是已有达符{_TICKS}":
        return True
    raise _unreadable(cell, text, "应填是或否")


def _subjects(text: str) -> tuple[str, ...]:
    """The ticked boxes; where somebody has put words and no boxes, the subjects named."""
    if any(sign in text for sign in _BOXES + _TICKS):
        ticked = {match[1] for match in _TICKED.finditer(text)}
    else:
        words = set(re.split(r"[\s、，,;；/]+", text.strip()))
        unknown = sorted(words - set(SUBJECTS) - {""} - _NOTHING)
        if unknown:
            raise _unreadable("subjects", "、".join(unknown), "应是表上的学科")
        ticked = words
    return tuple(subject for subject in SUBJECTS if subject in ticked)


def _month(text: str) -> str | None:
    match = _MONTH.search(normalize("NFKC", text))
    if match is None:
        if re.search(r"\d", normalize("NFKC", text)):
            raise _unreadable("month", text, "应写成 2019 年 5 月")
        return None
    if not 1 <= int(match[2]) <= 12:
        raise _unreadable("month", text, "没有这个月份")
    return f"{match[1]}-{int(match[2]):02d}"


def _stage(text: str) -> str | None:
    plain = _plain(text)
    if plain in _NOTHING:
        return None
    if plain not in STAGES:
        raise _unreadable("stage", text, f"应是{'、'.join(STAGES)}")
    return plain


def _unreadable(cell: str, text: str, rule: str) -> PaperError:
    return PaperError("form_unreadable", f"“{CELL_WORDS[cell]}”{rule}，现为“{_plain(text)[:30]}”")

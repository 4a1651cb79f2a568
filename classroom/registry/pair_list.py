"""The county's list of pairs (附件1): read over the book, and written back with the same columns.

What a list may not decide stays with the officer: whether two names are one school, and what no column says.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec

from classroom.registry.book import Book, value_on
from classroom.registry.changes import Batch, NewFact, NewId, Noted
from classroom.registry.counties import code_of, name_of, stem
from classroom.registry.facts import Fact, Pair, PairStatus, School, StatusChange, status_on
from classroom.registry.fields import field_of
from classroom.registry.lists import BadLine, Line, Missing, Plan, Question, Row, Verdict, rows_of
from classroom.registry.names import core, is_likely_same, key, likely_keys, names_of
from classroom.registry.standing import LEVELS, in_list_order, is_own, level_between, level_of

_HEADINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "结对层级": "level",
        "group": "level",
        "层级": "level",
        "类别": "level",
        "序号": "place",
        "no": "place",
        "支援学校": "supporter",
        "supporter": "supporter",
        "支援校": "supporter",
        "城镇学校": "supporter",
        "城区学校": "supporter",
        "受援学校": "recipient",
        "recipient": "recipient",
        "受援校": "recipient",
        "乡村学校": "recipient",
        "状态": "status",
        "status": "status",
        "支援学校所在县": "supporter_county",
        "supporter_county": "supporter_county",
        "受援学校所在县": "recipient_county",
        "recipient_county": "recipient_county",
        "学段": "stage",
        "stage": "stage",
    }
)
EXPORT: Final = (
    "结对层级",
    "序号",
    "支援学校",
    "受援学校",
    "状态",
    "支援学校所在县",
    "受援学校所在县",
    "本县一方",
    "学段",
)
"""The columns written: those of 附件1, which side is ours, and the pair's stage."""
_LEVELS: Final[Mapping[str, str]] = MappingProxyType(
    {**{level: level for level in LEVELS}, "县域内": "县内", "省外": "省域外", "市内": "市域内", "省内": "省域内"}
)
_STATUSES: Final[Mapping[str, PairStatus]] = MappingProxyType(
    {"active": "active", "已结对": "active", "生效": "active", "待定": "待定", "ended": "ended", "已结束": "ended"}
)
_OPEN: Final = "待定"
"""The level where nobody can say it yet; an empty cell stands for the level above it."""
STATUS_WORDS: Final[Mapping[PairStatus, str]] = MappingProxyType(
    {"active": "已结对", "待定": "待定", "ended": "已结束"}
)
_STAGES: Final = ("小学", "初中", "九年一贯制")
_NEEDED: Final = ("stage", "area_type", "ownership", "pupils")
"""What the forms need of a recipient: 学段, 是否乡村学校 and 是否小规模学校 follow from them."""
Answers = Mapping[str, str | None]
"""A name in the list → the school's name that it is another writing of; None: a school of its own."""


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it was read. `recipient` is empty while 待定; then `district` says where the school will be.

    `level` None: nobody can say it yet.
    """

    row: int
    level: str | None
    place: int | None
    supporter: str
    recipient: str
    district: str
    status: PairStatus
    counties: tuple[str | None, str | None]
    stage: str | None

    @property
    def title(self) -> str:
        return f"{self.supporter} → {self.recipient or self.district or '待定'}"


def plan_pairs(
    book: Book,
    table: Sequence[Sequence[str]],
    *,
    since: date,
    at: datetime,
    new_id: NewId,
    answers: Answers = MappingProxyType({}),
    takes_stages: bool = False,
) -> Plan:
    """What the list does to the book: pairs and schools made, levels and statuses changed, all from `since` on.

    `takes_stages`: a school's stage is taken from its name where the name says it. Raises RegistryError:
    headings_missing, heading_twice.
    """
    return _Planner(book, since, at, new_id, answers, takes_stages).plan(
        rows_of(table, _HEADINGS, ("supporter", "recipient"))
    )


def pair_rows(book: Book, county_code: str, day: date) -> list[list[str | int | None]]:
    """The list as of a day, in its order; a pair that has no status yet is left out."""
    return [_export(book, pair, county_code, day) for pair in in_list_order(book.pairs.values()) if pair.statuses]


def stage_by_name(name: str) -> str | None:
    """What a school's name says about its stage; None where it says nothing certain (龙峰国际学校)."""
    plain = core(name)
    if plain.endswith(("小学", "中小", "完小", "一小", "二小", "三小", "四小", "五小", "小学校", "教学点")):
        return "小学"
    if plain.endswith(("初中", "中学", "一中", "二中", "三中", "四中", "五中", "六中")):
        return "初中"
    return "九年一贯制" if "九年一贯" in plain else None


def missing_of(book: Book, school: School, day: date, known: Mapping[str, Any] | None = None) -> tuple[Missing, ...]:
    """What the forms need of a recipient and nobody has said; `known`: what is just being said."""
    return tuple(
        Missing(
            school=school.name,
            field=field,
            label=field_of("school", field).label,
            suggestion=stage_by_name(school.name) if field == "stage" else None,
        )
        for field in _NEEDED
        if field not in (known or {}) and value_on(book, school.id, field, day) is None
    )


class _Planner:
    """Goes through the lines once; what an earlier line makes, a later one finds."""

    def __init__(
        self, book: Book, since: date, at: datetime, new_id: NewId, answers: Answers, takes_stages: bool
    ) -> None:
        self._book = book
        self._since = since
        self._at = at
        self._new_id = new_id
        self._answers = {key(name): target for name, target in answers.items()}
        self._takes_stages = takes_stages
        self._batch = Batch()
        self._schools = dict(book.schools)
        self._names = names_of(book)
        self._cores: dict[str, list[str]] = {}
        for school in book.schools.values():
            self._remember_core(school)
        self._pairs = {(pair.supporter, pair.recipient): pair for pair in book.pairs.values() if pair.recipient}
        self._told: dict[str, dict[str, Any]] = {}
        self._facts: dict[tuple[str, str], NewFact] = {}
        self._made: dict[str, School] = {}
        self._seen: dict[tuple[str, str], int] = {}

    def plan(self, rows: Sequence[Row]) -> Plan:
        lines = []
        level = ""
        for row in rows:
            try:
                level = self._level(row) or level
                if not (row.text("supporter") or row.text("recipient")):
                    # A line that only heads a group, as merged cells do.
                    continue
                lines.append(self._line(self._read(row, level)))
            except BadLine as error:
                title = f"{row.text('supporter')[:20]} → {row.text('recipient')[:20]}"
                lines.append(Line(number=row.number, title=title, verdict="refused", problem=str(error)))
        counted = {verdict: sum(line.verdict == verdict for line in lines) for verdict in ("new", "changed", "same")}
        self._batch.schools = list(self._made.values())
        self._batch.facts = list(self._facts.values())
        self._batch.notes.append(Noted("registry.imported", "registry:pairs", counted))
        return Plan(lines=lines, batch=self._batch)

    def _level(self, row: Row) -> str | None:
        """The level that the line names, or 待定; None: that of the lines before."""
        word = row.text("level").replace("（", "(").split("(")[0].strip()
        if not word:
            return None
        if word == _OPEN:
            return _OPEN
        if word not in _LEVELS:
            raise BadLine(f"结对层级应为{'、'.join(LEVELS)}之一，表中是“{word[:20]}”")
        return _LEVELS[word]

    def _read(self, row: Row, level: str) -> _Read:
        supporter = row.name("supporter", "支援学校")
        recipient = row.name("recipient", "受援学校")
        word = row.text("status")
        if word and word not in _STATUSES:
            raise BadLine(f"状态应为已结对、待定、已结束之一，表中是“{word[:20]}”")
        status = _STATUSES[word] if word else "active"
        if not supporter:
            raise BadLine("缺少支援学校")
        if not level:
            raise BadLine(f"缺少结对层级（{'、'.join(LEVELS)}）")
        is_pending = status == "待定"
        if not recipient and not is_pending:
            raise BadLine("缺少受援学校；如果还没有确定，请在“状态”里填“待定”")
        # A 待定 line names a place and no school yet (domain: a district), so no school is made of it.
        return _Read(
            row=row.number,
            level=None if level == _OPEN else level,
            place=row.number_of("place", "序号", 1, 9999),
            supporter=supporter,
            recipient="" if is_pending else recipient,
            district=recipient if is_pending and recipient != "待定" else "",
            status=status,
            counties=(row.name("supporter_county", "所在县") or None, row.name("recipient_county", "所在县") or None),
            stage=row.word("stage", "学段", _STAGES),
        )

    def _line(self, read: _Read) -> Line:
        asked = [
            question
            for name, county in zip((read.supporter, read.recipient), read.counties, strict=True)
            if name and (question := self._question(name, county)) is not None
        ]
        if asked:
            return Line(number=read.row, title=read.title, verdict="ask", questions=tuple(asked))
        names = [self._known(name) or name for name in (read.supporter, read.recipient)]
        if key(names[0]) == key(names[1]):
            raise BadLine(f"支援学校和受援学校是同一所学校：{names[0]}")
        place = (key(names[0]), key(names[1] or read.district))
        if place in self._seen:
            raise BadLine(f"与第 {self._seen[place]} 行重复")
        for name, county in zip(names, read.counties, strict=True):
            self._check_county(name, county)
        self._seen[place] = read.row
        says: list[str] = []
        supporter = self._school(read.supporter, read.counties[0], says)
        recipient = self._school(read.recipient, read.counties[1], says) if read.recipient else None
        verdict, pair = self._pair(read, supporter, recipient, says)
        if read.stage is not None and self._tell("pair", pair.id, "stage", read.stage):
            says.append(f"结对的学段记为{read.stage}")
        self._compare_level(read, supporter, recipient, says)
        missing = () if recipient is None else self._missing(recipient, says)
        if verdict == "same" and says:
            verdict = "changed"
        return Line(number=read.row, title=read.title, verdict=verdict, says=tuple(says), missing=missing)

    def _known(self, name: str) -> str | None:
        """The name of the school that this name stands for, in the book, in the lines before, or by an answer."""
        found = self._names.get(key(name))
        if found is None and (target := self._answers.get(key(name))) is not None:
            found = self._names.get(key(target))
        return None if found is None else self._schools[found].name

    def _question(self, name: str, county: str | None) -> Question | None:
        if not name or self._known(name) is not None or key(name) in self._answers:
            return None
        for candidate in self._candidates(name, county):
            school = self._schools[candidate]
            if is_likely_same(school.name, name, school.county, county):
                return Question(name=name, candidate=school.name)
        return None

    def _candidates(self, name: str, county: str | None) -> list[str]:
        return [id for plain in sorted(likely_keys(name, county)) for id in self._cores.get(plain, ())]

    def _remember_core(self, school: School) -> None:
        for plain in likely_keys(school.name, school.county):
            self._cores.setdefault(plain, []).append(school.id)

    def _check_county(self, name: str, county: str | None) -> None:
        known = self._names.get(key(name))
        theirs = None if known is None else self._schools[known].county
        if county is None or theirs is None or stem(county) == stem(theirs):
            return
        if code_of(county) is None or code_of(county) != code_of(theirs):
            raise BadLine(f"名册里的{name}在{theirs}，表中写的是{county}；如果是另一所学校，请写学校全称")

    def _school(self, name: str, county: str | None, says: list[str]) -> School:
        """The school of this name, made where there is none; another writing becomes its 别名."""
        known = self._names.get(key(name))
        if known is None and (target := self._answers.get(key(name))) is not None:
            known = self._names.get(key(target))
            if known is not None:
                self._add_alias(known, name, says)
        if known is None:
            school = School(id=self._new_id(), name=name, county=county)
            self._made[school.id] = school
            says.append(f"新增学校：{name}" + (f"（{county}）" if county else ""))
            self._schools[school.id] = school
            self._names[key(name)] = school.id
            self._remember_core(school)
        else:
            school = self._schools[known]
            if school.county is None and county is not None:
                school = msgspec.structs.replace(school, county=county)
                self._schools[known] = school
                if known in self._made:
                    self._made[known] = school
                else:
                    self._batch.renamed.append(school)
                says.append(f"{school.name}所在县记为{county}")
        if (code := code_of(school.county)) is not None and self._tell("school", school.id, "county_code", code):
            says.append(f"{school.name}的县代码记为 {code}（{name_of(code)}）")
        return school

    def _add_alias(self, school: str, name: str, says: list[str]) -> None:
        last = value_on(self._book, school, "aliases", self._since)
        told = self._told.get(school, {}).get("aliases", () if last is None else last.value)
        self._names[key(name)] = school
        self._tell("school", school, "aliases", (*told, name))
        says.append(f"{name}记为{self._schools[school].name}的别名")

    def _pair(self, read: _Read, supporter: School, recipient: School | None, says: list[str]) -> tuple[Verdict, Pair]:
        found = self._found_pair(read, supporter, recipient)
        if found is None:
            made = Pair(
                id=self._new_id(),
                supporter=supporter.id,
                recipient=None if recipient is None else recipient.id,
                level=read.level,
                place=read.place,
            )
            self._batch.pairs.append(made)
            self._batch.statuses.append((made.id, StatusChange(since=self._since, status=read.status)))
            says.append(
                f"新增{read.level or '层级待定的'}结对，{self._since.isoformat()} 起为{STATUS_WORDS[read.status]}"
            )
            if recipient is None and read.district:
                self._tell("pair", made.id, "district", read.district)
            return "new", made
        before = len(says)
        # A level that nobody wrote down is that of the two counties: the list that says the same says nothing new.
        level = found.level or level_of(self._book, found, self._since)
        if (level, found.place) != (read.level, read.place):
            self._batch.places.append((found.id, read.level, read.place))
            says.append(f"名单位置由{_place_words(found)}改为{_place_words(read)}")
        status = status_on(found, self._since)
        if status != read.status:
            self._batch.statuses.append((found.id, StatusChange(since=self._since, status=read.status)))
            was = STATUS_WORDS[status] if status else "无"
            says.append(f"状态由{was}改为{STATUS_WORDS[read.status]}（{self._since.isoformat()} 起）")
        return ("changed" if len(says) > before else "same"), found

    def _found_pair(self, read: _Read, supporter: School, recipient: School | None) -> Pair | None:
        if recipient is not None:
            return self._pairs.get((supporter.id, recipient.id))
        for pair in self._book.pairs.values():
            if pair.supporter == supporter.id and pair.recipient is None:
                district = value_on(self._book, pair.id, "district", self._since)
                if (district.value if district else "") == read.district:
                    return pair
        return None

    def _compare_level(self, read: _Read, supporter: School, recipient: School | None, says: list[str]) -> None:
        codes = [code_of(school.county) for school in (supporter, recipient) if school is not None]
        if read.level is None:
            return
        if len(codes) == 2 and codes[0] and codes[1] and (derived := level_between(codes[0], codes[1])) != read.level:
            says.append(f"请核对：按两校所在县应为{derived}，表中为{read.level}")

    def _missing(self, school: School, says: list[str]) -> tuple[Missing, ...]:
        stage = stage_by_name(school.name) if self._takes_stages else None
        is_unknown = stage is not None and value_on(self._book, school.id, "stage", self._since) is None
        if is_unknown and self._tell("school", school.id, "stage", stage):
            says.append(f"{school.name}的学段按校名记为{stage}")
        told = self._told.get(school.id, {})
        return missing_of(self._book, school, self._since, told)

    def _tell(self, subject: Any, id: str, field: str, value: Any) -> bool:
        """Records a value unless it holds already; whether it was news."""
        last = value_on(self._book, id, field, self._since)
        told = self._told.setdefault(id, {})
        if told.get(field, None if last is None else last.value) == value:
            return False
        told[field] = value
        fact = Fact(id=self._new_id(), subject_id=id, field=field, since=self._since, value=value, recorded_at=self._at)
        # Two lines may add to one value (两个别名): the last one holds both.
        self._facts[id, field] = NewFact(subject=subject, fact=fact, reason="导入名单")
        return True


def _export(book: Book, pair: Pair, county_code: str, day: date) -> list[str | int | None]:
    schools = [book.schools[pair.supporter], book.schools[pair.recipient] if pair.recipient else None]
    status = status_on(pair, day) or pair.statuses[0].status
    district = value_on(book, pair.id, "district", day)
    stage = value_on(book, pair.id, "stage", day)
    ours = [school is not None and is_own(book, school.id, county_code, day) for school in schools]
    supporter, recipient = schools
    assert supporter is not None
    return [
        pair.level or level_of(book, pair, day) or _OPEN,
        pair.place,
        supporter.name,
        recipient.name if recipient else district.value if district else "",
        STATUS_WORDS[status],
        supporter.county or "",
        (recipient.county or "") if recipient else "",
        {(True, True): "双方", (True, False): "支援", (False, True): "受援", (False, False): ""}[ours[0], ours[1]],
        stage.value if stage else "",
    ]


def _place_words(line: Pair | _Read) -> str:
    """Where the list has it: 县内第 2 对; 县内 where the list gave no number."""
    level = line.level or "未填"
    return level if line.place is None else f"{level}第 {line.place} 对"

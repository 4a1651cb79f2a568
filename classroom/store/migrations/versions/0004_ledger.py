"""The ledger: activities of all forms, words on them, months, policies and returns."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ID = sa.String(length=12)
NAME = sa.String(length=80)
MONTH = sa.String(length=7)
INSTANT = sa.DateTime(timezone=True)
ACTIVITY = sa.String(length=64)


def upgrade() -> None:
    verdicts = _take_out_verdicts()
    _create_activities()
    _create_words()
    _put_in_verdicts(verdicts)
    _create_months()
    _create_returns()


def _create_months() -> None:
    op.create_table(
        "work_months",
        sa.Column("month", MONTH, nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("school_due_at", INSTANT, nullable=False),
        sa.Column("bureau_due_at", INSTANT, nullable=False),
        sa.Column("is_provisional", sa.Boolean(), nullable=False),
        sa.Column("is_edited", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_work_months")),
    )
    op.create_table(
        "workdays",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_working", sa.Boolean(), nullable=False),
        sa.Column("words", NAME, nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_workdays")),
    )
    op.create_table(
        "workday_years",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_workday_years")),
    )
    op.create_table(
        "editions",
        sa.Column("thing", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("thing", name=op.f("pk_editions")),
    )
    op.create_table(
        "policies",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policies")),
    )
    op.create_table(
        "rejudgings",
        sa.Column("month", MONTH, nullable=False),
        sa.Column("policy", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_rejudgings")),
    )


def _create_returns() -> None:
    op.create_table(
        "returns",
        sa.Column("month", MONTH, nullable=False),
        sa.Column("pair", ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("filed_at", INSTANT, nullable=True),
        sa.Column("is_on_time", sa.Boolean(), nullable=True),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("filer", NAME, nullable=False),
        sa.Column("snapshot", sa.Integer(), nullable=True),
        sa.Column("printed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("month", "pair", name=op.f("pk_returns")),
    )
    op.create_index("ix_returns_pair_month", "returns", ["pair", "month"])
    op.create_table(
        "return_steps",
        sa.Column("month", MONTH, nullable=False),
        sa.Column("pair", ID, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("action", ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("is_on_time", sa.Boolean(), nullable=True),
        sa.Column("snapshot", sa.Integer(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("month", "pair", "seq", name=op.f("pk_return_steps")),
    )
    op.create_table(
        "hand_values",
        sa.Column("month", MONTH, nullable=False),
        sa.Column("pair", ID, nullable=False),
        sa.Column("cell", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.PrimaryKeyConstraint("month", "pair", "cell", "seq", name=op.f("pk_hand_values")),
    )
    op.create_table(
        "snapshots",
        sa.Column("month", MONTH, nullable=False),
        sa.Column("pair", ID, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("policy", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("month", "pair", "number", name=op.f("pk_snapshots")),
    )
    op.create_table(
        "carries",
        sa.Column("pair", ID, nullable=False),
        sa.Column("month", MONTH, nullable=False),
        sa.Column("cell", sa.String(length=40), nullable=False),
        sa.Column("into_month", MONTH, nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "month", "cell", name=op.f("pk_carries")),
    )
    op.create_index("ix_carries_into_month", "carries", ["into_month"])


def _take_out_verdicts() -> list[Mapping[str, Any]]:
    """The verdicts of the first release, whose table gives way to one for all four forms."""
    connection = op.get_bind()
    begun: Any = sa.select(sa.column("id"), sa.column("start_at", INSTANT), sa.column("end_at", INSTANT))
    lessons = {row.id: row for row in connection.execute(begun.select_from(sa.table("lessons")))}
    seats: Any = sa.select(sa.column("lesson"), sa.column("class_id")).select_from(sa.table("lesson_seats"))
    classes = {row.lesson: row.class_id for row in connection.execute(seats.where(sa.column("role") == "host"))}
    rows = connection.execute(sa.text("SELECT * FROM activities ORDER BY lesson, period, pair")).mappings()
    found = [{str(name): value for name, value in row.items()} for row in rows]
    sharers: dict[tuple[str, int], int] = {}
    for row in found:
        period = (row["lesson"], row["period"])
        sharers[period] = sharers.get(period, 0) + 1
    op.drop_table("activities")
    return [
        _verdict(row, lessons[row["lesson"]], classes.get(row["lesson"]), sharers[row["lesson"], row["period"]])
        for row in found
    ]


def _verdict(row: Mapping[str, Any], lesson: Any, class_id: str | None, sharers: int) -> Mapping[str, Any]:
    """A row of the first release as one of these tables."""
    name = f"{row['lesson']}.{row['period']}.{row['pair']}"
    subjects = [row["subject"]] if row["subject"] else []
    detail = json.loads(row["detail"])
    begins_at = datetime.fromisoformat(detail["begins_at"]) if "begins_at" in detail else lesson.start_at
    planned = detail.get("planned")
    ends_at = datetime.fromisoformat(planned["end_at"]) if planned else begins_at + timedelta(minutes=row["minutes"])
    hosts = [
        room["headcount"]["students"] + room["headcount"]["teachers"]
        for room in detail.get("rooms", [])
        if room["role"] == "host" and room["is_counted"]
    ]
    host_participants = sum(hosts) if row["state"] == "counted" else 0
    for gone in ("subject", "confirmation"):
        detail.pop(gone, None)
    more = {"id": name, "kind": "sync", "ends_at": ends_at.isoformat(), "class_id": class_id, "subjects": subjects}
    return {
        "id": name,
        "kind": "sync",
        "pair": row["pair"],
        "lesson": row["lesson"],
        "period": row["period"],
        "month": row["month"],
        "begins_at": begins_at,
        "ends_at": ends_at,
        "class_id": class_id,
        "state": row["state"],
        "minutes": row["minutes"],
        "participants": row["participants"],
        "host_participants": host_participants,
        "sharers": sharers,
        "is_hand": False,
        "subjects": _packed(subjects),
        "flags": _packed(json.loads(row["flags"])),
        "marks": "",
        "version": 1,
        "detail": json.dumps(
            detail | more | {"host_participants": host_participants}, separators=(",", ":"), ensure_ascii=False
        ),
    }


def _packed(words: list[str]) -> str:
    return f" {' '.join(words)} " if words else ""


def _put_in_verdicts(verdicts: list[Mapping[str, Any]]) -> None:
    if not verdicts:
        return
    names = tuple(name for name in verdicts[0] if name not in ("begins_at", "ends_at"))
    instants = (sa.column("begins_at", INSTANT), sa.column("ends_at", INSTANT))
    op.bulk_insert(sa.table("activities", *map(sa.column, names), *instants), [dict(row) for row in verdicts])
    sums: dict[tuple[str, str], dict[str, Any]] = {}
    for row in verdicts:
        none: dict[str, Any] = {"count": 0, "participants": 0, "pending": 0, "subjects": []}
        sum_ = sums.setdefault((row["month"], row["pair"]), none)
        sum_["pending"] += row["state"] == "pending"
        if row["state"] == "counted":
            sum_["count"] += 1
            sum_["participants"] += row["participants"]
            sum_["subjects"] += [one for one in row["subjects"].split() if one not in sum_["subjects"]]
    names = ("month", "kind", "pair", "count", "participants", "pending", "subjects")
    rows = [
        {"month": month, "kind": "sync", "pair": pair, **sum_, "subjects": _packed(sum_["subjects"])}
        for (month, pair), sum_ in sums.items()
    ]
    op.bulk_insert(sa.table("tallies", *map(sa.column, names)), rows)


def _create_activities() -> None:
    op.create_table(
        "activities",
        sa.Column("id", ACTIVITY, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("pair", ID, nullable=False),
        sa.Column("lesson", ID, nullable=True),
        sa.Column("period", sa.Integer(), nullable=True),
        sa.Column("month", MONTH, nullable=False),
        sa.Column("begins_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("class_id", ID, nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("participants", sa.Integer(), nullable=False),
        sa.Column("host_participants", sa.Integer(), nullable=False),
        sa.Column("sharers", sa.Integer(), nullable=False),
        sa.Column("is_hand", sa.Boolean(), nullable=False),
        sa.Column("subjects", NAME, nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_activities_lesson")),
        sa.ForeignKeyConstraint(["pair"], ["pairs.id"], name=op.f("fk_activities_pair")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activities")),
    )
    op.create_index("ix_activities_lesson", "activities", ["lesson"])
    op.create_index("ix_activities_month_begins_at", "activities", ["month", "begins_at", "id"])
    op.create_index("ix_activities_pair_month_begins_at", "activities", ["pair", "month", "begins_at", "id"])
    op.create_index("ix_activities_begins_at_id", "activities", ["begins_at", "id"])
    _create_partial_index("pending", "activities", ["month", "begins_at", "id"], "state = 'pending'")
    _create_partial_index("shared", "activities", ["month", "lesson", "period"], "sharers > 1")
    _create_partial_index("marked", "activities", ["month", "begins_at", "id"], "marks <> ''")
    op.create_table(
        "tallies",
        sa.Column("month", MONTH, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("pair", ID, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("participants", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("subjects", NAME, nullable=False),
        sa.PrimaryKeyConstraint("month", "kind", "pair", name=op.f("pk_tallies")),
    )
    op.create_index("ix_tallies_pair_month", "tallies", ["pair", "month"])


def _create_partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(f"ix_{table}_{name}", table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _create_words() -> None:
    op.create_table(
        "words",
        sa.Column("id", ID, nullable=False),
        sa.Column("activity", ACTIVITY, nullable=False),
        sa.Column("pair", ID, nullable=False),
        sa.Column("month", MONTH, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decider_kind", sa.String(length=8), nullable=True),
        sa.Column("decider", ID, nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["pair"], ["pairs.id"], name=op.f("fk_words_pair")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_words")),
    )
    op.create_index("ix_words_activity_at", "words", ["activity", "at"])
    _create_partial_index("proposed", "words", ["at"], "state = 'proposed'")
    op.create_table(
        "hand_entries",
        sa.Column("id", ID, nullable=False),
        sa.Column("pair", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("replaced_by", ACTIVITY, nullable=True),
        sa.ForeignKeyConstraint(["pair"], ["pairs.id"], name=op.f("fk_hand_entries_pair")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_entries")),
    )
    op.create_table(
        "adjustments",
        sa.Column("id", ID, nullable=False),
        sa.Column("activity", ACTIVITY, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("pair", ID, nullable=False),
        sa.Column("of_month", MONTH, nullable=False),
        sa.Column("into_month", MONTH, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("participants", sa.Integer(), nullable=False),
        sa.Column("subjects", NAME, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("word", ID, nullable=True),
        sa.ForeignKeyConstraint(["pair"], ["pairs.id"], name=op.f("fk_adjustments_pair")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustments")),
    )
    op.create_index(op.f("ix_adjustments_activity"), "adjustments", ["activity"])
    op.create_index("ix_adjustments_pair_into_month", "adjustments", ["pair", "into_month"])
    op.create_index("ix_adjustments_into_month", "adjustments", ["into_month"])

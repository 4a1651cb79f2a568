"""The registry's dated facts, people, files, materials, publicity, standards and imported returns."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ID = sa.String(length=12)
NAME = sa.String(length=80)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("pairs", sa.Column("place", sa.Integer(), nullable=True))
    _create_facts()
    _create_people_and_files()
    _create_materials()
    _create_publicity()
    _create_standards_and_imports()


def _create_facts() -> None:
    op.create_table(
        "facts",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=8), nullable=False),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facts")),
    )
    op.create_index(op.f("ix_facts_version"), "facts", ["version"])
    op.create_index("ix_facts_subject_id_field", "facts", ["subject_id", "field"])
    versions = op.create_table(
        "registry_versions",
        sa.Column("part", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("part", name=op.f("pk_registry_versions")),
    )
    parts = ("schools", "classrooms", "classes", "pairs", "facts")
    op.bulk_insert(versions, [{"part": part, "version": 0} for part in parts])


def _create_people_and_files() -> None:
    op.create_table(
        "people",
        sa.Column("id", ID, nullable=False),
        sa.Column("school", ID, nullable=True),
        sa.Column("name", NAME, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["school"], ["schools.id"], name=op.f("fk_people_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
    )
    op.create_index(op.f("ix_people_school"), "people", ["school"])
    op.create_table(
        "files",
        sa.Column("id", ID, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media", sa.String(length=100), nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("school", ID, nullable=True),
        sa.Column("uploaded_at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.ForeignKeyConstraint(["school"], ["schools.id"], name=op.f("fk_files_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
    )
    op.create_index(op.f("ix_files_sha256"), "files", ["sha256"])


def _create_materials() -> None:
    op.create_table(
        "materials",
        sa.Column("id", ID, nullable=False),
        sa.Column("school", ID, nullable=False),
        sa.Column("pair", ID, nullable=True),
        sa.Column("title", NAME, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file", ID, nullable=False),
        sa.Column("uploaded_at", INSTANT, nullable=False),
        sa.Column("removed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["file"], ["files.id"], name=op.f("fk_materials_file")),
        sa.ForeignKeyConstraint(["pair"], ["pairs.id"], name=op.f("fk_materials_pair")),
        sa.ForeignKeyConstraint(["school"], ["schools.id"], name=op.f("fk_materials_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_materials")),
    )
    op.create_index(op.f("ix_materials_uploaded_at"), "materials", ["uploaded_at"])
    _unique_while("ix_materials_school_sha256", "materials", ["school", "sha256"], "removed_at IS NULL")


def _create_publicity() -> None:
    op.create_table(
        "publicity",
        sa.Column("id", ID, nullable=False),
        sa.Column("pair", ID, nullable=True),
        sa.Column("school", ID, nullable=True),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("outlet", NAME, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("story", sa.String(length=64), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("noted_at", INSTANT, nullable=False),
        sa.Column("removed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["pair"], ["pairs.id"], name=op.f("fk_publicity_pair")),
        sa.ForeignKeyConstraint(["school"], ["schools.id"], name=op.f("fk_publicity_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publicity")),
    )
    op.create_index(op.f("ix_publicity_published_on"), "publicity", ["published_on"])
    _unique_while("ix_publicity_level_outlet_story", "publicity", ["level", "outlet", "story"], "removed_at IS NULL")


def _create_standards_and_imports() -> None:
    op.create_table(
        "standards",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_standards")),
    )
    op.create_table(
        "imported_returns",
        sa.Column("id", ID, nullable=False),
        sa.Column("pair", ID, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.Column("file", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_kind", sa.String(length=8), nullable=False),
        sa.Column("actor", ID, nullable=False),
        sa.Column("is_replaced", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["file"], ["files.id"], name=op.f("fk_imported_returns_file")),
        sa.ForeignKeyConstraint(["pair"], ["pairs.id"], name=op.f("fk_imported_returns_pair")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_returns")),
    )
    _unique_while("ix_imported_returns_month_pair", "imported_returns", ["month", "pair"], "NOT is_replaced")


def _unique_while(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=True, sqlite_where=where, postgresql_where=where)

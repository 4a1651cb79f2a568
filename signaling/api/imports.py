"""`/registry/imports` and `/registry/export`: the county's lists in and out."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web

from classroom.ledger.months import SHANGHAI, local_date
from classroom.paper.table import Format
from classroom.store.registry import By
from signaling.api.body import download
from signaling.api.door import Call, Doors, Nothing, Upload
from signaling.api.registry import Id
from signaling.api.table import FORMATS
from signaling.context import CLOCK, CONTENTS, RECORDS, STORE
from signaling.imports import MAX_IMPORT_BYTES, ImportQuery, ImportReport, Kind, export_table, run_import
from signaling.registry import Reach

DOORS = Doors("imports")
Month = Annotated[str, msgspec.Meta(pattern=r"^20\d\d-(0[1-9]|1[0-2])\Z")]
_NAMES: Final = {"pairs": "结对名单", "schools": "学校名单", "months": "以往各月", "annex3": "附件3"}


class ExportQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What, and as which kind of file."""

    kind: Kind
    format: Format = "xlsx"


@DOORS.door(
    "POST",
    "/api/v1/registry/imports",
    may="keep_registry",
    query=ImportQuery,
    upload=Upload(MAX_IMPORT_BYTES),
    answers=ImportReport,
    refuses=("headings_missing", "heading_twice", "questions_open", "preview_changed", "import_too_long", "file_kind"),
)
async def bring_in(call: Call[ImportQuery, Nothing]) -> ImportReport:
    """Show what each line of a file would do (`dry_run`), or do what was shown (with the preview's `digest`)."""
    app = call.app
    data = await call.file()
    by = By(call.grant.actor, app[CLOCK].at())
    return await run_import(app[STORE], app[RECORDS], call.query, data, app[CONTENTS], by)


class ImportedQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Work months, both included."""

    first: Month
    last: Month
    pair: Id | None = None


class ImportedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A pair's month as it stood on paper: cell of 附件3 → value; `file` is the paper."""

    id: str
    pair: str
    month: str
    cells: dict[str, Any]
    file: str
    at: datetime


class ImportedList(msgspec.Struct, frozen=True):
    items: list[ImportedLine]


@DOORS.door("GET", "/api/v1/registry/imported", may="read_ledger", query=ImportedQuery, answers=ImportedList)
async def imported(call: Call[ImportedQuery, Nothing]) -> ImportedList:
    """Months of before this system, and of other counties, as they were brought in."""
    store, asked = call.app[STORE], call.query
    reach = Reach(await store.registry.book(), call.grant.school)
    found = await store.imported.between(asked.first, asked.last, asked.pair)
    return ImportedList(
        [
            ImportedLine(
                id=row.id,
                pair=row.pair,
                month=row.month,
                cells=row.cells,
                file=row.file,
                at=row.at.astimezone(SHANGHAI),
            )
            for row in found
            if reach.has_pair(row.pair)
        ]
    )


@DOORS.door(
    "GET",
    "/api/v1/registry/export",
    may="keep_registry",
    query=ExportQuery,
    media=tuple(FORMATS.values()),
)
async def take_out(call: Call[ExportQuery, Nothing]) -> web.StreamResponse:
    """A list as an import of the same kind reads it back."""
    store, day = call.app[STORE], local_date(call.app[CLOCK].at())
    format = call.query.format
    table = await export_table(store, call.query.kind, day, format)
    return download(table, f"{_NAMES[call.query.kind]}-{day.isoformat()}.{format}", FORMATS[format])

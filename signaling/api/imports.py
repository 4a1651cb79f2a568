"""`/registry/imports` and `/registry/export`: the county's lists in and out."""

from typing import Final

import msgspec
from aiohttp import web

from classroom.ledger.months import local_date
from classroom.paper.table import Format
from classroom.store.registry import By
from signaling.api.body import download
from signaling.api.door import Call, Doors, Nothing, Upload
from signaling.api.table import FORMATS
from signaling.context import CLOCK, CONTENTS, RECORDS, STORE
from signaling.imports import MAX_IMPORT_BYTES, ImportQuery, ImportReport, Kind, export_table, run_import

DOORS = Doors("imports")
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
    _, policy = await store.policies.current()
    format = call.query.format
    table = export_table(call.query.kind, await store.registry.book(), policy.county, day, format)
    return download(table, f"{_NAMES[call.query.kind]}-{day.isoformat()}.{format}", FORMATS[format])

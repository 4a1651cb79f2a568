"""From a snapshot to paper: the layout of its form with the printed cells in it."""

from classroom.ledger.months import MonthWindow
from classroom.ledger.snapshot import Snapshot
from classroom.paper.annex2 import annex2
from classroom.paper.annex3 import annex3
from classroom.paper.sheet import Sheet


def sheet_of(made: Snapshot) -> Sheet:
    """The form as data, for the preview and for every writer: of the same snapshot always the same."""
    words = made.paper
    footer = window_words(made.window) if words.show_window else ""
    report_to = words.report_to[0] if words.report_to else ""
    if made.form == "annex2":
        return annex2(
            made.printed,
            programme=words.programme,
            report_to=report_to,
            leader_line=words.show_leader_line,
            footer=footer,
        )
    return annex3(made.printed, programme=words.programme, report_to=report_to, footer=footer)


def window_words(window: MonthWindow) -> str:
    """统计区间, for the small type outside the table."""
    return f"统计区间：{window.first.isoformat()} 至 {window.last.isoformat()}"

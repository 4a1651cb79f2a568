"""From a snapshot to paper: the layout of its form with the printed cells in it."""

from classroom.ledger.months import MonthWindow
from classroom.ledger.snapshot import Form, Snapshot
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


def blank_sheet(form: Form) -> Sheet:
    """The form without values."""
    return annex2({}) if form == "annex2" else annex3({})


def paper_name(made: Snapshot) -> str:
    """A file's name, without its ending: 附件3 2019-05 实验小学—檀溪中小."""
    if made.form == "annex2":
        return f"附件2 {made.window.month}"
    return f"附件3 {made.window.month} {made.printed['supporter']}—{made.printed['recipient']}"


def window_words(window: MonthWindow) -> str:
    """统计区间, for the small type outside the table."""
    return f"统计区间：{window.first.isoformat()} 至 {window.last.isoformat()}"

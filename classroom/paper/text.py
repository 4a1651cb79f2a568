"""A sheet as lines of text, for a terminal."""

from itertools import groupby

from classroom.paper.sheet import Sheet, in_order


def to_text(sheet: Sheet) -> str:
    """A line for each row of the form; labels that stand over several rows are said in the first."""
    lines = [*sheet.titles, *(f"{label}{value}" for label, value in sheet.head)]
    for _, cells in groupby(in_order(sheet), key=lambda cell: cell.row):
        lines.append(" │ ".join(cell.text.replace("\n", "") for cell in cells))
    return "\n".join(line for line in (*lines, sheet.footer) if line)

"""`classroom form`: blank forms without a server, and filled ones read."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from classroom.paper.annex3 import annex3
from classroom.paper.formats import write_sheet
from signaling.cli import app

RUN = CliRunner()


@pytest.mark.parametrize("form", ["annex2", "annex3"])
@pytest.mark.parametrize(("ending", "start"), [("pdf", b"%PDF"), ("xlsx", b"PK"), ("docx", b"PK")])
def test_a_blank_form_is_written(tmp_path: Path, form: str, ending: str, start: bytes) -> None:
    out = tmp_path / f"{form}.{ending}"
    result = RUN.invoke(app, ["form", "blank", form, "--out", str(out)])
    assert (result.exit_code, result.stdout.strip()) == (0, str(out))
    assert out.read_bytes().startswith(start)


def test_another_ending_or_a_missing_folder_is_said_plainly(tmp_path: Path) -> None:
    wrong = RUN.invoke(app, ["form", "blank", "annex3", "--out", str(tmp_path / "a.odt")])
    assert wrong.exit_code == 1 and "must end in .xlsx, .docx or .pdf" in wrong.stderr
    absent = RUN.invoke(app, ["form", "blank", "annex3", "--out", str(tmp_path / "none" / "a.pdf")])
    assert absent.exit_code == 1 and "cannot be written" in absent.stderr


def test_a_filled_form_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "附件3.xlsx"
    file.write_bytes(write_sheet(annex3({"supporter": "实验小学", "sync.count": "4", "month": "2019-05"}), "xlsx"))
    shown = RUN.invoke(app, ["form", "read", str(file)])
    assert shown.exit_code == 0
    assert "城镇学校：实验小学" in shown.stdout and "未填：乡村学校、填报人、学段" in shown.stdout
    cells = json.loads(RUN.invoke(app, ["form", "read", str(file), "--json"]).stdout)
    assert (cells["month"], cells["sync.count"], cells["sync.participants"]) == ("2019-05", 4, None)


def test_what_is_no_form_is_said_plainly(tmp_path: Path) -> None:
    file = tmp_path / "附件3.docx"
    file.write_bytes(b"PK\x03\x04 torn")
    result = RUN.invoke(app, ["form", "read", str(file)])
    assert result.exit_code == 1 and "文件已损坏" in result.stderr
    assert RUN.invoke(app, ["form", "read", str(tmp_path / "none.xlsx")]).exit_code == 1

"""The county's lists from the command line, on a stopped server's data and on a running one."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.signaling.command_line import classroom

LIST = str(Path(__file__).parent.parent / "data" / "annex1-pairs.csv")
SAME = ["--same", "浙江省浦江县实验小学=实验小学"]


@pytest.mark.parametrize("runs", [True, False])
async def test_a_list_is_shown_then_done_and_comes_back(house: Any, tmp_path: Path, runs: bool) -> None:
    data = ["--data", str(house.data)]
    if not runs:
        await house.stop()
    code, out, _ = await classroom("registry", "import", LIST, "--since", "2019-04-01", *data)
    assert code == 0
    assert "浙江省浦江县实验小学 和 实验小学 是同一所学校吗？" in out
    assert "还缺 檀溪中小：学生人数" in out
    assert out.splitlines()[-1] == "预览，尚未写入：新增 10，待确认 1"
    code, _, err = await classroom("registry", "import", LIST, "--since", "2019-04-01", "--apply", *data)
    assert (code, "还有学校名称没有确认" in err) == (1, True)
    code, out, err = await classroom(
        "registry", "import", LIST, "--since", "2019-04-01", *SAME, "--apply", "--json", *data
    )
    assert code == 0, err
    assert json.loads(out)["counts"]["new"] == 11
    for ending in ("csv", "xlsx"):
        file = str(tmp_path / f"名单.{ending}")
        assert (await classroom("registry", "export", file, *data))[0] == 0
        code, out, _ = await classroom("registry", "import", file, *data)
        assert (code, out.splitlines()[-1]) == (0, "预览，尚未写入：相同 11")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"a,b\n1,2\n", "没有找到表头"),
        ("a.xlsx", b"PK\x03\x04torn", "文件已损坏"),
        ("a.doc", b"x", "不支持这种文件"),
    ],
)
async def test_a_bad_file_is_a_sentence(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    code, out, err = await classroom("registry", "import", str(tmp_path / name), "--data", str(tmp_path / "data"))
    assert (code, out) == (1, "")
    assert says in err and "Traceback" not in err

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from signaling.datadir import DataBusy, DataDirectory, ServerInfo

INFO = ServerInfo(pid=1, url="http://127.0.0.1:1", secret="s", udp_port=2)


def test_one_process_at_a_time_holds_a_directory(tmp_path: Path) -> None:
    held = DataDirectory(tmp_path / "data").open()
    with pytest.raises(DataBusy):
        DataDirectory(tmp_path / "data").open()
    held.close()
    DataDirectory(tmp_path / "data").open().close()


def test_closing_twice_is_fine_and_takes_server_json_away(tmp_path: Path) -> None:
    held = DataDirectory(tmp_path).open()
    held.announce(INFO)
    assert held.server() == INFO
    held.close()
    held.close()
    assert held.server() is None


def test_only_the_owner_reads_the_secret(tmp_path: Path) -> None:
    held = DataDirectory(tmp_path).open()
    held.announce(INFO)
    assert (tmp_path / "server.json").stat().st_mode & 0o777 == 0o600
    held.close()


def test_a_torn_server_json_is_no_server(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text('{"pid": 1')
    assert DataDirectory(tmp_path).server() is None


def test_a_killed_holder_frees_the_directory(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from signaling.datadir import DataDirectory\n"
            f"d = DataDirectory(Path({str(tmp_path)!r})).open(); print('held', flush=True); sys.stdin.read()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(DataBusy):
        DataDirectory(tmp_path).open()
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    holder.stdin.close()
    holder.stdout.close()
    DataDirectory(tmp_path).open().close()

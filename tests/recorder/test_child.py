"""A process beside the server: what it takes, and when it goes."""

import subprocess
import sys
from pathlib import Path

from recorder.child import LEFT, NICE, OOM_SCORE

CHILD = """
import sys, time
from pathlib import Path
import structlog
from recorder.child import end_with_the_server, stand_back
stand_back()
structlog.get_logger().info("said")
end_with_the_server(lambda: Path(sys.argv[1]).unlink())
print("begun", flush=True)
time.sleep(60)
"""


def test_it_stands_back_and_goes_with_the_server_leaving_nothing(tmp_path: Path) -> None:
    part = tmp_path / "film.part"
    part.touch()
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(part)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == b"begun\n", "standard output is for the server"
        status = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        assert int(status[16]) == NICE
        assert Path(f"/proc/{process.pid}/oom_score_adj").read_bytes().strip() == OOM_SCORE
        process.stdin.close()
        assert process.wait(20) == LEFT and not part.exists()
        assert b"said" in process.stderr.read()

